"""Reads the QR codes on a photograph, a scan or a PDF's first page, also if it leans, is noisy or in half shadow."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import zxingcpp
from PIL import Image, UnidentifiedImageError

from models.errors import ScanError
from models.scan import Kind
from pipeline.page.picture import Pixels
from pipeline.page.render import render
from pipeline.scan.opening import DAMAGE, open_picture

_DPI = 200
_MOST_PIXELS = 200_000_000
_LONG_SIDES = (2400, 1600)
_LIGHT_SIDE = 40  # pixels along a picture of nothing but its light and shade
_NOISE, _EDGE, _SHARPER = 1.2, 4.0, 4.0  # chosen with photographs of a code whose squares have some six pixels
_FORMATS = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def read_codes(file: Path, seconds: float) -> list[str]:
    """Return the texts of the codes; none if the file is not a picture or a PDF, or is damaged or far too large.

    Args:
        file: the file.
        seconds: time limit of the renderer of a PDF.
    """
    try:
        pixels = _grey(file, seconds)
    except (UnidentifiedImageError, ScanError, OSError, *DAMAGE):
        return []
    return next((codes for seen in _ways_to_look(pixels) if (codes := _codes_on(seen))), [])


def _grey(file: Path, seconds: float) -> Pixels:
    with file.open("rb") as stream:
        is_pdf = stream.read(4) == b"%PDF"
    if is_pdf:
        pixels = render(file, Kind.PDF, 1, _DPI, seconds).pixels
        return pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.uint8)
    with _opened(file) as image:
        if image.width * image.height > _MOST_PIXELS:
            return np.zeros((1, 1), np.uint8)
        return np.asarray(image.convert("L"))


def _opened(file: Path) -> Image.Image:
    try:
        return open_picture(file)
    except UnidentifiedImageError:
        return Image.open(file, formats=["TIFF"])


def _codes_on(pixels: Pixels) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(pixels, formats=_FORMATS)]


def _ways_to_look(pixels: Pixels) -> Iterator[Pixels]:
    """Yield a picture as it is, and smaller, which takes away noise; each also with even light and sharp edges."""
    longest = max(pixels.shape)
    for long_side in (longest, *(side for side in _LONG_SIDES if side < longest)):
        seen = pixels if long_side == longest else _sized(pixels, long_side / longest)
        yield seen
        light = cv2.resize(_sized(seen, _LIGHT_SIDE / long_side), seen.shape[::-1], interpolation=cv2.INTER_LINEAR)
        smooth = cv2.GaussianBlur(cv2.divide(seen, light, scale=200), (0, 0), _NOISE)
        yield cv2.addWeighted(smooth, 1 + _SHARPER, cv2.GaussianBlur(smooth, (0, 0), _EDGE), -_SHARPER, 0).astype(
            np.uint8
        )


def _sized(pixels: Pixels, factor: float) -> Pixels:
    width, height = (max(1, round(side * factor)) for side in reversed(pixels.shape))
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)
