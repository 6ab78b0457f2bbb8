"""The index entry of a page: where it belongs, what is searched, what is shown."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from models.case import CaseFile, Document
from models.fact import FactName
from models.level import Level
from models.page import Page, PageRef
from models.scope import PageLevels
from pipeline.index.marking import Place
from pipeline.index.packing import Shown, pack
from pipeline.index.query import key, name_tokens
from pipeline.index.values import whole_days
from pipeline.text.fuzzy_tokens import fuzzy_tokens
from pipeline.text.plain import page_text
from pipeline.text.units import Columns, tokens

# The share of a page's letters from which on a script counts as one of the page's.
_LEAST_SHARE = 0.1


class About(NamedTuple):
    """The known facts of a document; "" for unknown ones. ``first`` and ``last`` are the days that its date may mean.

    ``kind_key`` and ``box_key`` are compared as a whole; ``court_tokens`` and ``case_tokens`` are found by a part.
    """

    case: str
    box: str
    document: int
    kind: str
    court: str
    case_number: str
    date: str
    first: str
    last: str
    kind_key: str
    box_key: str
    court_tokens: str
    case_tokens: str

    @property
    def year(self) -> str:
        """The year of its date."""
        return self.first[:4]


class Entry(NamedTuple):
    """A page as it goes into a store.

    ``level`` is the one that applies to it, ``courts`` are those of its case file, ``shown`` is packed as
    :mod:`pipeline.index.packing` does.
    """

    about: About
    level: Level
    scan: str
    path: str
    number: int
    courts: tuple[str, ...]
    scripts: tuple[str, ...]
    units: str
    fuzzy: str
    words: frozenset[str]
    shown: bytes

    @property
    def place(self) -> str:
        """Its place among all pages; see :func:`place_of`."""
        return place_of(self.about, self.scan, self.path, self.number)


def place_of(about: About, scan: str, path: str, number: int) -> str:
    """Return the place of a page among all pages: case file, document, scan, page. No other page has the same.

    A scan is identified by its SHA-256, because a better scan may replace it under the same path.
    """
    return f"{about.case}/{about.document:06}/{path}/{scan}/{number:06}"


class Read(NamedTuple):
    """What is read on a page: its text, the units in it, and the places of its words."""

    scan: str
    number: int
    text: str
    units: Columns
    places: list[Place]


def entries(case: CaseFile, pages: Iterable[Page], levels: PageLevels) -> Iterator[Entry]:
    """Yield the entries of the pages of a case file."""
    return entries_of(case, map(_read, pages), levels)


def entries_of(case: CaseFile, pages: Iterable[Read], levels: PageLevels) -> Iterator[Entry]:
    """Yield the entries of the pages of a case file from what is read on them."""
    abouts, courts = abouts_of(case, levels), tuple(sorted(case.courts))
    paths = {scan.sha256: str(scan.path) for scan in case.scans}
    for page in pages:
        yield Entry(
            abouts[PageRef(scan=page.scan, number=page.number)],
            levels.of(page.scan, page.number),
            page.scan,
            paths[page.scan],
            page.number,
            courts,
            _scripts(page.units),
            *searched(page.units),
            words_of(page.units),
            pack(Shown(page.text, page.units, page.places)),
        )


def _read(page: Page) -> Read:
    text, placed = page_text(page)
    places = [Place(one.start, one.end, one.word.box) for one in placed if one.word.text]
    return Read(page.scan, page.number, text, Columns.read(text), places)


Analysed = tuple[CaseFile, list[Entry]]
"""A case file, and the entries of its pages."""


def analysed(cases: Iterable[tuple[CaseFile, Iterable[Page]]], now: datetime | None = None) -> Iterator[Analysed]:
    """Yield case files with the entries of their pages, at the levels that count at a time."""
    return ((case, list(entries(case, pages, case.levels(now)))) for case, pages in cases)


def searched(found: Columns) -> tuple[str, str]:
    """Return the tokens of units, and the fuzzy tokens, separated by spaces, as the stores get them."""
    return " ".join(tokens(found)), " ".join(fuzzy_tokens(found))


def words_of(found: Columns) -> frozenset[str]:
    """Return the words that are searched in other forms, too: no numbers, but a word may have a misread digit."""
    return frozenset(text for text in _words(found) if any(map(str.isalpha, text)))


def abouts_of(case: CaseFile, levels: PageLevels) -> dict[PageRef, About]:
    """Return the facts with which each page of a case file is found and shown.

    These are the facts of its document, without those read on pages with a stricter level: a person who may see the
    page may not be allowed to see those.
    """
    found = {}
    for document in case.documents:
        by_level: dict[Level, About] = {}
        for ref in document.pages:
            level = levels.of(ref.scan, ref.number)
            if level not in by_level:
                facts = tuple(fact for fact in document.facts if levels.of(fact.scan, fact.page).rank <= level.rank)
                by_level[level] = _about(case, document.model_copy(update={"facts": facts}))
            found[ref] = by_level[level]
    return found


def _about(case: CaseFile, document: Document) -> About:
    """Return the known facts of a document: the court and date with most confidence, and all case numbers."""
    court, number, date = map(document.best_value, (FactName.COURT, FactName.CASE_NUMBER, FactName.DATE))
    try:
        first, last = whole_days(date)
    except ValueError:
        first = last = ""
    return About(
        case=case.id,
        box=case.box,
        document=document.number,
        kind=document.kind,
        court=court,
        case_number=number,
        date=date,
        first=first,
        last=last,
        kind_key=key(document.kind),
        box_key=key(case.box),
        court_tokens=name_tokens(*document.all_of(FactName.COURT)),
        case_tokens=name_tokens(case.id, case.title, *document.all_of(FactName.CASE_NUMBER)),
    )


def _scripts(found: Columns) -> tuple[str, ...]:
    khmer = sum(run >= 0 for run in found.run)
    latin = sum(len(text) for text in _words(found) if text.isascii() and text.isalpha())
    least = _LEAST_SHARE * (khmer + latin)
    return tuple(name for name, letters in (("khmer", khmer), ("latin", latin)) if letters > least)


def _words(found: Columns) -> Iterator[str]:
    return (text for text, run in zip(found.text, found.run, strict=True) if run < 0)
