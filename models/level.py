"""Who may see a page: its level."""

from enum import StrEnum


class Level(StrEnum):
    """How widely a page may be shown, from everyone to nobody; ``PUBLIC < REGISTERED < STAFF < SEALED``.

    Boxes, case files, documents and pages each have one; of all that hold for a page the strictest counts.
    """

    PUBLIC = "public"
    REGISTERED = "registered"
    STAFF = "staff"
    SEALED = "sealed"

    @property
    def strictness(self) -> int:
        """Its place in the order, from 0."""
        return tuple(Level).index(self)

    def __lt__(self, other: str) -> bool:
        """Whether it shows more widely than another."""
        return self.strictness < Level(other).strictness

    def __le__(self, other: str) -> bool:
        """Whether it shows no less widely than another."""
        return self.strictness <= Level(other).strictness

    def __gt__(self, other: str) -> bool:
        """Whether it is stricter than another."""
        return self.strictness > Level(other).strictness

    def __ge__(self, other: str) -> bool:
        """Whether it is no less strict than another."""
        return self.strictness >= Level(other).strictness


def strictest(*levels: Level) -> Level:
    """Return the strictest of levels: the one that counts where several hold for a page."""
    return max(levels)
