"""Compresses the picture of a page: small enough for slow connections, with sharp edges of the writing."""

import io
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from PIL import Image

from pipeline.formats.group_4 import group_4, is_black_on_white
from pipeline.formats.jpeg import LONGEST_JPEG
from pipeline.formats.jpeg_2000 import jpeg_2000
from pipeline.formats.jpeg_of_size import jpeg_of_size
from pipeline.formats.strips import some_rows

_A4_INCHES = 210 / 25.4 * 297 / 25.4
_WITH_COLOUR = 1.3
_REFERENCE_DPI = 300
_FINEST_DPI = 180
_LOWEST_LINE = 18  # pixels: that of 8 points at 180 dots an inch
_CLEARLY_LARGER = 1.3
_FEWEST_DPI = 150
MOST_DOTS = 89_000_000
"""A page with more in black and white, such as a plan of A2 at 600 dpi, is too large for a reading room: it has to
decode all of its dots, and Pillow warns of it. A JPEG may have twice as many, which is where Pillow refuses it."""


class Original(Protocol):
    """A page whose picture is compressed.

    ``pixels`` are those of the scan, grey, ``(height, width)``, or RGB; ``dpi`` are its dots per inch; ``size`` is the
    width and height in pixels of the page as it is shown.
    """

    @property
    def pixels(self) -> np.ndarray: ...  # noqa: D102

    @property
    def dpi(self) -> float: ...  # noqa: D102

    @property
    def size(self) -> tuple[int, int]: ...  # noqa: D102

    def at(self, scale: float, *, crisp: bool = True) -> np.ndarray:
        """Return the page as it is shown, this many times as large; if it will be black and white, not crisp."""


def compressed(page: Original, quality: int, kilobytes: int, lines: Sequence[int] = ()) -> bytes:
    """Return a page's picture as TIFF (Group 4), JPEG or JPEG 2000.

    What is black on white, such as a fax, keeps all its dots (:mod:`pipeline.formats.group_4`), unless these are more
    than :data:`MOST_DOTS`. Any other page is a JPEG of the given quality. Noise of the paper makes that too large. Of
    a page at 300 dots an inch, 120 kB hold almost no detail finer than 180: so it is reduced to that, unless the lowest
    quarter of its lines would be hard to read, and becomes a JPEG as good as the size allows. If that would have
    visible blocks, it is JPEG 2000, which has none, and takes ten times as long.

    Args:
        page: the page.
        quality: of the JPEG, 1 to 100.
        kilobytes: the maximum for a grey A4 page at 300 dpi, in thousands of bytes; for other pages in proportion to
            their pixels, for colour a third more. A page in black and white has so many for its paper, however few
            its pixels are.
        lines: the heights in pixels of the lines that were read on it. A page may be smaller than its resolution
            states, and print may be small.
    """
    pixels, (width, height) = page.pixels, page.size
    allowed = 1000 * kilobytes * width * height / (_REFERENCE_DPI**2 * _A4_INCHES)
    if width * height <= MOST_DOTS and is_black_on_white(pixels):
        made = group_4(page.at(1, crisp=False))
        if len(made) <= allowed * max(1.0, _REFERENCE_DPI / max(page.dpi, _FEWEST_DPI)) ** 2:
            return made
    if pixels.ndim == 3:
        allowed *= _WITH_COLOUR
    if max(page.size) <= LONGEST_JPEG and width * height <= 2 * MOST_DOTS:
        part, share = some_rows(pixels)
        share *= pixels.shape[0] * pixels.shape[1] / (width * height)
        if len(_jpeg(part, quality, page.dpi)) <= _CLEARLY_LARGER * share * allowed:
            made = _jpeg(page.at(1), quality, page.dpi)
            if len(made) <= allowed:
                return made
    low = sorted(lines)[len(lines) // 4] if lines else _LOWEST_LINE * page.dpi / _FINEST_DPI
    shown = page.at(min(1.0, max(_FINEST_DPI / page.dpi, _LOWEST_LINE / max(1, low))))
    return jpeg_of_size(shown, allowed) or jpeg_2000(shown, allowed)


def _jpeg(pixels: np.ndarray, quality: int, dpi: float) -> bytes:
    made = io.BytesIO()
    Image.fromarray(pixels).save(made, "JPEG", quality=quality, optimize=True, dpi=(round(dpi), round(dpi)))
    return made.getvalue()
