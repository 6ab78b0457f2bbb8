"""What a search finds."""

from pydantic import Field

from models.page import Rect
from models.record import Record


class Span(Record):
    """A marked stretch of a snippet, ``[start, end)`` in characters."""

    start: int
    end: int


class Hit(Record):
    """One page that answers a query.

    ``exact`` says whether the page has everything that was asked for, as it was asked for. ``snippet`` is text as read;
    ``marks`` are the stretches of it that answer the query; ``boxes`` are those of every hit on the page, in pixels of
    the upright page. ``kind``, ``court``, ``case_number`` and ``date`` are those of its document ("" where nothing was
    read). ``pages`` counts the pages of its case file that answer the query, where hits are grouped by case file.
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


class Count(Record):
    """How many of the pages that answer a query share a value, such as a kind of document."""

    value: str
    pages: int


class Found(Record):
    """What a search found: ``pages`` in all, ``exact`` of them with all that was asked for as it was asked for.

    Where exact ones fill all that was to be shown, and where more than a thousand pages are found, the others, which
    would come after those shown, are not looked for: ``whole`` is false then, and ``pages`` counts the exact ones only.

    ``cases`` counts the case files they lie in, where hits are grouped. ``facets`` are, by name, the values of all the
    pages found with their counts, the most frequent first.
    """

    pages: int
    exact: int
    hits: tuple[Hit, ...]
    whole: bool = True
    cases: int | None = None
    facets: dict[str, tuple[Count, ...]] = Field(default_factory=dict)
