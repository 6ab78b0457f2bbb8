"""A page: its picture with the hits marked, its text, its facts and where they were read."""

import hashlib
from dataclasses import dataclass
from itertools import count, pairwise

from starlette.responses import RedirectResponse, Response

from models.errors import IndexUnusableError, QueryError, TooManyError, UsageError
from models.fact import Fact
from models.level import Level
from models.message import Message
from models.page import Page, PageRef, Rect
from pipeline.services import search as service
from pipeline.services.askers import Action, Deed
from pipeline.services.case_search import pages_with_hits
from pipeline.services.kind_signs import signs_of_kind
from pipeline.services.open_case import PageView, alto_of_page, hit_boxes, open_page
from pipeline.services.page_history import citation_of
from pipeline.services.page_pictures import WIDTHS, cut_out, page_picture
from web.files import attachment
from web.room import Asked, page_number, page_url
from web.views import case

ZOOMS = (100, 150, 200, 300, 400)
"""How large a page can be shown, in percent of what fits the window."""

_MOST_BOXES = 40
# Lower ends of the five shades in which words show their confidence.
_SHADES = (0.5, 0.7, 0.85, 0.95)


@dataclass(frozen=True, slots=True)
class Run:
    """The pages of a case file that answer a query.

    ``total`` is how many there are, ``place`` which of them this page is, from 1, and 0 if it is none of them.
    ``before`` and ``after`` are those next to it.
    """

    total: int
    place: int
    before: PageRef | None
    after: PageRef | None


def page(asked: Asked) -> Response:
    """Show a page."""
    view = opened(asked)
    query, hits, with_hits = _hits(asked, view)
    asked.note(view.level, Deed.OPENED, name_of(view))
    return asked.page(
        "page.html",
        view=view,
        case=view.view.case,
        document=view.document,
        shown=view.page,
        query=query,
        hits=hits,
        run=_run(view, with_hits),
        lines=_lines(view),
        facts=[(number, fact, _is_here(view, fact)) for number, fact in enumerate(_told_once(view), 1)],
        signs=() if view.document.kind_by else signs_of_kind(asked.archive, view),
        citation=citation_of(asked.archive, view),
        base=asked.base if asked.room.is_secure else "",  # without HTTPS the port is another one each time
        widths=_widths(view.page.width),
        zoom=_zoom(asked),
        zooms=ZOOMS,
    )


def turn(asked: Asked) -> Response:
    """Lead to a page by its number in the case file."""
    view = case.opened(asked)
    number = page_number(asked.request, len(view.refs))
    if number is None:
        raise UsageError(Message("The case file has no page of that number."), Message("Look at its list of pages."))
    return RedirectResponse(page_url(view.case.id, view.refs[number - 1]), 303)


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


def _hits(asked: Asked, view: PageView) -> tuple[str, tuple[Rect, ...], list[PageRef]]:
    """Return the query of the address, where this page answers it, and which pages of the case file do."""
    query = " ".join(asked.request.query_params.get("q", "").split())
    if not query:
        return "", (), []
    asker = asked.reader.asker
    try:
        understood = service.understood(asked.archive, query, asker.scope)
        with asked.searching():
            with_hits = pages_with_hits(asked.archive, asker, view.view, understood)
    except (QueryError, IndexUnusableError, TooManyError):  # the page can be read all the same
        return "", (), []
    asked.note_search(view.view.level, view.view.case.id, query)
    return query, hit_boxes(view, understood), with_hits


def _run(view: PageView, with_hits: list[PageRef]) -> Run | None:
    """Return the place of a page among those with hits."""
    if not with_hits:
        return None
    order = {ref: place for place, ref in enumerate(view.view.refs)}
    here = order[view.ref]
    earlier = [ref for ref in with_hits if order[ref] < here]
    later = [ref for ref in with_hits if order[ref] > here]
    return Run(
        total=len(with_hits),
        place=len(earlier) + 1 if view.ref in with_hits else 0,
        before=earlier[-1] if earlier else None,
        after=later[0] if later else None,
    )


def _widths(width: int) -> list[tuple[int, int]]:
    """Return the widths of the pictures to read from: by name, and in pixels."""
    larger = [each for before, each in pairwise(WIDTHS[1:]) if before < width]
    return [(each, min(each, width)) for each in (WIDTHS[1], *larger)]


def _zoom(asked: Asked) -> int:
    given = asked.request.query_params.get("zoom", "")
    return next((each for each in ZOOMS if str(each) == given), ZOOMS[0])


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


def _told_once(view: PageView) -> list[Fact]:
    """Return the facts of the document without those that only say again what a surer one says."""
    best: dict[tuple[str, str], Fact] = {}

    def sure(fact: Fact) -> tuple[bool, float, bool]:
        return bool(fact.by), fact.confidence, _is_here(view, fact)

    for fact in view.document.facts:
        key = fact.name.value, fact.value or fact.text
        if key not in best or sure(fact) > sure(best[key]):
            best[key] = fact
    return list(best.values())


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
