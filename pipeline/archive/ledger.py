"""The ledger: every box and scan, how it stands, every attempt. Only the coordinating process writes it."""

import json
import os
import socket
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from models.errors import LedgerError
from models.failure import Code, Failure
from models.page import Page
from models.scan import Box, Kind, Scan, ScanState
from pipeline.archive.measure import Measure, confidence_of
from pipeline.index.database import connect, may_be_written

FILE = "ledger.db"
VERSION = 4
Step = Literal["inspect", "read", "archive"]
PageState = Literal["read", "blank", "failed"]
RunOutcome = Literal["done", "stopped"]

# What a scan may become; "archived" becomes "pending" when it is to be read again.
_NEXT = {
    ScanState.PENDING: frozenset(ScanState),
    ScanState.FAILED: frozenset(ScanState) - {ScanState.ARCHIVED},
    ScanState.REFUSED: frozenset({ScanState.PENDING, ScanState.REFUSED, ScanState.FAILED, ScanState.GONE}),
    ScanState.DUPLICATE: frozenset({ScanState.PENDING, ScanState.DUPLICATE, ScanState.FAILED}),
    ScanState.ARCHIVED: frozenset({ScanState.PENDING, ScanState.ARCHIVED}),
    ScanState.GONE: frozenset({ScanState.PENDING, ScanState.REFUSED, ScanState.FAILED}),
}


