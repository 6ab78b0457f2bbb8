"""Mistakes that readers report on pages, and what was answered."""

from collections.abc import Iterator
from enum import StrEnum
from itertools import islice
from pathlib import Path

from pydantic import AwareDatetime

from models.actor import Actor
from models.errors import ConflictError, NotFoundError
from models.message import Message
from models.page import PageRef
from models.record import Record
from pipeline.access.database import access_database

_AT_ONCE = 100  # reports in memory, of those that wait


class Answer(StrEnum):
    """What became of a report."""

    NONE = ""
    ANSWERED = "answered"
    DISMISSED = "dismissed"


class Report(Record):
    """A mistake on a page: ``words`` are those that are wrong, "" for the page as a whole; ``text`` says what is.

    ``answer`` is what became of it, ``reply`` why, ``answered_by`` who decided so, ``answered_at`` when.
    """

    number: int = 0
    by: Actor
    at: AwareDatetime
    case: str
    page: PageRef
    words: str = ""
    text: str
    answer: Answer = Answer.NONE
    reply: str = ""
    answered_by: Actor | None = None
    answered_at: AwareDatetime | None = None


class Reports:
    """The reports of one archive. Every method raises AccessError if they cannot be used."""

    def __init__(self, archive: Path) -> None:
        """Set the archive, by its folder."""
        self._archive = archive

    def add(self, report: Report) -> Report:
        """Keep a report, and return it with its number."""
        with access_database(self._archive) as database:
            added = database.execute(
                "INSERT INTO reports (reported_by, told) VALUES (?, ?)", (report.by.name, report.model_dump_json())
            )
            return report.model_copy(update={"number": added.lastrowid or 0})

    def get(self, number: int) -> Report:
        """Return a report.

        Raises:
            NotFoundError: there is none of that number.
        """
        with access_database(self._archive) as database:
            row = database.execute("SELECT number, told FROM reports WHERE number = ?", (number,)).fetchone()
        if row is None:
            raise no_report(number)
        return _report(row)

    def waiting(self) -> Iterator[Report]:
        """Yield the reports that nobody has answered, the oldest first."""
        last = 0
        while found := self._waiting_after(last):
            yield from found
            last = found[-1].number

    def _waiting_after(self, number: int) -> list[Report]:
        with access_database(self._archive, changes=False) as database:
            rows = database.execute(
                "SELECT number, told FROM reports WHERE answer = '' AND number > ? ORDER BY number LIMIT ?",
                (number, _AT_ONCE),
            )
            return list(map(_report, rows))

    def of(self, person: Actor, most: int | None, *, only_waiting: bool = False) -> list[Report]:
        """Return the newest reports that a person made, or those of them that nobody has answered.

        ``most`` is how many at most; None for all.
        """
        with access_database(self._archive, changes=False) as database:
            rows = database.execute(
                "SELECT number, told FROM reports WHERE reported_by = ? AND (answer = '' OR NOT ?) "
                "ORDER BY number DESC",
                (person.name, only_waiting),
            )
            return list(islice((report for report in map(_report, rows) if report.by == person), most))

    def decide(self, report: Report) -> None:
        """Record what became of a report.

        Raises:
            ConflictError: somebody has just answered it.
        """
        with access_database(self._archive) as database:
            changed = database.execute(
                "UPDATE reports SET answer = ?, told = ? WHERE number = ? AND answer = ''",
                (report.answer, report.model_dump_json(), report.number),
            )
            if not changed.rowcount:
                raise ConflictError(Message("Report {n} is answered already.", n=report.number))


def no_report(number: int) -> NotFoundError:
    """Return the error for a report that is not there, and for one about a page that is out of sight."""
    return NotFoundError(f"There is no report {number}.", "`bannasar reports list` lists them.")


def _report(row: tuple[int, str]) -> Report:
    return Report.model_validate_json(row[1]).model_copy(update={"number": row[0]})
