"""Draws a page of a PDF that has nothing but letters and lines, by pdfium in this process: in a quarter of the time.

poppler draws all other pages. Programs draw a plain page alike, unless one of them fails with its letters: so the
drawing is taken only if there is ink wherever letters are.
"""

import ctypes
import math

import cv2
import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from pipeline.page.pdf_text import bounds, in_shares
from pipeline.page.picture import Pixels

_CONTRAST = 40
_MOST_PIXELS = 100_000_000
_BARELY = 1e-3
_BYTES_A_CHARACTER = 2


def letters_drawn(page: pdfium.PdfPage, scale: float) -> Pixels | None:
    """Return a page with only letters and lines as viewers show it, grey if it has no colour.

    Args:
        page: the page.
        scale: pixels per unit of the page's space.

    Returns:
        The picture; None if it is too large, or letters are missing in it.
    """
    width, height = (max(1, math.ceil(side * scale - _BARELY)) for side in page.get_size())
    if width * height > _MOST_PIXELS:
        return None
    bitmap = pdfium.PdfBitmap.new_native(width, height, pdfium_c.FPDFBitmap_BGR)
    bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
    flags = pdfium_c.FPDF_ANNOT | pdfium_c.FPDF_REVERSE_BYTE_ORDER
    pdfium_c.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, flags)
    pixels = bitmap.to_numpy()
    red, green, blue = cv2.split(pixels)
    if not cv2.countNonZero(cv2.absdiff(red, green)) and not cv2.countNonZero(cv2.absdiff(blue, green)):
        pixels = green
    return np.array(pixels, np.uint8) if _shows_all_letters(page, green) else None


def _shows_all_letters(page: pdfium.PdfPage, pixels: np.ndarray) -> bool:
    """Whether something is drawn wherever visible text is."""
    items = [item for item in page.get_objects() if item.type == pdfium_c.FPDF_PAGEOBJ_TEXT]
    height, width = pixels.shape
    boxes = in_shares(page, [bounds(item) for item in items]) * (width, height, width, height)
    missing = []
    for item, (left, top, right, bottom) in zip(items, boxes, strict=True):
        part = pixels[max(0, math.floor(top)) : math.ceil(bottom), max(0, math.floor(left)) : math.ceil(right)]
        if not part.size or int(part.max()) - int(part.min()) < _CONTRAST:
            missing.append(item)
    if not missing:
        return True
    text = page.get_textpage()
    return not any(_text(item, text).strip() for item in missing)


def _text(item: pdfium.PdfObject, page: pdfium.PdfTextPage) -> str:
    size = pdfium_c.FPDFTextObj_GetText(item.raw, page.raw, None, 0)
    buffer = (ctypes.c_ushort * (size // _BYTES_A_CHARACTER + 1))()
    pdfium_c.FPDFTextObj_GetText(item.raw, page.raw, buffer, size)
    return bytes(buffer)[:size].decode("utf-16-le", "replace").rstrip("\0")
