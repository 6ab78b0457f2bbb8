"""Every sentence of the reading room is translated into Khmer and French."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po

from config.settings import GLOSSARY, TRANSLATIONS
from models.errors import BannasarError, QueryError
from models.fact import FactName
from models.level import Level
from models.message import Message, Value, What, counted, sentences
from pipeline.access.roles import Action
from pipeline.archive.journal import Event
from pipeline.document.glossary import read_names
from pipeline.document.name_lookup import NameLookup
from pipeline.index.language import parse
from pipeline.page import beyond, born_digital
from pipeline.text import dates
from tests.conftest import ROOT
from web.errors import words_for
from web.language import catalogue, language
from web.words import WORDS, remembered

_MAKERS = {"Message": 1, "counted": 2}
_PLACE = re.compile(r"\{(\w+)\}")


def _sentences() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {word: (word,) for word in WORDS}
    for room in ("models", "pipeline", "web"):
        for file in sorted((ROOT / room).rglob("*.py")):
            for forms in _messages(file):
                found[forms[0]] = forms
    for file in sorted((ROOT / "web").rglob("*")):
        method = {".py": "python", ".html": "jinja2.ext:babel_extract", ".js": "javascript"}.get(file.suffix)
        if method:
            with file.open("rb") as stream:
                for _, message, _, _ in extract(
                    method, stream, keywords={"_": None, "gettext": None, "ngettext": (1, 2)}
                ):
                    one = (message,) if isinstance(message, str) else message
                    found[one[0]] = tuple(one)
    return found


def _messages(file: Path) -> Iterator[tuple[str, ...]]:
    """Yield the templates of the sentences that a module makes; they are written out where each is made."""
    for call in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in _MAKERS:
            forms = [one.value if isinstance(one, ast.Constant) else None for one in call.args[: _MAKERS[call.func.id]]]
            if file.name == "message.py":
                continue
            assert all(isinstance(one, str) for one in forms), f"{file}:{call.lineno}: write the sentence out"
            if forms[0]:
                yield tuple(map(str, forms))


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
    assert {*map(str, Level), *map(str, FactName), *map(str, Action), *events, *doubts} <= set(WORDS)


def test_sentences_with_values_are_in_the_readers_language() -> None:
    """Numbers, kinds, courts and years in the script of the language; sentences one after the other."""
    folder = str(GLOSSARY)
    said = sentences(
        Message("No page of this archive matches {text}.", text="court:x"),
        Message("Its courts are: {listed}.", listed=(Value("សាលាដំបូងខេត្តកំពត", What.COURT),)),
    )
    assert language("fr", folder).say(said).endswith("\u00a0: Tribunal de première instance, Kampot.")
    assert "court:x" in language("km", folder).say(said)
    kinds = Message("Its kinds are: {listed}.", listed=(Value("judgment", What.KIND), Value("complaint", What.KIND)))
    assert "សាលក្រម, ពាក្យបណ្តឹង" in language("km", folder).say(kinds)
    pages = counted("{text} ({n} page)", "{text} ({n} pages)", 2000, text="a{b}")
    assert language("km", folder).say(pages) == "a{b} (២,០០០ ទំព័រ)"
    assert language("en", folder).say(pages) == "a{b} (2,000 pages)"


@pytest.mark.parametrize("code", ["km", "fr", "en"])
def test_what_the_screens_call_a_field_can_be_typed(code: str) -> None:
    """Field names, the titles of the facets, scripts and the kind that is not known; sentences name the same fields."""
    speaks = language(code, str(GLOSSARY))
    names = NameLookup(read_names(GLOSSARY), tuple)
    titles = {"kind": "Kind", "court": "Court", "date": "Year", "box": "Box", "script": "Script", "case": "case"}
    values = {"date": "1998", "script": "latin", "kind": "judgment"}
    for field, title in titles.items():
        for name in (speaks.field(field), f"{speaks.gettext(title)}:"):
            ((asked, *_),) = parse(f"{name}{values.get(field, 'x')}", names).conditions
            assert asked.field == field
    for script in ("khmer", "latin"):
        ((asked,),) = parse(f"script:{speaks.gettext(script)}").conditions
        assert asked.value == script
    ((asked,),) = parse(f'{speaks.field("kind")}"{speaks.kind("unknown")}"', names).conditions
    assert asked.value == "unknown"
    with pytest.raises(QueryError) as caught:
        parse("judge:Sok", names)
    assert all(speaks.field(field) in speaks.say(caught.value.sentence) for field in titles)


def test_every_class_of_error_has_a_sentence_and_a_next_step() -> None:
    """In each language, for each class of the tree; and it is not the English one."""

    def classes(one: type[BannasarError]) -> Iterator[type[BannasarError]]:
        yield one
        for below in one.__subclasses__():
            yield from classes(below)

    for one in classes(BannasarError):
        error = one.__new__(one)
        error.sentence, error.next_step = "/srv/archive/bags/a is broken", "Read a"
        for part in words_for(error):
            assert part
            for code in ("km", "fr"):
                assert language(code, str(GLOSSARY)).say(part) != part, one


def test_what_a_record_says_was_not_read_is_translated() -> None:
    """The sentences that pages carry, as the code that reads them makes them."""
    khmer = language("km", str(GLOSSARY))
    for note in (
        born_digital._HIDDEN_WORD,
        born_digital._HIDDEN_WORDS.format(1200),
        *beyond._sentences({(1, 0)}, is_portfolio=False),
        *beyond._sentences({(1, 0), (2, 0)}, is_portfolio=True),
        beyond.FORM,
    ):
        assert re.search(r"[\u1780-\u17ff]", khmer.say(remembered(note))), note


def test_only_all_is_all_and_only_nothing_is_nothing() -> None:
    """A date that is surely read, but probably another document's, has not 0 %."""
    shares = (0, 0.001, 0.29, 0.999, 1)
    assert [language("en", str(GLOSSARY)).percent(share) for share in shares] == ["0%", "1%", "29%", "99%", "100%"]


def test_no_line_of_french_begins_with_a_sign() -> None:
    """The space before it, and the one after an opening quote, keep it with its word."""
    french = catalogue("fr")
    said = [french.gettext(first) for first in _sentences()]
    assert sum("\u00a0" in one for one in said) > 50
    assert not [one for one in said if re.search(" [:;?!»]|« ", one)]


def test_khmer_is_khmer() -> None:
    """No sentence was left in English by mistake."""
    with Path(TRANSLATIONS, "km.po").open("rb") as stream:
        catalogue = read_po(stream, locale="km")
    for entry in catalogue:
        if entry.id:
            text = entry.string if isinstance(entry.string, str) else (entry.string or ("",))[0]
            assert re.search(r"[\u1780-\u17ff]", text), entry.id
