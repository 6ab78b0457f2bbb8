"""The words of a page as an invisible text layer for its picture."""

import math
from collections.abc import Iterator
from itertools import pairwise

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from models.page import Line, Page
from pipeline.formats.glyphless import UNITS, add_font, add_lower_font, codes
from pipeline.formats.glyphless import width as natural_width

POINTS_PER_INCH = 72
# The shortest and longest side of a PDF's page, in points (PDF 32000-1, Annex C; ISO 19005-2, 6.1.13).
_SHORTEST = 3.0
_LONGEST = 14_400.0
# If a line's font size is more than its height, its letters are made lower, in twentieths of the font size.
_PARTS = 20
# poppler uses gaps, in multiples of the font size: below 0.03 it sees no space, from 0.7 on another column.
_NARROWEST_SPACE = 0.05
_WIDEST_SPACE = 0.6
# The largest font size for the sake of wide spaces, in multiples of the line's height; a wider space is a tab.
_MOST_ENLARGED = 2.5
# The longest string in bytes (ISO 19005-2, 6.1.13), rounded to whole codes. A word without a space may be longer.
_LONGEST_STRING = 32_766


class Fonts:
    """The fonts of a document's words: one for each height of letters, which all of its pages share."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        """Begin with none."""
        self._pdf = pdf
        self._fonts: dict[int, pikepdf.Object] = {}

    def of(self, parts: int) -> pikepdf.Object:
        """Return the font whose letters are so many twentieths of its size high."""
        if parts not in self._fonts:
            lower = parts != _PARTS
            font = add_lower_font(self._pdf, self.of(_PARTS), UNITS * parts // _PARTS) if lower else add_font(self._pdf)
            self._fonts[parts] = font
        return self._fonts[parts]


def add_words(pdf: pikepdf.Pdf, sheet: pikepdf.Page, page: Page, fonts: Fonts, *, upright: bool = True) -> None:
    """Add the words of a page to a page of a PDF, in their places, invisible.

    Args:
        pdf: the PDF.
        sheet: the page of the PDF, as large as :func:`page_size` says.
        page: the page with the words.
        fonts: those of the PDF.
        upright: whether the words are upright, or placed as in the scan.
    """
    needed = sorted({_parts(line) for block in page.blocks for line in block.lines})
    if needed:
        words = Stream(
            pdf,
            _content(page, upright=upright),
            Type=Name.XObject,
            Subtype=Name.Form,
            BBox=Array([0, 0, *page_size(page, upright=upright)]),
            Resources=Dictionary(Font=Dictionary({f"/{_font_name(one)}": fonts.of(one) for one in needed})),
        )
        # PDFium would put the lines of two columns side by side, if the words were not within a form.
        name = sheet.add_resource(words, Name.XObject)
        sheet.contents_add(f"{name} Do".encode(), prepend=True)


def page_size(page: Page, *, upright: bool) -> tuple[float, float]:
    """Return width and height in points of a page, upright or as in the scan, within the limits of a PDF.

    A page that is too long is made smaller, and a page that is too small larger, with the same proportions. If a page
    is so long and narrow that both limits cannot be met, its short side is stretched to the allowed minimum.
    """
    width, height = _natural_size(page, upright=upright)
    scale = max(1.0, _SHORTEST / max(min(width, height), _SHORTEST / _LONGEST))
    scale = min(scale, _LONGEST / max(width, height))
    return _within(width * scale), _within(height * scale)


def _natural_size(page: Page, *, upright: bool) -> tuple[float, float]:
    """Return width and height in points of a page at the size of the paper."""
    width, height, _ = (page.width, page.height, 0) if upright else _back_to_scan(page)
    return width * POINTS_PER_INCH / page.dpi, height * POINTS_PER_INCH / page.dpi


def _within(side: float) -> float:
    return min(max(side, _SHORTEST), _LONGEST)


def _back_to_scan(page: Page) -> tuple[float, float, float]:
    """Return the measures that undo how a page was turned upright (``pipeline.page.upright``).

    Returns:
        Width and height of the original picture in pixels, and the anticlockwise angle in degrees by which to rotate
        the upright picture about its centre so that it matches the original.
    """
    angle = math.radians(abs(page.skew))
    # The canvas became as large as the turned picture: w·cos + h·sin by w·sin + h·cos.
    stretch = math.cos(2 * angle)
    before = (
        (page.width * math.cos(angle) - page.height * math.sin(angle)) / stretch,
        (page.height * math.cos(angle) - page.width * math.sin(angle)) / stretch,
    )
    width, height = (max(1.0, side) for side in (before[::-1] if page.turn in {90, 270} else before))
    return width, height, page.turn - page.skew


def _as_scanned(page: Page, scale: float) -> bytes:
    """Return the matrix from the upright page to the page in the scan, both in points, the origin at the lower left."""
    width, height, degrees = _back_to_scan(page)
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    middle = page.width / 2, page.height / 2
    right = (width / 2 - cosine * middle[0] + sine * middle[1]) * scale
    up = (height / 2 - sine * middle[0] - cosine * middle[1]) * scale
    return b"%.6f %.6f %.6f %.6f %.3f %.3f" % (cosine, sine, -sine, cosine, right, up)


def _content(page: Page, *, upright: bool) -> bytes:
    scale = POINTS_PER_INCH / page.dpi
    operators = ["BT 3 Tr"]
    for block in page.blocks:
        for line in block.lines:
            size, parts = _font_size(line), _parts(line)
            # All words are on one baseline, because PDF readers find the lines by it.
            base = page.height - (line.box.top + line.box.bottom + size * parts / _PARTS) / 2
            operators.append(f"/{_font_name(parts)} {size * scale:.3f} Tf")
            for text, left, right in _stretches(line, _NARROWEST_SPACE * size):
                operators.append(_show(text, left * scale, base * scale, (right - left) * scale, size * scale))
    content = "\n".join([*operators, "ET"]).encode("ascii")
    if not upright:
        content = b"q %s cm\n%s\nQ" % (_as_scanned(page, scale), content)
    shown, natural = page_size(page, upright=upright), _natural_size(page, upright=upright)
    if shown == natural:
        return content
    return b"q %.9f 0 0 %.9f 0 0 cm\n%s\nQ" % (shown[0] / natural[0], shown[1] / natural[1], content)


def _parts(line: Line) -> int:
    """Return the height of a line's letters, in twentieths of its font size."""
    return max(1, round(_PARTS * (line.box.bottom - line.box.top) / _font_size(line)))


