"""Draws text in Khmer and Latin letters on a page."""

import subprocess
from functools import cache

from PIL import ImageDraw, ImageFont, features

from models.errors import ScanError
from models.failure import Code
from models.page import Line, Rect, Word

_FACE = "Khmer OS Battambang"


def draw_line(
    pen: ImageDraw.ImageDraw, text: str, place: tuple[int, int], size: int, anchor: str, grey: int = 0
) -> Line:
    """Draw a line of text, and return it with its place on the page.

    Args:
        pen: draws on the page.
        text: the text to draw.
        place: where its anchor is, in pixels.
        size: the font size in pixels per em.
        anchor: which point of the text is at the place, as Pillow names it.
        grey: the shade, 0 being black.

    Raises:
        ScanError: Khmer cannot be written on this machine.
    """
    font = ImageFont.truetype(_face(), size, layout_engine=ImageFont.Layout.RAQM)
    pen.text(place, text, fill=grey, font=font, anchor=anchor)
    box = Rect(*(round(edge) for edge in pen.textbbox(place, text, font=font, anchor=anchor)))
    words, at = [], 0.0
    for word in text.split():
        begin = font.getlength(text[: text.index(word, round(at))])
        at = text.index(word, round(at)) + len(word)
        end = font.getlength(text[: round(at)])
        rect = Rect(box.left + round(begin), box.top, box.left + round(end), box.bottom)
        words.append(Word(text=word, box=rect, confidence=1.0))
    return Line(words=tuple(words), box=box, confidence=1.0)


def text_width(text: str, size: int) -> float:
    """Return the width of a line of text in pixels.

    Raises:
        ScanError: Khmer cannot be written on this machine.
    """
    return ImageFont.truetype(_face(), size, layout_engine=ImageFont.Layout.RAQM).getlength(text)


@cache
def _face() -> str:
    """Return the file of a font with Khmer and Latin letters."""
    if not features.check("raqm"):
        raise ScanError(Code.PDF, "this machine cannot shape Khmer: install libfribidi0")
    found = subprocess.run(
        ["fc-match", "--format=%{family}\t%{file}", _FACE], capture_output=True, encoding="utf-8", check=True
    ).stdout
    family, file = found.split("\t")
    if _FACE not in family:
        raise ScanError(Code.PDF, f"the face {_FACE} is not installed: install fonts-khmeros")
    return file
