"""Case files that are withdrawn from searches, but kept: a tag file in the bag says so, and moves with the bag."""

import json
from pathlib import Path

_FILE = "withdrawn.json"


def is_withdrawn(bag: Path) -> bool:
    """Whether the case file of a bag is withdrawn."""
    return (bag / _FILE).exists()


def mark_of(bag: Path) -> dict[str, str] | None:
    """Return since when (``at``, UTC, ISO 8601) and why (``reason``) it is withdrawn, None if it is not."""
    try:
        return dict(json.loads((bag / _FILE).read_bytes()))
    except FileNotFoundError:
        return None


def withdraw(bag: Path, at: str, reason: str) -> None:
    """Mark the bag of a case file as withdrawn since a time (UTC, ISO 8601); nothing else of it changes."""
    mark = {"at": at, "reason": reason}
    part = bag / f"{_FILE}.part"
    part.write_text(json.dumps(mark, ensure_ascii=False) + "\n", "utf-8")
    part.replace(bag / _FILE)


def reinstate(bag: Path) -> None:
    """Remove the mark."""
    (bag / _FILE).unlink(missing_ok=True)


def carry_over(older: Path, newer: Path) -> None:
    """Give the bag that replaces another the same mark."""
    if is_withdrawn(older):
        (newer / _FILE).write_bytes((older / _FILE).read_bytes())
