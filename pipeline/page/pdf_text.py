"""The characters of a PDF page and their places, as pdfium reports them."""

import ctypes
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray

Box = tuple[float, float, float, float]
"""Left, bottom, right and top in points."""
Shares = NDArray[np.float64]
Integers = NDArray[np.int_]

_WHOLE = 1_000_000


@dataclass(frozen=True, slots=True)
class Characters:
    """The characters of a page in the order of the text; pdfium inserts white space between them.

    ``boxes`` are left, top, right and bottom, ``(n, 4)``, in shares of the page as viewers show it; ``angles`` the
    clockwise rotation of the text in degrees, 0–359; ``sizes`` the font sizes as drawn, in points; ``objects`` the
    addresses of the text objects, 0 for an inserted character.
    """

    text: Sequence[str]
    boxes: Shares
    angles: Integers
    sizes: Shares
    objects: Integers


def bounds(item: pdfium.PdfObject) -> Box:
    """Return the place of an object on its page: pdfium gives the place of one in a form in the form's own space."""
    found: Box = item.get_bounds()
    form = item.container
    while form:
        found = form.get_matrix().on_rect(*found)
        form = form.container
    return found


def address(pointer: object) -> int:
    """Return the address in a pointer from pdfium, 0 for a null pointer."""
    return ctypes.cast(pointer, ctypes.c_void_p).value or 0  # type: ignore[arg-type]  # a ctypes pointer


def in_shares(page: pdfium.PdfPage, boxes: Sequence[Box]) -> Shares:
    """Return boxes in points as left, top, right and bottom, ``(n, 4)``, in shares of the page as viewers show it."""
    far = 1000
    x, y = ctypes.c_int(), ctypes.c_int()
    corners = []
    for at in ((0, 0), (far, 0), (0, far)):
        pdfium_c.FPDF_PageToDevice(page.raw, 0, 0, _WHOLE, _WHOLE, 0, *at, x, y)
        corners.append((x.value / _WHOLE, y.value / _WHOLE))
    origin, right, up = np.array(corners)
    axes = np.stack((right - origin, up - origin)) / far
    edges = np.array(boxes, np.float64).reshape(-1, 4)
    first, second = edges[:, 0:2] @ axes + origin, edges[:, 2:4] @ axes + origin
    return np.hstack((np.minimum(first, second), np.maximum(first, second)))


def characters_of(page: pdfium.PdfPage) -> Characters:
    """Return the characters of a page, visible or not."""
    text = page.get_textpage()
    places = range(text.count_chars())
    matrices = [_matrix(text, place) for place in places]
    # pdfium's own angle is that of slanted letters, not of their line.
    angles = np.array([round(-math.degrees(math.atan2(one.b, one.a))) for one in matrices], np.int_)
    sizes = [
        math.hypot(one.c, one.d) * pdfium_c.FPDFText_GetFontSize(text.raw, place)
        for place, one in zip(places, matrices, strict=True)
    ]
    return Characters(
        [chr(min(0xFFFD, pdfium_c.FPDFText_GetUnicode(text.raw, place))) for place in places],
        in_shares(page, [text.get_charbox(place) for place in places]),
        (angles + page.get_rotation()) % 360,
        np.array(sizes, np.float64),
        np.array([address(pdfium_c.FPDFText_GetTextObject(text.raw, place)) for place in places], np.int_),
    )


def _matrix(text: pdfium.PdfTextPage, place: int) -> pdfium_c.FS_MATRIX:
    matrix = pdfium_c.FS_MATRIX(1, 0, 0, 1, 0, 0)
    pdfium_c.FPDFText_GetMatrix(text.raw, place, matrix)
    return matrix
