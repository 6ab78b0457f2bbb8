"""Addresses for IIIF viewers: they get what a reader sees, with the same session, and nothing else.

No address may be read from the pages of another site: a viewer must be served under the name of the reading room.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse, RedirectResponse, Response

from models.errors import UsageError
from models.message import Message
from models.page import PageRef
from pipeline.services import iiif
from pipeline.services import search as service
from pipeline.services.askers import Deed
from web.room import Asked, case_url, page_number, page_url
from web.views import case, page

_LAST_PART = 1000
_NOT_ANSWERED = ("motivation", "date", "user")
_OF_PRESENTATION = "http://iiif.io/api/presentation/3/context.json"
_OF_PICTURES = "http://iiif.io/api/image/3/context.json"
_OF_SEARCHES = "http://iiif.io/api/search/2/context.json"


@dataclass(frozen=True, slots=True)
class _Places:
    """Full addresses of a case file and its pages, under the name by which the viewer reached the reading room."""

    root: str
    id: str

    def case(self) -> str:
        return self.root + case_url(self.id)

    def page(self, ref: PageRef) -> str:
        return self.root + page_url(self.id, ref)

    def pdf(self, document: int) -> str:
        return f"{self.case()}/document/{document}.pdf"


def manifest(asked: Asked) -> Response:
    """Send the manifest of a case file (Presentation API 3.0)."""
    view = case.opened(asked)
    asked.note(view.level, Deed.OPENED, view.case.id)
    return _json(iiif.manifest(view, _places(asked)), _OF_PRESENTATION)


def text(asked: Asked) -> Response:
    """Send the text of a page as annotations."""
    view = page.opened(asked)
    asked.note(view.level, Deed.OPENED, page.name_of(view))
    return _json(iiif.text(view, _places(asked)), _OF_PRESENTATION)


def picture(asked: Asked) -> Response:
    """Lead from the address of a picture to what there is to know about it."""
    page.opened(asked)
    return RedirectResponse(f"{asked.request.url.path}/info.json", 303)


def picture_info(asked: Asked) -> Response:
    """Send the sizes of a page's picture (Image API 3.0, level 0)."""
    view = page.opened(asked)
    asked.note_look(view.level, page.name_of(view))
    return _json(iiif.picture_info(asked.archive, view, _places(asked)), _OF_PICTURES)


def sized_picture(asked: Asked) -> Response:
    """Send a page's picture in one of its sizes."""
    view = page.opened(asked)
    asked.note_look(view.level, page.name_of(view))
    return page.image(asked, view, iiif.sized_picture(asked.archive, view, asked.request.path_params["size"]))


def hits(asked: Asked) -> Response:
    """Send where a case file answers a query (Content Search API 2.0)."""
    view = case.opened(asked)
    given = asked.request.query_params
    words = " ".join(given.get("q", "").split())
    part = page_number(asked.request, _LAST_PART)
    if not words or part is None:
        raise UsageError(
            Message("Nothing was searched for."), Message("Search first, then take the table of the hits.")
        )
    asker = asked.reader.asker
    query = service.understood(asked.archive, words, asker.scope)
    asked.note(view.level, Deed.SEARCHED, view.case.id, words)
    ignored = [name for name in _NOT_ANSWERED if name in given]
    with asked.searching():
        found = iiif.hits(asked.archive, asker, view, iiif.Sought(words, query, part, ignored), _places(asked))
    return _json(found, _OF_SEARCHES)


def _places(asked: Asked) -> _Places:
    # The guard has checked the name. Behind a proxy the browser sees HTTPS where we see HTTP.
    return _Places(asked.base, asked.request.path_params["case"])


def _json(content: Mapping[str, Any], context: str) -> Response:
    return JSONResponse(content, media_type=f'application/ld+json;profile="{context}"')
