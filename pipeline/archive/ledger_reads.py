"""The questions to the ledger: every question in SQL, every answer a record."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.failure import Code
from models.ledger import Account, AttemptRow, CaseRow, Counted, FailureRow, PageRow, RunRow, ScanRow
from models.scan import Box, Kind, ScanState

SCAN_COLUMNS = ", ".join(ScanRow.__slots__)
_PAGE_COLUMNS = ", ".join(f"pages.{name}" for name in PageRow.__slots__)
_ATTEMPT_COLUMNS = ", ".join(f"attempts.{name}" for name in AttemptRow.__slots__ if name != "versions")
_RUN_COLUMNS = ", ".join(RunRow.__slots__)

# A duplicate's pages count with its first scan, and the pages of a renamed or moved scan with the new one. Archived
# scans that are no longer in the box are counted as well. This and the next read an index that holds all they need.
_ACCOUNT = """
    SELECT coalesce(sum(pages), 0) AS pages,
           coalesce(sum(read), 0) AS archived,
           coalesce(sum(blank), 0) AS blank,
           coalesce(sum(CASE state WHEN 'archived' THEN missing WHEN 'failed' THEN pages END), 0) AS failed,
           coalesce(sum(CASE state WHEN 'refused' THEN pages END), 0) AS refused,
           coalesce(sum(CASE state WHEN 'gone' THEN pages END), 0) AS gone,
           coalesce(sum(CASE state WHEN 'pending' THEN pages - read - blank END), 0) AS waiting
    FROM scans WHERE box = ? AND state <> 'duplicate' AND NOT (state = 'gone' AND first_path IS NOT NULL)
"""
_COUNTED = """
    SELECT state, count(*) AS scans, coalesce(sum(pages), 0) AS pages, sum(blank) AS blank,
           sum((coalesce(pages, 0) - blank) * confidence)
               / nullif(sum(CASE WHEN confidence IS NOT NULL THEN coalesce(pages, 0) - blank END), 0) AS confidence
    FROM scans WHERE box = ? GROUP BY state
"""
# A scan that failed because of its pages counts under their codes, and not under its own as well.
_FAILURES = """
    SELECT box, path, page, code, reason FROM (
        SELECT box, path, updated, number AS page, failed.code AS code, failed.reason AS reason
        FROM (SELECT sha256, number, code, reason FROM pages WHERE state = 'failed') AS failed
        CROSS JOIN scans USING (sha256)
        WHERE scans.state NOT IN ('duplicate', 'gone') AND scans.box = coalesce(:box, scans.box)
        UNION ALL
        SELECT box, path, updated, NULL, code, reason FROM scans
        WHERE code IS NOT NULL AND state NOT IN ('duplicate', 'gone') AND box = coalesce(:box, box) AND NOT EXISTS (
            SELECT 1 FROM pages
            WHERE pages.sha256 = scans.sha256 AND pages.state = 'failed' AND pages.code = scans.code
        )
    ) ORDER BY box, path, updated, page IS NULL, page
"""
_PAGES_OF_BOX = """
    FROM pages JOIN scans ON scans.sha256 = pages.sha256
    WHERE scans.box = ? AND scans.state IN ('archived', 'failed')