def _font_name(parts: int) -> str:
    return f"F{parts}"


def _font_size(line: Line) -> float:
    """Return the font size of a line in pixels: its height, or more if wide spaces would split it.

    The box of a line is as high as its ink; for typewritten capitals that is less than the width of their spaces.
    """
    height = max(1, line.box.bottom - line.box.top)
    spaces = (after.box.left - word.box.right for word, after in pairwise(line.words) if word.space)
    sizes = (space / _WIDEST_SPACE for space in spaces)
    return max([height, *(size for size in sizes if size <= _MOST_ENLARGED * height)])


def _stretches(line: Line, narrowest: float) -> Iterator[tuple[str, float, float]]:
    """Yield the line's texts, each with its left and right edges in pixels, in reading order.

    A word without a space after it is stretched to the next word, so that no PDF reader treats the gap between two
    Khmer words as a space. A space fills its gap; if the gap is less than ``narrowest``, the word before it is made
    shorter.
    """
    words = [word for word in line.words if word.text]
    for number, word in enumerate(words):
        follower = words[number + 1] if number + 1 < len(words) else None
        left, right = float(word.box.left), float(max(word.box.right, word.box.left + 1))
        if follower is None:
            yield word.text, left, right
            continue
        onwards = follower.box.left > left
        if not word.space:
            yield word.text, left, follower.box.left if onwards else right
            continue
        if onwards:
            right = max(min(right, follower.box.left - narrowest), left + 1)
        yield word.text, left, right
        yield " ", right, max(follower.box.left, right + narrowest) if onwards else right + narrowest


def _show(text: str, left: float, base: float, width: float, size: float) -> str:
    """Return the operators that show a text from ``left``, ``width`` wide (PDF 32000-1, 9.3 and 9.4), in points."""
    shown = codes(text)
    pieces = (shown[begin : begin + _LONGEST_STRING] for begin in range(0, len(shown), _LONGEST_STRING))
    strings = " ".join(f"<{piece.hex()}> Tj" for piece in pieces)
    return f"{100 * width / (natural_width(text) * size):.3f} Tz 1 0 0 1 {left:.3f} {base:.3f} Tm {strings}"
