"""Requests that another person decides: to unseal something, or to see it for a time."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path

from pydantic import AwareDatetime

from models.actor import Actor, ActorKind
from models.errors import ConflictError, NotFoundError
from models.level import Level
from models.page import PageRef
from models.record import Record
from models.restriction import Reach, Restriction
from pipeline.access.database import access_database


class Wish(StrEnum):
    """What was asked for."""

    UNSEAL = "unseal"
    SEE = "see"


class Decision(StrEnum):
    """What was decided."""

    NONE = ""
    GRANTED = "granted"
    REFUSED = "refused"


class Request(Record):
    """A request. ``number`` is the number of its line in the journal, which records it, too, and cannot be changed.

    ``level`` is the level asked for, if something is to be unsealed. What was granted may be seen ``until`` a time.
    """

    number: int
    wish: Wish
    by: Actor
    at: AwareDatetime
    case: str
    reason: str
    order: str = ""
    reach: Reach = Reach.CASE
    pages: tuple[PageRef, ...] = ()
    level: Level = Level.STAFF
    decision: Decision = Decision.NONE
    until: AwareDatetime | None = None

    @property
    def restriction(self) -> Restriction:
        """What is asked to be set instead of the seal, as the person who asks would set it."""
        return Restriction(
            level=self.level,
            reach=self.reach,
            pages=self.pages,
            reason=self.reason,
            order=self.order,
            by=self.by,
            at=self.at,
        )


class Requests:
    """The requests of one archive. Every method raises AccessError if they cannot be used."""

    def __init__(self, archive: Path) -> None:
        """Set the archive, by its folder."""
        self._archive = archive

    def add(self, request: Request) -> None:
        """Record a request."""
        with access_database(self._archive) as database:
            database.execute(
                "INSERT INTO requests (number, asked_by, case_id, told) VALUES (?, ?, ?, ?)",
                (request.number, request.by.name, request.case, request.model_dump_json()),
            )

    def open(self, number: int) -> Request:
        """Return a request that nobody has decided yet.

        Raises:
            NotFoundError: there is none of that number.
            ConflictError: it is decided.
        """
        with access_database(self._archive, changes=False) as database:
            row = database.execute("SELECT * FROM requests WHERE number = ?", (number,)).fetchone()
        if row is None:
            raise NotFoundError(f"There is no request {number}.", "`bannasar requests` lists them.")
        if row["decision"]:
            raise ConflictError(f"Request {number} is decided: {row['decision']}.")
        return Request.model_validate_json(row["told"])

    def all(self) -> list[Request]:
        """Return all requests, the oldest first."""
        with access_database(self._archive, changes=False) as database:
            rows = database.execute("SELECT told FROM requests ORDER BY number").fetchall()
        return [Request.model_validate_json(row["told"]) for row in rows]

    def decide(self, request: Request, decision: Decision, until: datetime | None = None) -> Request:
        """Record the decision about a request; what is granted may be seen until a time."""
        decided = request.model_copy(update={"decision": decision, "until": until})
        with access_database(self._archive) as database:
            database.execute(
                "UPDATE requests SET decision = ?, until = ?, told = ? WHERE number = ? AND decision = ''",
                (decision, until.timestamp() if until else None, decided.model_dump_json(), request.number),
            )
        return decided

    def seen_by(self, person: Actor, now: datetime) -> frozenset[str]:
        """Return the case files that a person was allowed to see and still may; ``now`` is the latest time possible."""
        if person.kind is not ActorKind.PERSON:
            return frozenset()
        with access_database(self._archive, changes=False) as database:
            rows = database.execute(
                "SELECT case_id FROM requests WHERE asked_by = ? AND decision = 'granted' AND until > ?",
                (person.name, now.timestamp()),
            ).fetchall()
        return frozenset(row["case_id"] for row in rows)