"""
_TO_SEE = "(pages.state = 'failed' OR pages.confidence IS NOT NULL OR coalesce(pages.handwriting, 0) <> 0)"
_ATTEMPTS_THAT_TELL = 10_000  # of the last reading and archiving: how fast a run is now


class LedgerReads:
    """The questions; :class:`pipeline.archive.ledger.Ledger` adds what is entered. Scans come in path order."""

    _database: sqlite3.Connection

    def _all(self, sql: str, *values: str | int | None) -> list[sqlite3.Row]:
        return self._database.execute(sql, values).fetchall()

    # Runs

    def runs(self) -> list[RunRow]:
        """Return every run, the oldest first."""
        return [RunRow(**dict(row)) for row in self._all(f"SELECT {_RUN_COLUMNS} FROM runs ORDER BY id")]  # noqa: S608

    # Boxes

    def boxes(self) -> list[Box]:
        """Return every box, in the order of their ids."""
        rows = self._all("SELECT id, root FROM boxes ORDER BY id")
        return [Box(id=row["id"], root=Path(row["root"])) for row in rows]

    def ignored(self, box: str) -> int:
        """Return how many hidden and system files and folders the last run ignored in a box."""
        (row,) = self._all("SELECT passed_over FROM boxes WHERE id = ?", box)
        return int(row["passed_over"])

    def account(self, box: str) -> Account:
        """Return where the pages of a box went."""
        (row,) = self._all(_ACCOUNT, box)
        return Account(**dict(row))

    def counted(self, box: str) -> dict[ScanState, Counted]:
        """Return the scans of a box by their states; states without a scan are left out."""
        return {ScanState(state): Counted(*values) for state, *values in self._all(_COUNTED, box)}

    # Scans

    def scans(self, box: str) -> list[ScanRow]:
        """Return the scans of a box, those that are in it now and those that no longer are."""
        return self._scans("WHERE box = ? ORDER BY path, updated", box)

    def scans_in(self, box: str, *states: ScanState) -> list[ScanRow]:
        """Return the scans of a box that are in one of these states."""
        marks = ", ".join("?" * len(states))
        return self._scans(
            f"INDEXED BY scans_by_state WHERE box = ? AND state IN ({marks}) ORDER BY path, updated", box, *states
        )

    def incomplete(self, box: str) -> list[ScanRow]:
        """Return the scans of a box that are archived without all of their pages."""
        where = "INDEXED BY scans_by_state WHERE box = ? AND state = 'archived' AND missing > 0 ORDER BY path, updated"
        return self._scans(where, box)

    def older(self, box: str, recipe: str) -> int:
        """Return how many archived scans of a box were read with another recipe."""
        (row,) = self._all(
            "SELECT count(*) AS scans FROM scans WHERE box = ? AND state = 'archived' AND recipe IS NOT ?", box, recipe
        )
        return int(row["scans"])

    def failures(self, box: str | None = None) -> Iterator[FailureRow]:
        """Yield what failed or was refused in a box: each page, and each scan that has another reason than that.

        ``box`` is None for all boxes.
        """
        for row in self._database.execute(_FAILURES, {"box": box}):
            yield FailureRow(*row)

    def scans_of_case(self, case_id: str) -> list[ScanRow]:
        """Return every scan that was assigned to a case file."""
        return self._scans("WHERE case_id = ? ORDER BY path, updated", case_id)

    def known(self, box: str, path: str, size: int, mtime_ns: int) -> ScanRow | None:
        """Return the scan at this path with this size and time of change, so that it is not hashed again."""
        where = "WHERE box = ? AND path = ? AND size = ? AND mtime_ns = ? AND current = 1"
        return next(iter(self._scans(where, box, path, size, mtime_ns)), None)

    def inside(self, box: str) -> dict[str, tuple[int, int, ScanState, bool]]:
        """Return what lay in a box the last time, by its path: size, time of change, state, whether it was read."""
        rows = self._database.execute(
            "SELECT path, size, mtime_ns, state, sha256 <> '' FROM scans WHERE box = ? AND current = 1", (box,)
        )
        return {path: (size, mtime, ScanState(state), bool(is_read)) for path, size, mtime, state, is_read in rows}

    def scan(self, box: str, path: str, sha256: str) -> ScanRow | None:
        """Return what is known about these bytes at this path."""
        return next(iter(self._scans("WHERE box = ? AND path = ? AND sha256 = ?", box, path, sha256)), None)

    def first(self, sha256: str, box: str, path: str) -> ScanRow | None:
        """Return the scan elsewhere that has the same bytes and is archived or pending."""
        where = "WHERE sha256 = ? AND NOT (box = ? AND path = ?) AND state IN ('archived', 'pending')"
        return next(iter(self._scans(f"{where} ORDER BY state, box, path", sha256, box, path)), None)

    def left_box(self) -> list[ScanRow]:
        """Return the scans of all boxes that were accepted, and left their box before they were archived."""
        return self._scans("WHERE state = 'failed' AND code = ? ORDER BY box, path", Code.LEFT_BOX)

    def _scans(self, where: str, *values: str | int) -> list[ScanRow]:
        rows = self._all(f"SELECT {SCAN_COLUMNS} FROM scans {where}", *values)  # noqa: S608  # where is ours
        return [_scan(row) for row in rows]

    # Pages

    def pages(self, sha256: str) -> list[PageRow]:
        """Return the pages of a scan that were tried, in the order of their numbers."""
        return self._pages("WHERE sha256 = ? AND sha256 <> '' ORDER BY number", sha256)

    def failed_pages(self, sha256: str) -> list[PageRow]:
        """Return the pages of a scan that failed the last time, in the order of their numbers."""
        return self._pages("WHERE sha256 = ? AND state = 'failed' ORDER BY number", sha256)

    def is_missing(self, sha256: str, number: int) -> bool:
        """Whether a page failed the last time, and so is missing from the bag of its scan, if there is one."""
        return any(page.number == number for page in self.failed_pages(sha256))

    def page_values(self, box: str) -> Iterator[tuple[float | None, float, bool]]:
        """Yield the pages of the archived and failed scans of a box: confidence, seconds, whether a person may see it.

        A person may see what failed, has text, or is handwritten; the others are blank.
        """
        for row in self._database.execute(
            f"SELECT pages.confidence, pages.seconds, {_TO_SEE} {_PAGES_OF_BOX}",
            (box,),
        ):
            yield row[0], row[1], bool(row[2])

    def pages_to_see(self, box: str, most: int) -> list[tuple[str, PageRow]]:
        """Return the pages of a box that a person should see first, each with its scan's path.

        Those that failed come first, then those with the least confidence; blank ones are left out.
        """
        rows = self._database.execute(
            f"SELECT scans.path AS path, {_PAGE_COLUMNS} {_PAGES_OF_BOX} AND {_TO_SEE} "
            "ORDER BY pages.state <> 'failed', pages.confidence, scans.path, pages.number LIMIT ?",
            (box, most),
        )
        return [(row["path"], _page(row)) for row in rows]

    def pages_to_archive(self) -> list[PageRow]:
        """Return the pages that were read and whose scans are not archived: their results must still be kept."""
        return self._pages(
            "WHERE state <> 'failed' AND NOT EXISTS "
            "(SELECT 1 FROM scans WHERE scans.sha256 = pages.sha256 AND scans.state = 'archived')"
        )

    def _pages(self, where: str, *values: str) -> list[PageRow]:
        return [_page(row) for row in self._all(f"SELECT {_PAGE_COLUMNS} FROM pages {where}", *values)]  # noqa: S608

    # Case files

    def cases(self) -> list[CaseRow]:
        """Return every case file, in the order of their ids."""
        rows = self._all("SELECT id, bag, indexed IS NOT NULL AS is_indexed FROM cases ORDER BY id")
        return [CaseRow(row["id"], row["bag"], bool(row["is_indexed"])) for row in rows]

    def cases_of_box(self, box: str) -> list[str]:
        """Return the ids of a box's case files, archived or not."""
        return [row["id"] for row in self._all("SELECT id FROM cases WHERE box = ? ORDER BY id", box)]

    def waits_for_index(self, case_id: str) -> bool:
        """Whether the index lacks a case file in its present state."""
        return bool(self._all("SELECT 1 FROM cases WHERE id = ? AND indexed IS NULL", case_id))

    def to_be_indexed(self) -> list[str]:
        """Return the bags (paths in the archive) of the case files that wait for the index."""
        rows = self._all("SELECT bag FROM cases WHERE archived IS NOT NULL AND indexed IS NULL ORDER BY id")
        return [row["bag"] for row in rows]

    def bag_of(self, case_id: str | None) -> str:
        """Return the path in the archive of a case file's bag; "" before it has one."""
        rows = self._all("SELECT bag FROM cases WHERE id = ?", case_id)
        return str(rows[0]["bag"] or "") if rows else ""

    def some_bag(self, which: int) -> str:
        """Return the path of the bag of some case file, the same one for the same number; "" if there is none."""
        last = self._all("SELECT max(rowid) AS last FROM cases")[0]["last"] or 0
        first = "SELECT bag FROM cases WHERE bag IS NOT NULL AND rowid >= ? ORDER BY rowid LIMIT 1"
        rows = (self._all(first, which % last + 1) or self._all(first, 1)) if last else []
        return str(rows[0]["bag"]) if rows else ""

    def folder_of(self, case_id: str) -> str:
        """Return the folder of a case file in its box, "" for a single scan."""
        (row,) = self._all("SELECT folder FROM cases WHERE id = ?", case_id)
        return str(row["folder"])

    # Attempts

    def attempts_of(self, scan: ScanRow) -> list[AttemptRow]:
        """Return every attempt on a scan, its pages and its case file, the oldest first."""
        rows = self._all(
            f"SELECT {_ATTEMPT_COLUMNS}, runs.versions FROM attempts "  # noqa: S608
            "LEFT JOIN runs ON runs.id = attempts.run "
            "WHERE (attempts.box = ? AND subject = ?) OR (subject = ? AND subject <> '') OR subject = ? "
            "ORDER BY attempts.id",
            scan.box,
            scan.path,
            scan.sha256,
            scan.case_id,
        )
        return [AttemptRow(**dict(row)) for row in rows]

    def seconds_a_page(self) -> float | None:
        """Return the mean time a worker needed lately for a page and its share of the archiving, None before the first.

        Lately: in the last 10,000 attempts.
        """
        (row,) = self._all(
            "SELECT sum(seconds) AS seconds, sum(step = 'read') AS pages FROM "
            "(SELECT * FROM attempts ORDER BY id DESC LIMIT ?) "
            "WHERE step IN ('read', 'archive') AND outcome = 'done'",
            _ATTEMPTS_THAT_TELL,
        )
        return row["seconds"] / row["pages"] if row["pages"] else None

    def times_read(self) -> dict[tuple[str, int, str], int]:
        """Return how often each page (scan SHA-256, number, recipe) was read to the end."""
        rows = self._all(
            "SELECT subject, page, recipe, count(*) AS times FROM attempts "
            "WHERE step = 'read' AND outcome = 'done' GROUP BY subject, page, recipe"
        )
        return {(row["subject"], row["page"], row["recipe"]): row["times"] for row in rows}

    # The file itself

    def damages(self) -> list[str]:
        """Return what SQLite finds wrong with the file, in its own words."""
        return [damage for (damage,) in self._all("PRAGMA integrity_check") if damage != "ok"]

    def tables_with_dangling_rows(self) -> list[str]:
        """Return, for each row that points to one that is not there, the name of its table."""
        return [str(row[0]) for row in self._all("PRAGMA foreign_key_check")]


def _page(row: sqlite3.Row) -> PageRow:
    values: dict[str, Any] = {name: row[name] for name in PageRow.__slots__}
    return PageRow(**values)


def _scan(row: sqlite3.Row) -> ScanRow:
    values: dict[str, Any] = dict(row)
    return ScanRow(**values | {"state": ScanState(row["state"]), "kind": row["kind"] and Kind(row["kind"])})
