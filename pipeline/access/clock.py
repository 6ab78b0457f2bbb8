"""The time that has certainly passed, as far as an archive can know, so that no end date opens anything too early.

A clock can be wrong, and people can set it. What is believed follows from the times in the journal, whose lines are
chained and, if there is a key, signed:

- A time before one that is believed already is not believed: time does not go back.
- A time more than :data:`SPAN` after the last that is believed is not believed either, and nothing after it, until an
  operator confirms the clock. So a clock set forward opens nothing that would not open within that span anyway. And
  an archive that nobody used for longer opens nothing until its operator has looked at the clock.

It does not protect against an operator who lies, or who sets the clock forward day by day.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

SPAN = timedelta(days=7)


class Mark(NamedTuple):
    """A time that was recorded, and whether an operator confirmed it then."""

    at: datetime
    is_confirmed: bool = False


def surely_past(marks: Iterable[Mark], clock: datetime) -> datetime | None:
    """Return the latest time that has certainly passed, None if nothing was ever recorded.

    Args:
        marks: the recorded times, in order; aware.
        clock: what the clock says; aware.
    """
    believed: datetime | None = None
    for mark in marks:
        if believed is None or mark.is_confirmed or _follows(mark.at, believed):
            believed = mark.at
    return clock if believed and _follows(clock, believed) else believed


def _follows(later: datetime, believed: datetime) -> bool:
    return believed < later <= believed + SPAN
