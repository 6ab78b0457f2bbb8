"""Seals that somebody set while another process held the archive: in force at once, and completed when it is free.

Until a seal is in the bags, nothing of what it seals is shown to anybody but operators: ``services/sight.py`` refuses
it by its id. So if this is lost or late, nothing opens that is not open already in the bags.
"""

from pathlib import Path

from models.record import Record
from models.restriction import Restriction
from pipeline.access.database import FILE, access_database


class WaitingSeal(Record):
    """A seal on a case file or a part of it, or (``case`` is "") on a box; ``number`` says in which order they came."""

    number: int = 0
    case: str
    box: str
    restriction: Restriction


class WaitingSeals:
    """The seals of one archive that wait. Every method raises AccessError if they cannot be used."""

    def __init__(self, archive: Path) -> None:
        """Set the archive, by its folder."""
        self._archive = archive

    def add(self, seal: WaitingSeal) -> None:
        """Record a seal: it is in force when this returns."""
        with access_database(self._archive) as database:
            database.execute("INSERT INTO seals (told) VALUES (?)", (seal.model_dump_json(),))

    def all(self) -> list[WaitingSeal]:
        """Return those that wait, in their order."""
        if not (self._archive / FILE).exists():
            return []
        with access_database(self._archive, changes=False) as database:
            rows = database.execute("SELECT number, told FROM seals ORDER BY number").fetchall()
        return [
            WaitingSeal.model_validate_json(row["told"]).model_copy(update={"number": row["number"]}) for row in rows
        ]

    def remove(self, seal: WaitingSeal) -> None:
        """Remove a seal that is in the bags now."""
        with access_database(self._archive) as database:
            database.execute("DELETE FROM seals WHERE number = ?", (seal.number,))
