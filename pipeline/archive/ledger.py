"""The ledger: every box, every scan with its state, every attempt. Only the coordinating process writes it."""

import json
import logging
import os
import socket
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from models.errors import LedgerError
from models.failure import Failure
from models.ledger import Attempt, PageRead, PageState, RunOutcome, ScanRow
from models.scan import Box, ScanState
from pipeline.archive.ledger_reads import SCAN_COLUMNS, LedgerReads
from pipeline.archive.ledger_schema import open_ledger
from pipeline.archive.measure import Measure
from pipeline.logs import about

_LOG = logging.getLogger(__name__)
# The states that may follow a state; "archived" becomes "pending" when a scan is to be read again.
_NEXT = {
    ScanState.PENDING: frozenset(ScanState),
    ScanState.FAILED: frozenset(ScanState) - {ScanState.ARCHIVED},
    ScanState.REFUSED: frozenset({ScanState.PENDING, ScanState.REFUSED, ScanState.FAILED, ScanState.GONE}),
    ScanState.DUPLICATE: frozenset({ScanState.PENDING, ScanState.DUPLICATE, ScanState.FAILED}),
    ScanState.ARCHIVED: frozenset({ScanState.PENDING, ScanState.ARCHIVED}),
    ScanState.GONE: frozenset({ScanState.PENDING, ScanState.REFUSED, ScanState.FAILED}),
}


# The root of a box that was adopted: not a path, because its folder is not known.
_ADOPTED = "?/"


