"""The words of a page as an invisible layer for its picture."""

from collections.abc import Iterator
from pathlib import Path

import pikepdf
from pikepdf import Dictionary

from models.page import Line, Page, Rect
from pipeline.archive.glyphless import ADVANCE, UNITS, add_font, codes

_POINTS_PER_INCH = 72
# OCRmyPDF takes over a font of this name.
_FONT = "F1"


def write_text_layer(page: Page, file: Path) -> None:
    """Write a one-page PDF, as large as the page, that holds its words where they stand, and nothing to be seen."""
    scale = _POINTS_PER_INCH / page.dpi
    with pikepdf.new() as pdf:
        sheet = pdf.add_blank_page(page_size=(page.width * scale, page.height * scale))
        sheet.Resources = Dictionary(Font=Dictionary({f"/{_FONT}": add_font(pdf)}))
        sheet.Contents = pdf.make_stream(_content(page, scale))
        pdf.save(file)


def _content(page: Page, scale: float) -> bytes:
    operators = ["BT 3 Tr"]
    for block in page.blocks:
        for line in block.lines:
            size = max(1, line.box.bottom - line.box.top) * scale
            operators.append(f"/{_FONT} {size:.3f} Tf")
            for text, box in _stretches(line):
                left, base = box.left * scale, (page.height - box.bottom) * scale
                operators.append(_show(text, left, base, (box.right - box.left) * scale, size))
    return "\n".join([*operators, "ET"]).encode("ascii")


def _stretches(line: Line) -> Iterator[tuple[str, Rect]]:
    """Yield the line's texts, each with the box it fills, in the order of reading and without a gap.

    A word that no space parts from the next is drawn out to it, so that no reader takes the gap between two Khmer words
    for a space; where there is a space, it fills the gap itself. All stand on the line's own base, for readers tell
    lines apart by it.
    """
    top, bottom = line.box.top, line.box.bottom
    for number, word in enumerate(line.words):
        follower = line.words[number + 1] if number + 1 < len(line.words) else None
        left, right = word.box.left, max(word.box.right, word.box.left + 1)
        if follower is None or follower.box.left <= left:
            yield word.text, Rect(left, top, right, bottom)
        elif word.space:
            right = min(right, follower.box.left - 1) if follower.box.left - 1 > left else left + 1
            yield word.text, Rect(left, top, right, bottom)
            yield " ", Rect(right, top, max(follower.box.left, right + 1), bottom)
        else:
            yield word.text, Rect(left, top, follower.box.left, bottom)


def _show(text: str, left: float, base: float, width: float, size: float) -> str:
    """Return the operators that show a text from ``left`` over ``width`` (PDF 32000-1, 9.3 and 9.4); all in points."""
    shown = codes(text)
    natural = len(shown) / 2 * size * ADVANCE / UNITS
    return f"{100 * width / natural:.3f} Tz 1 0 0 1 {left:.3f} {base:.3f} Tm <{shown.hex()}> Tj"
