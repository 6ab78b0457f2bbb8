"""A person's account."""

from dataclasses import dataclass

from models.actor import Actor, ActorKind
from pipeline.access.roles import Role


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account; ``group`` is what it is limited to, "" for nothing.

    ``boxes`` and ``courts`` are the group's, None for all. ``subject`` is who may sign in with it elsewhere.
    """

    name: str
    role: Role
    group: str = ""
    boxes: frozenset[str] | None = None
    courts: frozenset[str] | None = None
    is_locked: bool = False
    subject: str = ""

    @property
    def actor(self) -> Actor:
        """Who the person is in journal and audit log."""
        return Actor(name=self.name, kind=ActorKind.PERSON)
