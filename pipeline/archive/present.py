"""The time that has certainly passed for an archive, by its journal, and the index with the levels that count then."""

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from models.case import CaseFile
from models.errors import JournalBrokenError
from models.page import Page
from models.restriction import next_end
from pipeline.access import end_dates
from pipeline.access.clock import Mark, surely_past
from pipeline.archive.journal import Event, Line, lines
from pipeline.index.entry import Analysed
from pipeline.index.store import Store


def present(archive: Path, case: CaseFile, clock: datetime) -> datetime | None:
    """Return the latest time that has certainly passed; the journal is read only if an end date may have passed.

    Args:
        archive: the archive's folder.
        case: the case file whose restrictions may have ended.
        clock: the time of the clock, aware.

    Returns:
        That time; None if the journal is empty or was changed, so that it is not known.

    Raises:
        OSError: it cannot be read.
    """
    if not any(one.until and one.until <= clock for one in case.restrictions):
        return clock
    return _believed(archive, clock)


def put_into_index(store: Store, archive: Path, case: CaseFile, pages: Iterable[Page]) -> None:
    """Add the pages of a case file to the index, with the levels that count now.

    Raises:
        IndexUnusableError: the index cannot be used.
        AccessError: the end dates cannot be kept.
        OSError: something cannot be read.
    """
    now = present(archive, case, datetime.now(UTC))
    store.put(case, pages, now)
    _keep_end(archive, case, now)


def put_analysed(store: Store, archive: Path, found: Analysed, now: datetime | None) -> None:
    """Add a case file whose entries are made already, at the levels of a time; raises as :func:`put_into_index`."""
    store.put_analysed(found)
    _keep_end(archive, found[0], now)


def rebuild_index_of(
    store: Store, archive: Path, cases: Iterable[Analysed], now: datetime | None, kept: Collection[str] = ()
) -> int:
    """Make a new index from some case files, and return how many pages it has; raises as :func:`put_into_index`.

    Args:
        store: the index.
        archive: the archive's folder.
        cases: the case files, at the levels of the time ``now``.
        now: that time, from :func:`surely_now`.
        kept: the case files that a rebuild which was stopped has added, and that have not changed since.
    """

    def noted() -> Iterator[Analysed]:
        for case, found in cases:
            _keep_end(archive, case, now)
            yield case, found

    return store.rebuild(noted(), kept)


def _keep_end(archive: Path, case: CaseFile, now: datetime | None) -> None:
    if case.has_end_dates:
        end_dates.keep(archive, case.id, next_end(case.restrictions, now))


def surely_now(archive: Path) -> datetime | None:
    """Return the latest time that has certainly passed for an archive; None if its journal was changed."""
    return _believed(archive, datetime.now(UTC))


def _believed(archive: Path, clock: datetime) -> datetime | None:
    try:
        return surely_past(map(_mark, lines(archive)), clock)
    except JournalBrokenError:
        return None  # a changed journal shows no time


def _mark(line: Line) -> Mark:
    is_confirmed = line.event is Event.CLOCK_CONFIRMED
    return Mark(datetime.fromisoformat(line.reason if is_confirmed else line.at), is_confirmed)
