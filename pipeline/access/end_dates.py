"""The next end date of each case file's restrictions, kept so that nobody has to search all bags for it.

If something is lost here, nothing opens: the index shows the same as before until it is updated.
"""

from datetime import datetime
from pathlib import Path

from pipeline.access.database import access_database


def keep(archive: Path, case: str, end: datetime | None) -> None:
    """Keep the next end date of a case file, None where it has none; raises AccessError."""
    with access_database(archive) as database:
        if end is None:
            database.execute("DELETE FROM ends WHERE case_id = ?", (case,))
        else:
            database.execute("INSERT OR REPLACE INTO ends VALUES (?, ?)", (case, end.timestamp()))


def passed(archive: Path, clock: datetime) -> list[str]:
    """Return the case files of which an end date has passed, if the clock is right; raises AccessError."""
    with access_database(archive, changes=False) as database:
        rows = database.execute(
            "SELECT case_id FROM ends WHERE at <= ? ORDER BY case_id", (clock.timestamp(),)
        ).fetchall()
    return [row["case_id"] for row in rows]
