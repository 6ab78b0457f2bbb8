"""Compresses the picture of a page: small enough for slow connections, with sharp edges of the writing."""

import io
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image

from pipeline.formats.jpeg import LONGEST_JPEG
from pipeline.formats.jpeg_2000 import jpeg_2000

_A4_INCHES = 210 / 25.4 * 297 / 25.4
_WITH_COLOUR = 1.3
_REFERENCE_DPI = 300
_FINEST_DPI = 180
_LOWEST_LINE = 18  # pixels: that of 8 points at 180 dots an inch


def compressed(pixels: np.ndarray, dpi: float, quality: int, kilobytes: int, lines: Sequence[int] = ()) -> bytes:
    """Return a page's picture as JPEG, or if that is too large or too long, as JPEG 2000 of the allowed size.

    Noise of the paper makes a JPEG large, and a small JPEG has visible blocks. JPEG 2000 uses its bytes for the
    strongest contrasts, which are the writing. It takes five times as long, so it is used only if the JPEG is too
    large. At such sizes almost no detail finer than 180 dots an inch is left, so the picture is first reduced to that,
    unless the lowest quarter of the page's lines would be hard to read. With 240 dots it takes twice as long, and edges
    are hardly sharper.

    Args:
        pixels: grey, ``(height, width)``, or RGB.
        dpi: dots per inch.
        quality: of the JPEG, 1 to 100.
        kilobytes: the maximum for a grey A4 page at 300 dpi, in thousands of bytes; for other pages in proportion to
            their pixels, for colour a third more.
        lines: the heights in pixels of the lines that were read on it. A page may be smaller than its resolution
            states, and print may be small.
    """
    image = Image.fromarray(pixels)
    whole = _REFERENCE_DPI**2 * _A4_INCHES
    allowed = 1000 * kilobytes * pixels.shape[0] * pixels.shape[1] / whole * (1 if pixels.ndim == 2 else _WITH_COLOUR)
    if max(pixels.shape[:2]) <= LONGEST_JPEG:
        plain = io.BytesIO()
        image.save(plain, "JPEG", quality=quality, optimize=True, dpi=(round(dpi), round(dpi)))
        if plain.tell() <= allowed:
            return plain.getvalue()
    low = sorted(lines)[len(lines) // 4] if lines else _LOWEST_LINE * dpi / _FINEST_DPI
    scale = max(_FINEST_DPI / dpi, _LOWEST_LINE / max(1, low))
    if scale < 1:
        size = [max(1, round(side * scale)) for side in image.size]
        calm = cv2.GaussianBlur(pixels, (3, 3), 0)
        image = Image.fromarray(cv2.resize(calm, size, interpolation=cv2.INTER_AREA))
    return jpeg_2000(np.asarray(image), allowed)
