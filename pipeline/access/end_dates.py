"""When the next restriction of a case file ends, kept so that nobody has to look through all bags for it.

What is lost here opens nothing: until the index is told anew it shows what it showed before.
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
    with access_database(archive) as database:
        rows = database.execute(
            "SELECT case_id FROM ends WHERE at <= ? ORDER BY case_id", (clock.timestamp(),)
        ).fetchall()
    return [row["case_id"] for row in rows]
