"""A case file for IIIF viewers (Presentation API 3.0): its pages as pictures, the text as annotations.

Where each part has its address depends on who serves it: files of any web server (:class:`Files`), or the reading room.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from models.case import CaseFile
from models.page import Outline, Page, PageRef, Rect, joined
from pipeline.formats.jpeg import LONGEST_JPEG

_CONTEXT = "http://iiif.io/api/presentation/3/context.json"
_OF_PICTURES = "http://iiif.io/api/image/3/context.json"
_OF_SEARCHES = "http://iiif.io/api/search/2/context.json"

Json = dict[str, Any]


class Addresses(Protocol):
    """The addresses of the parts of a manifest; ``number`` counts the case file's pages from 1."""

    @property
    def manifest(self) -> str:
        """That of the manifest."""

    def document(self, number: int) -> str:
        """Return the id of a document."""

    def canvas(self, ref: PageRef, number: int) -> str:
        """Return the id of a page."""

    def text(self, ref: PageRef, number: int) -> str:
        """Return the address of a page's text."""

    def line(self, ref: PageRef, number: int, count: int) -> str:
        """Return the id of a line of a page, counted from 0."""

    def picture(self, page: Outline, number: int) -> Json:
        """Return the address of a page's picture, and what else a viewer should know about it."""


@dataclass(frozen=True, slots=True)
class Files:
    """The addresses of files in a folder that a web server serves at ``base``, without a slash at its end."""

    base: str

    @property
    def manifest(self) -> str:
        """That of the manifest."""
        return f"{self.base}/manifest.json"

    def document(self, number: int) -> str:
        """Return the id of a document."""
        return f"{self.base}/document/{number}"

    def canvas(self, ref: PageRef, number: int) -> str:
        """Return the id of a page."""
        del ref
        return f"{self.base}/canvas/{number}"

    def text(self, ref: PageRef, number: int) -> str:
        """Return the address of a page's text."""
        del ref
        return f"{self.base}/{text_name(number)}"

    def line(self, ref: PageRef, number: int, count: int) -> str:
        """Return the id of a line of a page."""
        del ref
        return f"{self.base}/line/{number}/{count}"

    def picture(self, page: Outline, number: int) -> Json:
        """Return the address and the size of a page's picture."""
        width, height = picture_size(page)
        return {"id": f"{self.base}/{picture_name(number)}", "width": width, "height": height}


def manifest(
    case: CaseFile, pages: Sequence[Outline], addresses: Addresses, more: Mapping[str, Any] | None = None
) -> Json:
    """Return the manifest of a case file.

    Args:
        case: the case file.
        pages: its pages, in the order of its documents.
        addresses: the addresses of its parts.
        more: what else the manifest says, such as the service that searches it.
    """
    places = {(page.scan, page.number): number for number, page in enumerate(pages, 1)}
    return {
        "@context": _CONTEXT,
        "id": addresses.manifest,
        "type": "Manifest",
        "label": _label(case.title),
        "metadata": [
            {"label": _label("Case file"), "value": _label(case.id)},
            {"label": _label("Box"), "value": _label(case.box)},
        ],
        **(more or {}),
        "items": [_canvas(page, number, addresses) for number, page in enumerate(pages, 1)],
        "structures": [
            {
                "id": addresses.document(document.number),
                "type": "Range",
                "label": _label(document.title),
                "items": [
                    {"id": addresses.canvas(ref, places[ref.scan, ref.number]), "type": "Canvas"}
                    for ref in document.pages
                ],
            }
            for document in case.documents
        ],
    }


def text_of(page: Page, number: int, addresses: Addresses) -> Json:
    """Return the text of a page, one annotation for each line; ``number`` counts the case file's pages from 1."""
    ref = _ref(page)
    canvas = addresses.canvas(ref, number)
    lines = [line for block in page.blocks for line in block.lines]
    return {
        "@context": _CONTEXT,
        "id": addresses.text(ref, number),
        "type": "AnnotationPage",
        "items": [
            _annotation(addresses.line(ref, number, count), joined(line.words), canvas, line.box)
            for count, line in enumerate(lines)
        ],
    }


