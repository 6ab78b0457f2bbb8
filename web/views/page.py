"""A page: its picture with the hits marked, its text, its facts and where they were read."""

import hashlib
from itertools import count

from starlette.responses import Response

from models.errors import QueryError, UsageError
from models.fact import Fact
from models.level import Level
from models.message import Message
from models.page import Page, Rect
from pipeline.services import search as service
from pipeline.services.askers import Action, Deed
from pipeline.services.open_case import PageView, alto_of_page, hit_boxes, open_page
from pipeline.services.page_history import citation_of
from pipeline.services.page_pictures import WIDTHS, cut_out, page_picture
from web.files import attachment
from web.room import Asked

_MOST_BOXES = 40
# Lower ends of the five shades in which words show their confidence.
_SHADES = (0.5, 0.7, 0.85, 0.95)


def page(asked: Asked) -> Response:
    """Show a page."""
    view = opened(asked)
    query = " ".join(asked.request.query_params.get("q", "").split())
    hits: tuple[Rect, ...] = ()
    if query:
        try:
            hits = hit_boxes(view, service.understood(asked.archive, query, asked.reader.asker.scope))
        except QueryError:
            query = ""
    asked.note(view.level, Deed.OPENED, name_of(view))
    return asked.page(
        "page.html",
        view=view,
        case=view.view.case,
        document=view.document,
        shown=view.page,
        query=query,
        hits=hits,
        lines=_lines(view),
        facts=[(number, fact, _is_here(view, fact)) for number, fact in enumerate(view.document.facts, 1)],
        citation=citation_of(asked.archive, view),
        widths=[width for width in WIDTHS[1:] if width <= max(WIDTHS[1], view.page.width)],
    )


def picture(asked: Asked) -> Response:
    """Send a page's picture in one of the widths."""
    width = asked.request.path_params["width"]
    if width not in WIDTHS:
        raise UsageError(
            Message("There is no picture of that width."),
            Message("There are: {widths}.", widths=tuple(map(str, WIDTHS))),
        )
    view = opened(asked)
    # A thumbnail belongs to the list of its case file's pages: nobody reads on it.
    asked.note_look(view.level, view.view.case.id if width == WIDTHS[0] else name_of(view))
    return image(asked, view, page_picture(asked.archive, view, width))


def cutting(asked: Asked) -> Response:
    """Send the part of a page around some boxes, marked."""
    view = opened(asked)
    boxes = _boxes(asked.request.query_params.get("boxes", ""), view.page)
    asked.note_look(view.level, name_of(view))
    return image(asked, view, cut_out(asked.archive, view, boxes))


def alto(asked: Asked) -> Response:
    """Send a page's ALTO."""
    view = opened(asked)
    asked.reader.asker.must_be_allowed(Action.EXPORT)
    asked.note(view.level, Deed.EXPORTED, f"{name_of(view)}.xml")
    return Response(
        alto_of_page(view),
        media_type="application/xml",
        headers=attachment(f"{view.page.scan[:16]}-{view.page.number}.xml"),
    )


def opened(asked: Asked) -> PageView:
    """Return the page of an address, as far as the reader may see it.

    Raises:
        NotFoundError: there is none that the reader may see.
        NotAllowedError: the reader may not search.
    """
    reader = asked.reader
    reader.asker.must_be_allowed(Action.SEARCH)
    given = asked.request.path_params
    return open_page(asked.archive, reader.asker, given["case"], given["scan"], given["number"])


def _lines(view: PageView) -> list[list[list[dict[str, object]]]]:
    """Return blocks of lines of words, each word numbered, with its box and its shade from 1 (worst) to 5."""
    numbers = count(1)
    return [
        [
            [
                {
                    "number": next(numbers),
                    "text": word.text,
                    "box": word.box,
                    "space": word.space,
                    "confidence": word.confidence,
                    "shade": 1 + sum(word.confidence >= least for least in _SHADES),
                }
                for word in line.words
            ]
            for line in block.lines
        ]
        for block in view.page.blocks
    ]


def _is_here(view: PageView, fact: Fact) -> bool:
    return (fact.scan, fact.page) == (view.page.scan, view.page.number) and bool(fact.boxes)


def _boxes(text: str, page: Page) -> list[Rect]:
    try:
        found = [Rect(*map(int, part.split(","))) for part in text.split(";")[:_MOST_BOXES]]
    except (ValueError, TypeError):
        found = []
    found = [box._replace(right=min(box.right, page.width), bottom=min(box.bottom, page.height)) for box in found]
    if not found or any(box.left >= box.right or box.top >= box.bottom or min(box) < 0 for box in found):
        raise UsageError(Message("The place of the hit cannot be read."), Message("Search again."))
    return found


def image(asked: Asked, view: PageView, content: bytes) -> Response:
    """Return the answer with a picture of a page; no copy of a sealed one stays in a browser."""
    if view.level is Level.SEALED:
        return Response(content, media_type="image/jpeg")  # no copy of it stays anywhere
    # A copy may stay in the browser, but the browser asks each time whether it may still be shown.
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if asked.request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="image/jpeg", headers=headers)


def name_of(view: PageView) -> str:
    """Return the page's name in the audit log."""
    return f"{view.view.case.id}/{view.ref.scan[:16]}/{view.ref.number}"
