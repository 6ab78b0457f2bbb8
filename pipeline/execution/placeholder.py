"""The placeholder for a failed page in a partial case file's documents, so that the other pages keep their places."""

import textwrap

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from models.page import Page
from pipeline.page.picture import Picture

_DPI = 150
_A4 = (1240, 1754)


def placeholder(scan: str, number: int, reason: str) -> Page:
    """Return a page without words; its notes give the reason."""
    width, height = _A4
    return Page(scan=scan, number=number, recipe="", width=width, height=height, dpi=_DPI, notes=(reason,))


def placeholder_picture(page: Page) -> Picture:
    """Return the picture of a placeholder: it shows what happened."""
    image = Image.new("L", _A4, 255)
    words = f"Page {page.number} of this scan could not be read.\n\n{page.notes[0]}\n\nThe whole scan is in "
    words += "the folder “originals” of this case file's bag."
    text = "\n".join(line for part in words.split("\n") for line in textwrap.wrap(part, 60) or [""])
    ImageDraw.Draw(image).text((150, 300), text, fill=0, font=ImageFont.load_default(28), spacing=12)
    return Picture(np.asarray(image), _DPI)
