"""Case files for IIIF viewers that ask the reading room: manifest, pictures, text, searches, all in a scope."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from models.errors import UsageError
from models.message import Message
from models.page import Outline, Page, PageRef, Rect
from pipeline.access.asker import Asker
from pipeline.archive.archive import Archive
from pipeline.archive.bag import read_outlines
from pipeline.formats import iiif
from pipeline.index.query import Query
from pipeline.services.case_search import pages_with_hits
from pipeline.services.open_case import CaseView, PageView, hit_boxes, page_of
from pipeline.services.page_pictures import WIDTHS, page_picture, picture_sizes

_AT_ONCE = 20  # pages with hits in one part of an answer
_SIZE = re.compile(r"([1-9]\d{0,4}),([1-9]\d{0,4})")

Json = dict[str, Any]


class Places(Protocol):
    """Where the reading room shows things: full addresses."""

    def case(self) -> str:
        """Return the address of the case file."""

    def page(self, ref: PageRef) -> str:
        """Return the address of a page."""

    def pdf(self, document: int) -> str:
        """Return the address of a document's PDF."""


@dataclass(frozen=True, slots=True)
class _Served:
    """The addresses of the parts of a manifest: each is below that of the thing itself."""

    places: Places

    @property
    def manifest(self) -> str:
        return f"{self.places.case()}/iiif/manifest.json"

    @property
    def search(self) -> str:
        return f"{self.places.case()}/iiif/search"

    def document(self, number: int) -> str:
        return f"{self.places.case()}/iiif/document/{number}"

    def canvas(self, ref: PageRef, number: int = 0) -> str:
        del number  # a page keeps its address, whatever else of its case file is in sight
        return f"{self.places.page(ref)}/canvas"

    def text(self, ref: PageRef, number: int = 0) -> str:
        del number
        return f"{self.places.page(ref)}/text.json"

    def line(self, ref: PageRef, number: int, count: int) -> str:
        del number
        return f"{self.places.page(ref)}/line/{count}"

    def image(self, ref: PageRef) -> str:
        return f"{self.places.page(ref)}/image"

    def picture(self, page: Outline, number: int) -> Json:
        del number
        address = self.image(PageRef(scan=page.scan, number=page.number))
        service = {"id": address, "type": "ImageService3", "profile": "level0"}
        return {"id": f"{address}/full/max/0/default.jpg", "service": [service]}


@dataclass(frozen=True, slots=True)
class Sought:
    """A search within a case file: the words as typed, what they mean, which part of the answer is wanted, from 1.

    ``ignored`` is what else was asked for, and gets no answer.
    """

    words: str
    query: Query
    part: int = 1
    ignored: Sequence[str] = ()


def manifest(view: CaseView, places: Places) -> Json:
    """Return the manifest of what is in sight of a case file; raises BagError if a page cannot be read."""
    served = _Served(places)
    pages = read_outlines(view.bag, view.record, view.refs)
    more = {
        "homepage": [
            {"id": places.case(), "type": "Text", "label": {"none": [view.case.title]}, "format": "text/html"}
        ],
        "rendering": [
            {
                "id": places.pdf(document.number),
                "type": "Text",
                "label": {"none": [document.title]},
                "format": "application/pdf",
            }
            for document in view.case.documents
        ],
        "service": [{"id": served.search, "type": "SearchService2"}],
    }
    return iiif.manifest(view.case, pages, served, more)


def text(page: PageView, places: Places) -> Json:
    """Return the text of a page as annotations, one for each line."""
    return iiif.text_of(page.page, 0, _Served(places))


def picture_info(archive: Archive, page: PageView, places: Places) -> Json:
    """Return in which sizes a page is shown; raises as :func:`sized_picture`."""
    return iiif.picture_info(_Served(places).image(page.ref), picture_sizes(archive, page))


def sized_picture(archive: Archive, page: PageView, size: str) -> bytes:
    """Return a page as a JPEG of a size: ``max``, or width and height as in :func:`picture_info`.

    Raises:
        UsageError: there is no such size.
        ScanError: the page cannot be drawn.
        OSError: the bag cannot be read.
    """
    if size == "max":
        return page_picture(archive, page, WIDTHS[-1])
    given = _SIZE.fullmatch(size)
    wanted = (int(given[1]), int(given[2])) if given else None
    sizes = picture_sizes(archive, page)
    if wanted not in sizes:
        raise UsageError(Message("There is no picture of that size."), Message("info.json lists the sizes."))
    return page_picture(archive, page, WIDTHS[-1] if wanted == sizes[-1] else wanted[0])


def hits(archive: Archive, asker: Asker, view: CaseView, sought: Sought, places: Places) -> Json:
    """Return where a case file answers a query, as annotations.

    Args:
        archive: the archive.
        asker: who asks.
        view: the case file, as far as the asker may see it.
        sought: what is asked for.
        places: where the reading room shows things.

    Raises:
        IndexUnusableError: the index cannot be used.
        BagError: a page cannot be read.
    """
    served = _Served(places)
    refs = pages_with_hits(archive, asker, view, sought.query)
    end = sought.part * _AT_ONCE

    def address(part: int) -> str:
        return f"{served.search}?{urlencode({'q': sought.words, **({'page': part} if part > 1 else {})})}"

    found: list[tuple[Page, str, tuple[Rect, ...]]] = []
    for ref in refs[end - _AT_ONCE : end]:
        page = page_of(view, ref.scan, ref.number)
        found.append((page.page, served.canvas(ref), hit_boxes(page, sought.query)))
    following = address(sought.part + 1) if end < len(refs) else ""
    return iiif.hits_of(address(sought.part), found, following, sought.ignored)