def picture_info(address: str, sizes: Sequence[tuple[int, int]]) -> Json:
    """Return what a viewer must know about a picture that is served whole in some sizes (Image API 3.0, level 0).

    Args:
        address: that of the picture, without what comes after it.
        sizes: width and height of each, the largest last.
    """
    listed = [{"width": width, "height": height} for width, height in sizes]
    return {
        "@context": _OF_PICTURES,
        "id": address,
        "type": "ImageService3",
        "protocol": "http://iiif.io/api/image",
        "profile": "level0",
        **listed[-1],
        "sizes": listed,
    }


def hits_of(
    address: str, hits: Iterable[tuple[Page, str, Sequence[Rect]]], following: str, ignored: Sequence[str]
) -> Json:
    """Return the answer to a search within a manifest (Content Search API 2.0): an annotation for each hit.

    Args:
        address: that of this part of the answer.
        hits: pages, the id of each, and the places of the hits on it.
        following: the address of the next part; "" if there is none.
        ignored: what the viewer asked for and gets no answer to.
    """
    return {
        "@context": _OF_SEARCHES,
        "id": address,
        "type": "AnnotationPage",
        **({"ignored": list(ignored)} if ignored else {}),
        **({"next": {"id": following, "type": "AnnotationPage"}} if following else {}),
        "items": [
            _annotation(f"{canvas}/hit/{count}", _text_in(page, box), canvas, box)
            for page, canvas, boxes in hits
            for count, box in enumerate(boxes)
        ],
    }


def picture_name(number: int) -> str:
    """Return the name of a page's picture, relative to the address."""
    return f"pages/{number:06}.jpg"


def picture_size(page: Page | Outline) -> tuple[int, int]:
    """Return width and height in pixels of a page's picture: the page's, reduced if a JPEG cannot be that large."""
    scale = min(1.0, LONGEST_JPEG / max(page.width, page.height))
    return max(1, round(page.width * scale)), max(1, round(page.height * scale))


def text_name(number: int) -> str:
    """Return the name of the file with a page's text, relative to the address."""
    return f"text/{number:06}.json"


def _canvas(page: Outline, number: int, addresses: Addresses) -> Json:
    ref = _ref(page)
    canvas = addresses.canvas(ref, number)
    painting = {
        "id": f"{canvas}/picture",
        "type": "Annotation",
        "motivation": "painting",
        "body": {"type": "Image", "format": "image/jpeg", **addresses.picture(page, number)},
        "target": canvas,
    }
    made: Json = {
        "id": canvas,
        "type": "Canvas",
        "label": _label(str(number)),
        "width": page.width,
        "height": page.height,
        "items": [{"id": f"{canvas}/pictures", "type": "AnnotationPage", "items": [painting]}],
    }
    if page.has_text:
        made["annotations"] = [{"id": addresses.text(ref, number), "type": "AnnotationPage"}]
    return made


def _annotation(name: str, text: str, canvas: str, box: Rect) -> Json:
    place = f"{box.left},{box.top},{box.right - box.left},{box.bottom - box.top}"
    return {
        "id": name,
        "type": "Annotation",
        "motivation": "supplementing",
        "body": {"type": "TextualBody", "value": text, "format": "text/plain"},
        "target": f"{canvas}#xywh={place}",
    }


def _text_in(page: Page, box: Rect) -> str:
    """Return the words whose middle is in a box."""
    words = (word for block in page.blocks for line in block.lines for word in line.words)
    return joined(word for word in words if _has_middle(box, word.box))


def _has_middle(box: Rect, of: Rect) -> bool:
    return box.left <= (of.left + of.right) / 2 <= box.right and box.top <= (of.top + of.bottom) / 2 <= box.bottom


def _ref(page: Page | Outline) -> PageRef:
    return PageRef(scan=page.scan, number=page.number)


def _label(text: str) -> dict[str, list[str]]:
    return {"none": [text]}
