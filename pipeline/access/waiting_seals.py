"""Seals that are not in the bags yet, because that takes time or another process holds the archive: in force at once.

Until a seal is in the bags, nothing of what it seals is shown to anybody but operators: ``services/sight.py`` refuses
it by its id. So if this is lost or late, nothing opens that is not open already in the bags.
"""

from collections.abc import Iterator
from contextlib import contextmanager
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

    def add(self, seal: WaitingSeal) -> WaitingSeal:
        """Record a seal, and return it with its number: it is in force when this returns."""
        with access_database(self._archive) as database:
            added = database.execute("INSERT INTO seals (told) VALUES (?)", (seal.model_dump_json(),))
            return seal.model_copy(update={"number": added.lastrowid})

    @contextmanager
    def in_force(self, seal: WaitingSeal) -> Iterator[None]:
        """Keep a seal in force while it is put into the bags, which takes seconds for a case file of a thousand pages.

        If that fails, all is as before. If the process is killed, the seal stays in force, and waits.
        """
        added = self.add(seal)
        try:
            yield
        finally:
            self.remove(added)

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
