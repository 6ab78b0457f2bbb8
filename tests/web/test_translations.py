"""Every sentence of the reading room is translated into Khmer and French."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po

from config.settings import TRANSLATIONS
from models.fact import FactName
from models.level import Level
from pipeline.archive.journal import Event
from pipeline.text import dates
from tests.conftest import ROOT
from web.app import _OTHERWISE, _SENTENCES
from web.words import WORDS

_PLACE = re.compile(r"\{(\w+)\}")


def _sentences() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {word: (word,) for word in (*WORDS, *_SENTENCES.values(), _OTHERWISE)}
    for file in sorted((ROOT / "web").rglob("*")):
        method = {".py": "python", ".html": "jinja2.ext:babel_extract"}.get(file.suffix)
        if method:
            with file.open("rb") as stream:
                for _, message, _, _ in extract(
                    method, stream, keywords={"_": None, "gettext": None, "ngettext": (1, 2)}
                ):
                    one = (message,) if isinstance(message, str) else message
                    found[one[0]] = tuple(one)
    return found


@pytest.mark.parametrize("code", ["km", "fr"])
def test_every_sentence_is_translated(code: str) -> None:
    """With the same places for numbers and names, and no unused translations."""
    with Path(TRANSLATIONS, f"{code}.po").open("rb") as stream:
        catalogue = read_po(stream, locale=code)
    sentences = _sentences()
    assert len(sentences) > 100
    for first, forms in sentences.items():
        entry = catalogue.get(first)
        assert entry is not None, f"{code}.po lacks: {first}"
        written = [entry.string] if isinstance(entry.string, str) else list(entry.string or ())
        assert all(written), f"{code}.po has nothing for: {first}"
        places = {place for form in forms for place in _PLACE.findall(form)}
        assert all(set(_PLACE.findall(one)) == places for one in written), f"{code}.po: other places in: {first}"
    left_over = {str(entry.id[0] if isinstance(entry.id, tuple) else entry.id) for entry in catalogue if entry.id}
    assert left_over - set(sentences) == set()


def test_words_of_the_records_are_among_those_that_are_translated() -> None:
    """Levels, events about a case file, names of facts, doubts about dates."""
    of_keys_and_logs = {Event.KEY_MADE, Event.KEY_TRUSTED, Event.AUDITED, Event.CLOCK_CONFIRMED}
    events = {event.value for event in Event if event not in of_keys_and_logs}
    doubts = {
        dates.IMPOSSIBLE, dates.WEEKDAY, dates.NO_CENTURY, dates.TURN, dates.NO_YEAR, dates.NOT_RECKONED,
    }  # fmt: skip
    assert {*map(str, Level), *map(str, FactName), *events, *doubts} <= set(WORDS)


def test_khmer_is_khmer() -> None:
    """No sentence was left in English by mistake."""
    with Path(TRANSLATIONS, "km.po").open("rb") as stream:
        catalogue = read_po(stream, locale="km")
    for entry in catalogue:
        if entry.id:
            text = entry.string if isinstance(entry.string, str) else (entry.string or ("",))[0]
            assert re.search(r"[\u1780-\u17ff]", text), entry.id
