"""Pages as hOCR 1.2: HTML with the place of each word, for the many programs that do not read ALTO."""

from collections.abc import Sequence

from lxml import etree

from models.page import Block, Line, Page, Rect
from pipeline.formats.alto import xml_text
from pipeline.formats.format import Format, Unit

_XHTML = "http://www.w3.org/1999/xhtml"


def hocr(title: str, pages: Sequence[Page], pictures: Sequence[str]) -> bytes:
    """Return pages as one hOCR document.

    Args:
        title: the document's title.
        pages: its pages, in order.
        pictures: the name of each page's picture, in whose pixels the boxes are measured; "" if there is none.

    Returns:
        XHTML in UTF-8.
    """
    root = etree.Element(_tag("html"), nsmap={None: _XHTML})
    head = _add(root, "head")
    _add(head, "title").text = xml_text(title)
    _add(head, "meta", charset="utf-8")
    _add(head, "meta", name="ocr-system", content="Bannasar")
    _add(head, "meta", name="ocr-capabilities", content="ocr_page ocr_carea ocr_par ocr_line ocrx_word")
    body = _add(root, "body")
    for number, (page, picture) in enumerate(zip(pages, pictures, strict=True), 1):
        name = f"page_{number}"
        about = f'image "{picture}"; ' if picture else ""
        size = Rect(0, 0, page.width, page.height)
        resolution = f"scan_res {round(page.dpi)} {round(page.dpi)}"
        properties = f"{about}{_box(size)}; ppageno {number - 1}; {resolution}"
        element = _add(body, "div", id=name, title=properties, **{"class": "ocr_page"})
        for count, block in enumerate(page.blocks, 1):
            _add_block(element, block, f"{name}_{count}")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", doctype="<!DOCTYPE html>", pretty_print=False)


def _add_block(page: etree._Element, block: Block, name: str) -> None:
    area = _add(page, "div", id=f"block_{name}", title=_box(block.box), **{"class": "ocr_carea"})
    paragraph = _add(area, "p", id=f"par_{name}", title=_box(block.box), **{"class": "ocr_par"})
    for count, line in enumerate(block.lines, 1):
        _add_line(paragraph, line, f"{name}_{count}")


def _add_line(paragraph: etree._Element, line: Line, name: str) -> None:
    element = _add(paragraph, "span", id=f"line_{name}", title=_box(line.box), **{"class": "ocr_line"})
    for count, word in enumerate(line.words, 1):
        properties = f"{_box(word.box)}; x_wconf {round(100 * word.confidence)}"
        item = _add(element, "span", id=f"word_{name}_{count}", title=properties, **{"class": "ocrx_word"})
        item.text = xml_text(word.text)
        # Khmer words are written without spaces: white space between them would be read as a space.
        item.tail = " " if word.space else None
    element.tail = "\n"


def _box(box: Rect) -> str:
    return f"bbox {box.left} {box.top} {box.right} {box.bottom}"


def _add(parent: etree._Element, tag: str, /, **attributes: str) -> etree._Element:
    element: etree._Element = etree.SubElement(parent, _tag(tag), attributes)
    return element


def _tag(name: str) -> str:
    return f"{{{_XHTML}}}{name}"


FORMAT = Format(
    name="hocr",
    ending=".hocr",
    unit=Unit.DOCUMENT,
    help="Write each document as hOCR 1.2, with the place of every word.",
    write=lambda part: hocr(part.title, part.pages, [""] * len(part.pages)),
)
