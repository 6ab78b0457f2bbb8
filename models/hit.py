"""What a search finds."""

from models.page import Rect
from models.record import Record


class Span(Record):
    """A marked stretch of a snippet, ``[start, end)`` in characters."""

    start: int
    end: int


class Hit(Record):
    """One page that answers a query.

    ``snippet`` is text as read; ``marks`` are the stretches of it that answer the query; ``boxes`` are those of every
    hit on the page, in pixels of the upright page.
    """

    case: str
    document: int
    scan: str
    path: str
    box: str
    page: int
    score: float
    snippet: str
    marks: tuple[Span, ...]
    boxes: tuple[Rect, ...]
