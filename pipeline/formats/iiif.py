"""A case file for IIIF viewers (Presentation API 3.0): its pages as pictures, the text as annotations.

The result is only files: any web server can serve them, under the address they were made for.
"""

from collections.abc import Sequence
from typing import Any

from models.case import CaseFile
from models.page import Line, Page
from pipeline.formats.compress import LONGEST_JPEG

_CONTEXT = "http://iiif.io/api/presentation/3/context.json"

Json = dict[str, Any]


def manifest(case: CaseFile, pages: Sequence[Page], base: str) -> Json:
    """Return the manifest of a case file.

    Args:
        case: the case file.
        pages: its pages, in the order of its documents.
        base: the address of the folder, without a slash at its end; ``picture_name`` and ``text_name`` name the
            files in it.
    """
    places = {(page.scan, page.number): number for number, page in enumerate(pages, 1)}
    return {
        "@context": _CONTEXT,
        "id": f"{base}/manifest.json",
        "type": "Manifest",
        "label": _label(case.title),
        "metadata": [
            {"label": _label("Case file"), "value": _label(case.id)},
            {"label": _label("Box"), "value": _label(case.box)},
        ],
        "items": [_canvas(page, number, base) for number, page in enumerate(pages, 1)],
        "structures": [
            {
                "id": f"{base}/document/{document.number}",
                "type": "Range",
                "label": _label(document.title),
                "items": [
                    {"id": _canvas_id(base, places[ref.scan, ref.number]), "type": "Canvas"} for ref in document.pages
                ],
            }
            for document in case.documents
        ],
    }


def text_of(page: Page, number: int, base: str) -> Json:
    """Return the text of a page, one annotation for each line; ``number`` counts the case file's pages from 1."""
    lines = [line for block in page.blocks for line in block.lines]
    return {
        "@context": _CONTEXT,
        "id": f"{base}/{text_name(number)}",
        "type": "AnnotationPage",
        "items": [_annotation(line, f"{base}/line/{number}/{count}", base, number) for count, line in enumerate(lines)],
    }


def picture_name(number: int) -> str:
    """Return the name of a page's picture, relative to the address."""
    return f"pages/{number:06}.jpg"


def picture_size(page: Page) -> tuple[int, int]:
    """Return width and height in pixels of a page's picture: the page's, reduced if a JPEG cannot be that large."""
    scale = min(1.0, LONGEST_JPEG / max(page.width, page.height))
    return max(1, round(page.width * scale)), max(1, round(page.height * scale))


def text_name(number: int) -> str:
    """Return the name of the file with a page's text, relative to the address."""
    return f"text/{number:06}.json"


def _canvas(page: Page, number: int, base: str) -> Json:
    canvas = _canvas_id(base, number)
    size = {"width": page.width, "height": page.height}
    width, height = picture_size(page)
    picture: Json = {"id": f"{base}/{picture_name(number)}", "type": "Image", "format": "image/jpeg"}
    picture |= {"width": width, "height": height}
    painting = {
        "id": f"{canvas}/picture",
        "type": "Annotation",
        "motivation": "painting",
        "body": picture,
        "target": canvas,
    }
    made: Json = {
        "id": canvas,
        "type": "Canvas",
        "label": _label(str(number)),
        **size,
        "items": [{"id": f"{canvas}/pictures", "type": "AnnotationPage", "items": [painting]}],
    }
    if page.blocks:
        made["annotations"] = [{"id": f"{base}/{text_name(number)}", "type": "AnnotationPage"}]
    return made


def _annotation(line: Line, name: str, base: str, number: int) -> Json:
    text = "".join(word.text + " " * word.space for word in line.words).strip()
    box = line.box
    place = f"{box.left},{box.top},{box.right - box.left},{box.bottom - box.top}"
    return {
        "id": name,
        "type": "Annotation",
        "motivation": "supplementing",
        "body": {"type": "TextualBody", "value": text, "format": "text/plain"},
        "target": f"{_canvas_id(base, number)}#xywh={place}",
    }


def _canvas_id(base: str, number: int) -> str:
    return f"{base}/canvas/{number}"


def _label(text: str) -> dict[str, list[str]]:
    return {"none": [text]}
