"""The contents of a box: its documents with their kinds, courts, dates and case numbers, and the counts of each."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.case import Document
from models.fact import FactName
from pipeline.archive.bag import read_case, shown_bags
from pipeline.document.sheets import SEPARATOR

Counts = list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Row:
    """A document of a case file: "" for what is not known; ``by_person`` says whether a person entered its kind."""

    case: str
    number: int
    title: str
    pages: int
    kind: str
    by_person: bool
    date: str
    court: str
    case_number: str


@dataclass(frozen=True, slots=True)
class Contents:
    """The documents of a box in the order of its case files, and their counts, the most frequent first."""

    rows: Sequence[Row]
    kinds: Counts
    courts: Counts
    years: Counts


def contents(archive: Path, box: str) -> Contents:
    """Return what is in a box; case files that are withdrawn and separator sheets are left out.

    Raises:
        OSError: a bag cannot be read.
    """
    cases = list(map(read_case, shown_bags(archive, box)))
    rows = [_row(case.id, one) for case in cases for one in case.documents if one.kind != SEPARATOR]
    return Contents(
        rows,
        _counted(row.kind for row in rows),
        _counted(row.court for row in rows),
        sorted(_counted(row.date[:4] for row in rows)),
    )


def _row(case: str, document: Document) -> Row:
    date, court, number = (document.best_value(name) for name in (FactName.DATE, FactName.COURT, FactName.CASE_NUMBER))
    pages = len(document.pages)
    by_person = bool(document.kind_by)
    return Row(case, document.number, document.title, pages, document.kind, by_person, date, court, number)


def _counted(values: Iterable[str]) -> Counts:
    return Counter(filter(None, values)).most_common()