@dataclass(frozen=True, slots=True)
class ScanRow:
    """How one scan stands; the columns of the table ``scans``.

    ``read``, ``blank`` and ``missing`` are the pages of an archived scan: with text, blank, and missing from its bag.
    """

    box: str
    path: str
    sha256: str
    size: int
    mtime_ns: int
    kind: Kind | None
    pages: int | None
    state: ScanState
    case_id: str | None
    recipe: str | None
    first_box: str | None
    first_path: str | None
    code: str | None
    reason: str | None
    blank: int
    confidence: float | None
    read: int
    missing: int
    locked: int

    @property
    def in_bag(self) -> bool:
        """Whether the archive holds it in a bag: it is archived, or was, and waits to be read again."""
        return self.recipe is not None

    def scan(self) -> Scan:
        """Return the scan's record; only for one that was identified."""
        return Scan.model_validate(
            {"path": self.path, "sha256": self.sha256, "size": self.size, "kind": self.kind, "pages": self.pages}
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try of a step that has ended; ``subject`` is the path, SHA-256 or case file it was about."""

    step: Step
    box: str
    subject: str
    started: datetime
    seconds: float = 0.0
    page: int | None = None
    recipe: str | None = None
    worker: str = ""
    failure: Failure | None = None
    trace: str = ""


# The root of a box that was adopted: no path, for it is not known where it lies.
_ADOPTED = "?/"
_COLUMNS = ", ".join(field.name for field in fields(ScanRow))


class Ledger:
    """The ledger of one archive. Every method leaves it consistent; what it returns is read in path order."""

    def __init__(self, archive: Path) -> None:
        """Open the ledger of an archive, and make it where there is none; to be read only where none may be written.

        Raises:
            LedgerError: it was written by a newer version, is not a ledger, or cannot be opened.
        """
        archive.mkdir(parents=True, exist_ok=True)
        self._run: int | None = None
        self._file = archive / FILE
        try:
            self._database = connect(self._file, 30)
        except sqlite3.OperationalError as error:
            raise LedgerError(f"{self._file}: {error}. Check its permissions and the disk.") from error
        self._database.row_factory = sqlite3.Row
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise LedgerError(f"{self._file} is not a ledger, or is damaged ({error}).") from error

    def _prepare(self) -> None:
        if may_be_written(self._file):
            self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute("PRAGMA foreign_keys = ON")
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            self._database.close()
            raise LedgerError(
                f"The ledger was written by a newer Bannasar (schema {version}, this one knows {VERSION})."
            )
        for step in range(version + 1, VERSION + 1):
            migration = (Path(__file__).with_name("migrations") / f"{step}.sql").read_text("utf-8")
            self._database.executescript(f"BEGIN IMMEDIATE; {migration}; PRAGMA user_version = {step}; COMMIT;")

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
        """Do all that is written within, or, if the process dies, nothing of it; one within another is part of it."""
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

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Return the rows of a question."""
        return self._database.execute(sql, values).fetchall()

    # Runs

    def begin_run(self, command: str, recipe: str, versions: Mapping[str, str]) -> None:
        """Note that a run begins; one that was begun and never ended has died."""
        with self.transaction() as database:
            database.execute("UPDATE runs SET outcome = 'died' WHERE outcome IS NULL")
            cursor = database.execute(
                "INSERT INTO runs (command, host, process, recipe, versions, started) VALUES (?, ?, ?, ?, ?, ?)",
                (command, socket.gethostname(), os.getpid(), recipe, json.dumps(versions), _now()),
            )
        self._run = cursor.lastrowid

    def end_run(self, outcome: RunOutcome, reason: str = "") -> None:
        """Note that the run has ended."""
        self._database.execute(
            "UPDATE runs SET ended = ?, outcome = ?, reason = ? WHERE id = ?", (_now(), outcome, reason, self._run)
        )

    def run_died(self, run: int) -> None:
        """Note that a run never came to its end."""
        self._database.execute("UPDATE runs SET outcome = 'died' WHERE id = ?", (run,))

    # Boxes

    def enter_box(self, root: Path) -> Box:
        """Return the box that lies at ``root``, entered now if it is new; its id is its folder's name, made unique."""
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
        """Enter a box of which only its bags are known; whichever folder of its name comes in next is it."""
        self._database.execute(
            "INSERT OR IGNORE INTO boxes (id, root, first_seen) VALUES (?, ?, ?)", (box, _ADOPTED + box, _now())
        )

    def boxes(self) -> list[Box]:
        """Return every box, in the order of their ids."""
        rows = self._database.execute("SELECT id, root FROM boxes ORDER BY id")
        return [Box(id=row["id"], root=Path(row["root"])) for row in rows]

    def passed_over(self, box: str) -> int:
        """Return how many hidden and system files and folders the last run passed over in a box."""
        row = self._database.execute("SELECT passed_over FROM boxes WHERE id = ?", (box,)).fetchone()
        return int(row["passed_over"])

    def note_run(self, box: str, passed_over: int) -> None:
        """Note that a run has walked a box."""
        self._database.execute(
            "UPDATE boxes SET last_run = ?, passed_over = ? WHERE id = ?", (_now(), passed_over, box)
        )

    # Scans

    def scans(self, box: str) -> list[ScanRow]:
        """Return the scans of a box as they lie in it now, and those that no longer do."""
        return self._rows("WHERE box = ? ORDER BY path, updated", (box,))

    def scans_of_case(self, case_id: str) -> list[ScanRow]:
        """Return every scan that was assigned to a case file."""
        return self._rows("WHERE case_id = ? ORDER BY path, updated", (case_id,))

    def known(self, box: str, path: str, size: int, mtime_ns: int) -> ScanRow | None:
        """Return the scan that lay at this path with this size and time of change, so that it need not be hashed."""
        where = "WHERE box = ? AND path = ? AND size = ? AND mtime_ns = ? AND current = 1"
        rows = self._rows(where, (box, path, size, mtime_ns))
        return rows[0] if rows else None

    def scan(self, box: str, path: str, sha256: str) -> ScanRow | None:
        """Return what is known of these bytes at this path."""
        rows = self._rows("WHERE box = ? AND path = ? AND sha256 = ?", (box, path, sha256))
        return rows[0] if rows else None

    def first(self, sha256: str, box: str, path: str) -> ScanRow | None:
        """Return the scan elsewhere that holds the same bytes and is archived or on its way."""
        where = "WHERE sha256 = ? AND NOT (box = ? AND path = ?) AND state IN ('archived', 'pending')"
        rows = self._rows(f"{where} ORDER BY state, box, path", (sha256, box, path))
        return rows[0] if rows else None

    def left_box(self) -> list[ScanRow]:
        """Return the scans of all boxes that were accepted, and left their box before they were archived."""
        return self._rows("WHERE state = 'failed' AND code = ? ORDER BY box, path", (Code.LEFT_BOX,))

    def put(self, row: ScanRow) -> None:
        """Enter a scan, in place of what was known of the same bytes at the same path."""
        names = [field.name for field in fields(ScanRow)]
        values = [getattr(row, name) for name in names]
        marks = ", ".join("?" * len(names))
        with self.transaction() as database:
            database.execute("UPDATE scans SET current = 0 WHERE box = ? AND path = ?", (row.box, row.path))
            # What could not be read before, or was refused with other bytes, is not a scan of its own any more.
            database.execute(
                "DELETE FROM scans WHERE box = ? AND path = ? AND sha256 <> ? AND state <> 'archived' "
                "AND recipe IS NULL",
                (row.box, row.path, row.sha256),
            )
            database.execute(
                f"INSERT OR REPLACE INTO scans ({_COLUMNS}, current, updated) VALUES ({marks}, 1, ?)",  # noqa: S608
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
        """Set a scan to archived, as its bag measures it.

        Raises:
            LedgerError: not every page of it is accounted for.
        """
        told = asdict(measure)
        if row.pages != measure.read + measure.blank + measure.missing:
            raise LedgerError(f"Of {row.path}, {row.pages} pages, the bag accounts for {told}. Report this.")
        with self.transaction() as database:
            self._update(row, state=ScanState.ARCHIVED, recipe=recipe, code=None, reason=None, **told)
            if not measure.missing:
                # Of a page that was read just before a crash: its result was kept, and could not be entered.
                database.execute("DELETE FROM pages WHERE sha256 = ? AND state = 'failed'", (row.sha256,))

    def leave(self, row: ScanRow, reason: str, now: ScanRow | None = None) -> None:
        """Set a scan to gone, with the reason, that for which it was complained of until now, and what it is now."""
        before = f" Before that: {row.reason}" if row.reason else ""
        first = {"first_box": now.box, "first_path": now.path} if now else {}
        self._update(row, state=ScanState.GONE, code=None, reason=reason + before, **first)

    def wait(self, row: ScanRow) -> None:
        """Set a scan to pending: it is to be read, once more if it was read before."""
        self._update(row, state=ScanState.PENDING, code=None, reason=None)

    def lost(self, row: ScanRow) -> None:
        """Set a scan to pending that was archived, and is in its bag no more."""
        gone = {"recipe": None, "read": 0, "blank": 0, "missing": 0, "confidence": None}
        self._update(row, state=ScanState.PENDING, code=None, reason=None, **gone)

    def _update(self, row: ScanRow, **values: Any) -> None:  # noqa: ANN401  # SQLite's own types
        if values["state"] not in _NEXT[row.state]:
            raise LedgerError(f"{row.box}/{row.path} cannot become {values['state']}: it is {row.state}. Report this.")
        names = ", ".join(f"{name} = ?" for name in values)
        self._database.execute(
            f"UPDATE scans SET {names}, updated = ? WHERE box = ? AND path = ? AND sha256 = ?",  # noqa: S608
            (*values.values(), _now(), row.box, row.path, row.sha256),
        )

    def _rows(self, where: str, values: tuple[Any, ...]) -> list[ScanRow]:
        rows = self._database.execute(f"SELECT {_COLUMNS} FROM scans {where}", values)  # noqa: S608  # where is ours
        return [
            ScanRow(**{**dict(row), "state": ScanState(row["state"]), "kind": row["kind"] and Kind(row["kind"])})
            for row in rows
        ]

    # Pages

    def page_read(self, page: Page, seconds: float) -> None:
        """Note that a page was read."""
        state: PageState = "blank" if page.blank else "read"
        by_hand = page.handwriting_share
        sure = confidence_of([page])
        self._put_page(page.scan, page.number, state, page.recipe, seconds, confidence=sure, handwriting=by_hand)

    def page_failed(self, sha256: str, number: int, recipe: str, seconds: float, failure: Failure) -> None:
        """Note that a page failed for good in this run."""
        self._put_page(sha256, number, "failed", recipe, seconds, code=failure.code, reason=failure.reason)

    def is_missing(self, sha256: str, number: int) -> bool:
        """Whether a page has failed the last time, and so is missing from the bag of its scan, if that has one."""
        rows = self.query("SELECT 1 FROM pages WHERE sha256 = ? AND number = ? AND state = 'failed'", (sha256, number))
        return bool(rows)

    def forget_pages(self, pages: Sequence[tuple[str, int]]) -> None:
        """Forget how some pages (SHA-256 and number) came out."""
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
        """Enter a case file, or leave it as it is known."""
        self._database.execute(
            "INSERT OR IGNORE INTO cases (id, box, folder, title) VALUES (?, ?, ?, ?)", (case_id, box, folder, title)
        )

    def case_archived(self, case_id: str, bag: str) -> None:
        """Note that the bag of a case file is in place (its path in the archive) and is to be indexed."""
        self._database.execute(
            "UPDATE cases SET bag = ?, archived = ?, indexed = NULL WHERE id = ?", (bag, _now(), case_id)
        )

    def case_indexed(self, case_id: str) -> None:
        """Note that a case file is in the index."""
        self._database.execute("UPDATE cases SET indexed = ? WHERE id = ?", (_now(), case_id))

    def case_lost(self, case_id: str) -> None:
        """Note that the bag of a case file is gone."""
        self._database.execute("UPDATE cases SET bag = NULL, archived = NULL, indexed = NULL WHERE id = ?", (case_id,))

    def case_not_indexed(self, case_id: str) -> None:
        """Note that a case file waits for the index."""
        self._database.execute("UPDATE cases SET indexed = NULL WHERE id = ?", (case_id,))

    def waits_for_index(self, case_id: str) -> bool:
        """Whether a case file is not in the index as it is."""
        return bool(self.query("SELECT 1 FROM cases WHERE id = ? AND indexed IS NULL", (case_id,)))

    def index_lost(self) -> None:
        """Note that the index holds nothing: every case file waits for it."""
        self._database.execute("UPDATE cases SET indexed = NULL")

    def to_be_indexed(self) -> list[str]:
        """Return the bags (paths in the archive) of the case files that wait for the index."""
        rows = self._database.execute(
            "SELECT bag FROM cases WHERE archived IS NOT NULL AND indexed IS NULL ORDER BY id"
        )
        return [row["bag"] for row in rows]

    def bag_of(self, case_id: str | None) -> str:
        """Return the path in the archive of a case file's bag; "" before it has one."""
        row = self._database.execute("SELECT bag FROM cases WHERE id = ?", (case_id,)).fetchone()
        return str(row["bag"] or "") if row else ""

    def folder_of(self, case_id: str) -> str:
        """Return the folder of a case file in its box, "" for a scan by itself."""
        (row,) = self.query("SELECT folder FROM cases WHERE id = ?", (case_id,))
        return str(row["folder"])

    # Attempts

    def attempt(self, attempt: Attempt) -> None:
        """Note a try that has ended."""
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

    def seconds_a_page(self) -> float | None:
        """Return the mean time a worker spent on a page and its share of the archiving, None before the first."""
        row = self._database.execute(
            "SELECT sum(seconds) AS seconds, sum(step = 'read') AS pages FROM attempts "
            "WHERE step IN ('read', 'archive') AND outcome = 'done'"
        ).fetchone()
        return row["seconds"] / row["pages"] if row["pages"] else None

    def times_read(self) -> dict[tuple[str, int, str], int]:
        """Return how often each page (scan SHA-256, number, recipe) was read to the end."""
        rows = self._database.execute(
            "SELECT subject, page, recipe, count(*) AS times FROM attempts "
            "WHERE step = 'read' AND outcome = 'done' GROUP BY subject, page, recipe"
        )
        return {(row["subject"], row["page"], row["recipe"]): row["times"] for row in rows}


def scan_row(box: str, path: str, size: int, mtime_ns: int, **known: Any) -> ScanRow:  # noqa: ANN401
    """Return a row for a scan of which only some columns are known yet."""
    empty: dict[str, Any] = {field.name: None for field in fields(ScanRow)}
    empty |= {"sha256": "", "state": ScanState.PENDING, "blank": 0, "read": 0, "missing": 0, "locked": 0}
    return ScanRow(**(empty | {"box": box, "path": path, "size": size, "mtime_ns": mtime_ns} | known))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