class Ledger(LedgerReads):
    """The ledger of one archive. Every method leaves it consistent."""

    def __init__(self, archive: Path) -> None:
        """Open the ledger of an archive, or make one; only for reading if it cannot be written.

        Raises:
            LedgerError: another version wrote it, it is not a ledger, or it cannot be opened.
        """
        self._run: int | None = None
        self._database = open_ledger(archive)

    def __enter__(self) -> Self:
        """Return the ledger."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the ledger."""
        self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write everything within, or nothing if the process dies; an inner transaction is part of the outer one."""
        if self._database.in_transaction:
            yield self._database
            return
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield self._database
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    # Runs

    def begin_run(self, command: str, recipe: str, versions: Mapping[str, str]) -> None:
        """Record that a run begins; an earlier run that never ended has died."""
        with self.transaction() as database:
            database.execute("UPDATE runs SET outcome = 'died' WHERE outcome IS NULL")
            cursor = database.execute(
                "INSERT INTO runs (command, host, process, recipe, versions, started) VALUES (?, ?, ?, ?, ?, ?)",
                (command, socket.gethostname(), os.getpid(), recipe, json.dumps(versions), _now()),
            )
        self._run = cursor.lastrowid
        _LOG.info("run %d of the ledger begins", self._run)

    def end_run(self, outcome: RunOutcome, reason: str = "") -> None:
        """Record that the run has ended."""
        _LOG.info("run %d of the ledger ends: %s", self._run, outcome)
        self._database.execute(
            "UPDATE runs SET ended = ?, outcome = ?, reason = ? WHERE id = ?", (_now(), outcome, reason, self._run)
        )

    def run_died(self, run: int) -> None:
        """Record that a run never ended."""
        self._database.execute("UPDATE runs SET outcome = 'died' WHERE id = ?", (run,))

    # Boxes

    def enter_box(self, root: Path) -> Box:
        """Return the box at ``root``, entered now if it is new; its id is its folder's name, made unique."""
        place = str(root.resolve())
        with self.transaction() as database:
            adopted = _ADOPTED + (root.resolve().name or "box")
            database.execute("UPDATE boxes SET root = ? WHERE root = ?", (place, adopted))
            row = database.execute("SELECT id FROM boxes WHERE root = ?", (place,)).fetchone()
            if row:
                return Box(id=row["id"], root=root.resolve())
            taken = {row["id"] for row in database.execute("SELECT id FROM boxes")}
            name = root.resolve().name or "box"
            box_id, count = name, 1
            while box_id in taken:
                count += 1
                box_id = f"{name}-{count}"
            database.execute("INSERT INTO boxes (id, root, first_seen) VALUES (?, ?, ?)", (box_id, place, _now()))
        return Box(id=box_id, root=root.resolve())

    def adopt_box(self, box: str) -> None:
        """Enter a box of which only its bags are known; the next folder of its name that comes in is this box."""
        self._database.execute(
            "INSERT OR IGNORE INTO boxes (id, root, first_seen) VALUES (?, ?, ?)", (box, _ADOPTED + box, _now())
        )

    def note_run(self, box: str, ignored: int) -> None:
        """Record that a run has gone through a box."""
        self._database.execute("UPDATE boxes SET last_run = ?, passed_over = ? WHERE id = ?", (_now(), ignored, box))

    # Scans

    def put(self, row: ScanRow) -> None:
        """Enter a scan; it replaces what was known about the same bytes at the same path."""
        with about(scan=row.sha256):
            _LOG.debug("scan entered as %s", row.state)
        values = [getattr(row, name) for name in ScanRow.__slots__]
        marks = ", ".join("?" * len(values))
        with self.transaction() as database:
            database.execute("UPDATE scans SET current = 0 WHERE box = ? AND path = ?", (row.box, row.path))
            # An entry that could not be read before, or was refused with other bytes, is no longer a separate scan.
            database.execute(
                "DELETE FROM scans WHERE box = ? AND path = ? AND sha256 <> ? AND state <> 'archived' "
                "AND recipe IS NULL",
                (row.box, row.path, row.sha256),
            )
            database.execute(
                f"INSERT OR REPLACE INTO scans ({SCAN_COLUMNS}, current, updated) VALUES ({marks}, 1, ?)",  # noqa: S608
                (*values, _now()),
            )

    def fail(self, row: ScanRow, failure: Failure) -> None:
        """Set a scan to refused or failed, as the failure's code says; one that was archived before stays so."""
        if row.in_bag:
            self._update(row, state=ScanState.ARCHIVED)
            return
        state = ScanState.REFUSED if failure.code.refuses else ScanState.FAILED
        self._update(row, state=state, code=failure.code, reason=failure.reason)

    def archive(self, row: ScanRow, recipe: str, measure: Measure) -> None:
        """Set a scan to archived, with the counts from its bag.

        Raises:
            LedgerError: not every page of it is accounted for.
        """
        counts = asdict(measure)
        if row.pages != measure.read + measure.blank + measure.missing:
            raise LedgerError(f"Of {row.path}, {row.pages} pages, the bag accounts for {counts}. Report this problem.")
        with self.transaction() as database:
            self._update(row, state=ScanState.ARCHIVED, recipe=recipe, code=None, reason=None, **counts)
            if not measure.missing:
                # Of a page that was read just before a crash: its result was kept, and could not be entered.
                database.execute("DELETE FROM pages WHERE sha256 = ? AND state = 'failed'", (row.sha256,))

    def mark_gone(self, row: ScanRow, reason: str, now: ScanRow | None = None) -> None:
        """Set a scan to gone.

        Args:
            row: the scan.
            reason: why; an earlier reason is kept after it.
            now: the scan that has the same bytes now, if it was renamed or moved.
        """
        before = f" Before that: {row.reason}" if row.reason else ""
        first = {"first_box": now.box, "first_path": now.path} if now else {}
        self._update(row, state=ScanState.GONE, code=None, reason=reason + before, **first)

    def mark_pending(self, row: ScanRow) -> None:
        """Set a scan to pending: it is to be read, or read again."""
        self._update(row, state=ScanState.PENDING, code=None, reason=None)

    def mark_lost(self, row: ScanRow) -> None:
        """Set a scan to pending that was archived, but is no longer in its bag."""
        gone = {"recipe": None, "read": 0, "blank": 0, "missing": 0, "confidence": None}
        self._update(row, state=ScanState.PENDING, code=None, reason=None, **gone)

    def _update(self, row: ScanRow, **values: Any) -> None:  # noqa: ANN401  # SQLite's own types
        if values["state"] not in _NEXT[row.state]:
            raise LedgerError(
                f"{row.box}/{row.path} cannot become {values['state']}: it is {row.state}. Report this problem."
            )
        with about(scan=row.sha256):
            if code := values.get("code"):
                _LOG.warning("scan %s (%s), was %s", values["state"], code, row.state)
            else:
                _LOG.info("scan %s, was %s", values["state"], row.state)
        names = ", ".join(f"{name} = ?" for name in values)
        self._database.execute(
            f"UPDATE scans SET {names}, updated = ? WHERE box = ? AND path = ? AND sha256 = ?",  # noqa: S608
            (*values.values(), _now(), row.box, row.path, row.sha256),
        )

    # Pages

    def page_read(self, page: PageRead, seconds: float) -> None:
        """Record that a page was read."""
        state: PageState = "blank" if page.blank else "read"
        confidence, by_hand = page.confidence, page.handwriting
        self._put_page(page.scan, page.number, state, page.recipe, seconds, confidence=confidence, handwriting=by_hand)

    def page_failed(self, sha256: str, number: int, recipe: str, seconds: float, failure: Failure) -> None:
        """Record that a page failed for good in this run."""
        self._put_page(sha256, number, "failed", recipe, seconds, code=failure.code, reason=failure.reason)

    def forget_pages(self, pages: Sequence[tuple[str, int]]) -> None:
        """Forget the results of some pages (SHA-256 and number)."""
        with self.transaction() as database:
            database.executemany("DELETE FROM pages WHERE sha256 = ? AND number = ?", pages)

    def _put_page(  # noqa: PLR0913  # the columns of a page
        self,
        sha256: str,
        number: int,
        state: PageState,
        recipe: str,
        seconds: float,
        *,
        confidence: float | None = None,
        handwriting: float | None = None,
        code: str | None = None,
        reason: str | None = None,
    ) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO pages "
            "(sha256, number, state, recipe, seconds, confidence, handwriting, code, reason, updated) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (sha256, number, state, recipe, seconds, confidence, handwriting, code, reason, _now()),
        )

    # Case files

    def enter_case(self, case_id: str, box: str, folder: str, title: str) -> None:
        """Enter a case file; one that is known already stays as it is."""
        self._database.execute(
            "INSERT OR IGNORE INTO cases (id, box, folder, title) VALUES (?, ?, ?, ?)", (case_id, box, folder, title)
        )

    def case_archived(self, case_id: str, bag: str) -> None:
        """Record that the bag of a case file is in place (its path in the archive) and is to be indexed."""
        self._database.execute(
            "UPDATE cases SET bag = ?, archived = ?, indexed = NULL WHERE id = ?", (bag, _now(), case_id)
        )

    def case_indexed(self, case_id: str) -> None:
        """Record that a case file is in the index."""
        self._database.execute("UPDATE cases SET indexed = ? WHERE id = ?", (_now(), case_id))

    def case_lost(self, case_id: str) -> None:
        """Record that the bag of a case file is gone."""
        self._database.execute("UPDATE cases SET bag = NULL, archived = NULL, indexed = NULL WHERE id = ?", (case_id,))

    def case_not_indexed(self, case_id: str) -> None:
        """Record that a case file waits for the index."""
        self._database.execute("UPDATE cases SET indexed = NULL WHERE id = ?", (case_id,))

    def index_lost(self) -> None:
        """Record that the index holds nothing: every case file waits for it."""
        _LOG.info("the index holds nothing: what is archived waits for it")
        self._database.execute("UPDATE cases SET indexed = NULL")

    # Attempts

    def attempt(self, attempt: Attempt) -> None:
        """Record an attempt that has ended."""
        failure = attempt.failure
        self._database.execute(
            "INSERT INTO attempts (run, step, box, subject, page, recipe, worker, started, ended, seconds, outcome, "
            "code, message, trace) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self._run,
                attempt.step,
                attempt.box,
                attempt.subject,
                attempt.page,
                attempt.recipe,
                attempt.worker,
                attempt.started.isoformat(timespec="milliseconds"),
                _now(),
                attempt.seconds,
                "failed" if failure else "done",
                failure and failure.code,
                failure and failure.reason,
                attempt.trace or None,
            ),
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
