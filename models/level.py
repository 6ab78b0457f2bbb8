"""Levels: who may see something."""

from collections.abc import Iterable
from enum import StrEnum


class Level(StrEnum):
    """Who may see something, from the most open level to the strictest."""

    PUBLIC = "public"
    REGISTERED = "registered"
    STAFF = "staff"
    SEALED = "sealed"

    @property
    def rank(self) -> int:
        """How strict it is, from 0: the levels' order, for stores and comparisons."""
        return _RANKS[self]


_RANKS = {level: rank for rank, level in enumerate(Level)}


def strictest(levels: Iterable[Level]) -> Level:
    """Return the strictest of some levels; public where there are none."""
    return max(levels, key=lambda level: level.rank, default=Level.PUBLIC)
