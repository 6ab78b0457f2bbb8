"""Who asks something of an archive: the actor, what it may do, and what it may see."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple, Self

from models.actor import Actor, ActorKind
from models.errors import NotAllowedError
from models.level import Level
from models.message import Message, Value, What
from models.scope import Scope
from pipeline.access.account import Account
from pipeline.access.roles import OPERATOR, RIGHTS, Action, Rights


class Loosened(NamedTuple):
    """A case file whose level is less strict than the index knows, because an end date has passed since."""

    case: str
    box: str
    level: Level
    courts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks; services do nothing that its rights do not name, and show nothing that is not in its scope.

    ``at`` is the time of the question by the clock, UTC, in whole seconds. Each question has its own asker, because
    what may be seen can change.
    """

    actor: Actor
    rights: Rights
    scope: Scope
    at: datetime

    @classmethod
    def operator(cls, actor: Actor, at: datetime) -> Self:
        """Return the operator at the shell, who may do and see everything."""
        return cls(actor, OPERATOR, Scope.everything(), _second(at))

    @classmethod
    def anybody(cls, at: datetime, unsure: Collection[str] = ()) -> Self:
        """Return a person who is not signed in: such a person may do nothing, and may know about what is public.

        ``unsure`` is as for :meth:`person`.
        """
        rights = Rights(Level.PUBLIC, frozenset())
        return cls(
            Actor(name="anybody", kind=ActorKind.PERSON),
            rights,
            Scope(rights.sees, refused=frozenset(unsure)),
            _second(at),
        )

    @classmethod
    def person(
        cls,
        account: Account,
        at: datetime,
        *,
        let_see: Collection[str] = (),
        unsure: Collection[str] = (),
        loosened: Iterable[Loosened] = (),
    ) -> Self:
        """Return a person who is signed in.

        Args:
            account: the person's.
            at: when the person asks.
            let_see: ids of the case files that the person was allowed to see.
            unsure: ids of the case files whose current level the index may not know: nothing of them is shown.
            loosened: case files whose level in the index is stricter than the current one.
        """
        rights = RIGHTS[account.role]
        own = Scope(rights.sees, account.boxes, account.courts)
        open_now = {one.case for one in loosened if own.shows(*one)}
        return cls(
            account.actor,
            rights,
            replace(own, granted=frozenset(let_see) | open_now, refused=frozenset(unsure)),
            _second(at),
        )

    def must_be_allowed(self, action: Action) -> None:
        """Refuse what the rights do not name.

        Raises:
            NotAllowedError: they do not.
        """
        if action not in self.rights.may:
            refused = Message("You may not {action}.", action=Value(action, What.WORD))
            raise NotAllowedError(refused, Message("Ask an administrator which role you need."))


def _second(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)
