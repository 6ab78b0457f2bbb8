"""Who does something."""

from enum import StrEnum

from models.record import Record


class ActorKind(StrEnum):
    """How an actor is identified: as the person at the shell of this machine, or by signing in."""

    OPERATOR = "operator"
    PERSON = "person"


class Actor(Record):
    """Who does something; the journal keeps both parts.

    ``name`` is ``account@machine`` for an operator, and the account's name for a person who signed in.
    """

    name: str
    kind: ActorKind
