"""The words on a page that speak for the kind of its document: titles and phrases of the kind in the glossary."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import fuzz

from models.page import Line, Rect, Word, around, joined
from pipeline.archive.archive import Archive
from pipeline.document.glossary import letters, read_names
from pipeline.services.open_case import PageView

# A text that is less similar does not count, in hundredths; a title is in the upper part of a page.
_LEAST_LIKE = 85
_UPPER = 0.6
_SHORTEST = 4


@dataclass(frozen=True, slots=True)
class Sign:
    """Words of a page, as they were read, that are a title or a phrase of the kind; ``boxes`` are where they are."""

    text: str
    is_title: bool
    boxes: tuple[Rect, ...]


def signs_of_kind(archive: Archive, page: PageView) -> tuple[Sign, ...]:
    """Return what on a page speaks for the kind of its document, titles first.

    The classifier weighs all words of a page; titles and phrases are those of its reasons that a person can check.

    Raises:
        GlossaryError: the glossary cannot be read.
    """
    kind = page.document.kind
    names = read_names(Path(archive.settings.document.glossary))
    lines = [line for block in page.page.blocks for line in block.lines]
    upper = [line for line in lines if line.box.top <= _UPPER * page.page.height]
    titles = [name for name, its_kind in names.written.items() if its_kind == kind]
    phrases = [phrase for phrase, its_kind in names.phrases.items() if its_kind == kind]
    return (*_found(titles, upper, is_title=page.place == 0), *_found(phrases, lines, is_title=False))


def _found(texts: list[str], lines: list[Line], *, is_title: bool) -> Iterator[Sign]:
    """Yield where texts are on some lines, each place once: the longest text first."""
    places = [(letter, word, line) for line in lines for word in line.words for letter in letters(word.text)]
    written = "".join(letter for letter, *_ in places)
    taken: set[int] = set()
    for own in sorted(map(letters, texts), key=len, reverse=True):
        if not _SHORTEST <= len(own) <= len(written):
            continue
        found = fuzz.partial_ratio_alignment(own, written, score_cutoff=_LEAST_LIKE)
        if found is None or taken & {*range(found.dest_start, found.dest_end)}:
            continue
        taken |= {*range(found.dest_start, found.dest_end)}
        words = _mostly(places, found.dest_start, found.dest_end)
        if not words:
            continue
        yield Sign(joined(word for word, _ in words), is_title, tuple(_boxes(words)))


def _mostly(places: list[tuple[str, Word, Line]], start: int, end: int) -> list[tuple[Word, Line]]:
    """Return the words of which at least half of the letters are in a range."""
    inside, whole = Counter(id(word) for _, word, _ in places[start:end]), Counter(id(word) for _, word, _ in places)
    words = {id(word): (word, line) for _, word, line in places[start:end]}
    return [one for key, one in words.items() if 2 * inside[key] >= whole[key]]


def _boxes(words: list[tuple[Word, Line]]) -> Iterator[Rect]:
    """Yield one box for each line."""
    for line in dict.fromkeys(id(line) for _, line in words):
        yield around(word.box for word, its_line in words if id(its_line) == line)
