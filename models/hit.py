"""What a search finds."""

from pydantic import Field

from models.level import Level
from models.page import Rect
from models.record import Record


class Span(Record):
    """A marked stretch of a snippet, ``[start, end)`` in characters."""

    start: int
    end: int


class Hit(Record):
    """One page that answers a query.

    ``exact`` says whether the page is an exact match of the whole query. ``snippet`` is text as read;
    ``marks`` are the stretches of it that answer the query; ``boxes`` are those of every hit on the page, in pixels of
    the upright page. ``kind``, ``court``, ``case_number`` and ``date`` are those of its document ("" where nothing was
    read). ``pages`` counts the pages of its case file that answer the query, where hits are grouped by case file.
    ``level`` is the page's, as the index has it.
    """

    case: str
    document: int
    scan: str
    path: str
    box: str
    page: int
    score: float
    exact: bool
    snippet: str
    marks: tuple[Span, ...]
    boxes: tuple[Rect, ...]
    kind: str = "unknown"
    court: str = ""
    case_number: str = ""
    date: str = ""
    pages: int | None = None
    level: Level | None = None


class Count(Record):
    """How many of the pages that answer a query share a value, such as a kind of document."""

    value: str
    pages: int


class Found(Record):
    """What a search found: ``pages`` in all, ``exact`` of them with an exact match of the whole query.

    If exact hits fill all that is to be shown, and also if more than a thousand pages are found, the other hits, which
    would come after them, are not searched: then ``whole`` is false, and ``pages`` counts only the exact ones.

    ``cases`` counts the case files they are in, where hits are grouped. ``facets`` are, by name, the values of all the
    pages found with their counts, the most frequent first.
    """

    pages: int
    exact: int
    hits: tuple[Hit, ...]
    whole: bool = True
    cases: int | None = None
    facets: dict[str, tuple[Count, ...]] = Field(default_factory=dict)
