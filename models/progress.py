"""How long work shows how far it has come."""

from collections.abc import Callable

Show = Callable[[int, int], None]
"""Called with the number of case files that are done, and of all."""


def silent(_done: int, _all: int) -> None:
    """Show nothing."""
