"""One page of a PDF as a picture: with its own pixels if it is one whole picture, otherwise drawn."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from pipeline.page.pdf_draw import drawn, drawn_by_pdfium, marks
from pipeline.page.pdf_layout import Layout, layout, pdfium_page
from pipeline.page.pdf_letters import letters_drawn
from pipeline.page.pdf_plain import has_annotations
from pipeline.page.picture import Picture, Pixels
from pipeline.page.scanned import grey_or_rgb

_PLAIN = "q Q cm Do BT ET Tf Td TD Tm T* Tj TJ Tr Tz Tc Tw TL Ts g G rg RG w BMC BDC EMC"
"""Operators that hide nothing of a picture: they only place it, and invisible text (ISO 32000-2, annex A)."""

_INVISIBLE = 3
_COARSE_LONG = 877
"""Pixels along a page at which hidden or added parts are found: 75 dots per inch of A4."""

_LONG = 1500
"""Pixels along a picture that is compared unscaled: with a factor near 1, each program would smooth it differently."""

_BARELY = 1 - 1e-4
"""pdfium rounds a picture's edges outwards: an edge beyond the last pixel would stretch the picture by a pixel."""

_NEAR = 5
"""Pixels by which two drawings of one thing may differ in its place, because programs round it."""

_DIFFERENT = 12
"""In grey levels: programs reduce pictures slightly differently; a missing name in small print is three times this."""


def pdf_page(file: Path, number: int, dpi: int, seconds: float) -> Picture:
    """Return one page of a PDF.

    Args:
        file: the PDF.
        number: the page, from 1.
        dpi: resolution for pages that are not one picture, in dots per inch.
        seconds: time limit of the renderer.

    Raises:
        ScanError: the page cannot be rendered (it is damaged, or takes too long).
    """
    with pdfium_page(file, number) as opened:
        page = layout(opened, file, number)
        scale, true_dpi = page.resolutions(dpi)
        if page.plain and (letters := letters_drawn(opened, scale * page.unit)) is not None:
            return Picture(letters, true_dpi)
    own = _own_pixels(file, number) if page.uncut and not page.layered else None
    if own and own.plain:
        return Picture(own.turned(), true_dpi)
    by_pdfium = None
    if own:
        # A picture's own pixels include parts that are clipped, masked, painted over or switched off.
        by_pdfium = _coarse_by_pdfium(file, number, own)
        if _is_same(_laid(own, page, by_pdfium.shape), by_pdfium):
            return Picture(own.turned(), true_dpi)
    scale *= page.unit
    pixels = drawn(file, number, scale, seconds, layered=page.layered)
    if own and by_pdfium is not None:
        # If two programs show different things, what one of them hides is not shown.
        height, width = by_pdfium.shape
        by_poppler = _grey_of_size(np.rot90(pixels, own.turn // 90), width, height)
        if _has_more(by_poppler, by_pdfium) and not _has_more(by_pdfium, by_poppler) and marks(by_pdfium):
            pixels = drawn_by_pdfium(file, number, scale)
    return Picture(pixels, true_dpi)


@dataclass(frozen=True, slots=True)
class _Own:
    """The pixels of a page's one picture, and the clockwise degrees by which the page turns it.

    ``plain``: nothing on the page could hide a part of it.
    """

    pixels: Pixels
    turn: int
    plain: bool

    def turned(self) -> Pixels:
        return np.ascontiguousarray(np.rot90(self.pixels, -self.turn // 90))


def _own_pixels(file: Path, number: int) -> _Own | None:
    """Return the page's one picture with its own pixels, None if the page needs a renderer."""
    try:
        with pikepdf.open(file, suppress_warnings=True) as pdf:
            page = pdf.pages[number - 1]
            if has_annotations(page):
                return None
            images = list(page.get_images().values())
            if len(images) != 1 or any(key in images[0] for key in ("/SMask", "/Mask", "/Decode", "/ImageMask")):
                return None
            picture = pikepdf.PdfImage(images[0])  # type: ignore[arg-type]  # an image is a stream
            if picture.colorspace not in {"/DeviceGray", "/DeviceRGB"} or picture.bits_per_component != 8:
                return None
            turn = int(page.obj.get("/Rotate", 0))
            # Only quarter turns count (ISO 32000-2, table 31).
            turn = turn % 360 if turn % 90 == 0 else 0
            plain = "/SMaskInData" not in images[0] and not picture.indexed and _is_plain(page)
            return _Own(grey_or_rgb(picture.as_pil_image()), turn, plain)
    except (pikepdf.PikepdfError, NotImplementedError, ValueError, TypeError, AttributeError, OSError):
        return None  # the renderer decides whether the page is damaged


def _is_plain(page: pikepdf.Page) -> bool:
    """Whether a page only places a picture and invisible text."""
    if page.obj.get("/Annots") or "/ColorSpace" in page.resources:
        return False
    plain = _PLAIN.split()
    for each in pikepdf.parse_content_stream(page):
        operator = str(each.operator)
        # Text may also be used to clip a picture.
        if operator not in plain or (operator == "Tr" and each.operands[0] != _INVISIBLE):
            return False
    return True


def _coarse_by_pdfium(file: Path, number: int, own: _Own) -> Pixels:
    """Return a page in grey, not turned, as pdfium draws it: in the size of its one picture, or coarser if large."""
    height, width = own.pixels.shape[:2]
    factor = _COARSE_LONG / max(height, width) if max(height, width) > _LONG else 1.0
    size = max(1, round(width * factor)), max(1, round(height * factor))
    with pdfium_page(file, number) as page:
        page.set_rotation(0)
        bitmap = pdfium.PdfBitmap.new_native(*size, pdfium_c.FPDFBitmap_Gray)
        bitmap.fill_rect((255, 255, 255, 255), 0, 0, *size)
        across, down = (_BARELY * pixels / points for pixels, points in zip(size, page.get_size(), strict=True))
        matrix, edges = pdfium_c.FS_MATRIX(across, 0, 0, down, 0, 0), pdfium_c.FS_RECTF(0, 0, *size)
        flags = pdfium_c.FPDF_ANNOT | pdfium_c.FPDF_GRAYSCALE
        pdfium_c.FPDF_RenderPageBitmapWithMatrix(bitmap, page, matrix, edges, flags)
        return np.asarray(bitmap.to_pil())


def _laid(own: _Own, page: Layout, shape: tuple[int, ...]) -> Pixels:
    """Return the page's one picture in grey as it would be shown alone, in its place on the page."""
    height, width = own.pixels.shape[:2]
    left, top, right, bottom = page.whole or (0.0, 0.0, 1.0, 1.0)
    across, down = width / (right - left), height / (bottom - top)
    above, below = round(top * down), round((1 - bottom) * down)
    before, after = round(left * across), round((1 - right) * across)
    inside = own.pixels[max(0, -above) : height - max(0, -below), max(0, -before) : width - max(0, -after)]
    above, below, before, after = (max(0, edge) for edge in (above, below, before, after))
    white = (255, 255, 255)
    laid = cv2.copyMakeBorder(inside, above, below, before, after, cv2.BORDER_CONSTANT, value=white)
    return _grey_of_size(np.asarray(laid, np.uint8), shape[1], shape[0])


def _grey_of_size(pixels: Pixels, width: int, height: int) -> Pixels:
    plain = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(plain, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _is_same(one: Pixels, other: Pixels) -> bool:
    """Whether two drawings, coarse and grey, show the same, dark on light as well as light on dark."""
    ways = ((one, other), (other, one), (~one, ~other), (~other, ~one))
    return not any(_has_more(first, second) for first, second in ways)


def _has_more(one: Pixels, other: Pixels) -> bool:
    """Whether a drawing shows something dark that another does not: a place darker than everything near it there."""
    near = np.ones((_NEAR, _NEAR), np.uint8)
    missing = cv2.subtract(cv2.erode(cv2.blur(other, (3, 3)), near), cv2.blur(one, (3, 3)))
    # At the edge, programs differ in how much of a pixel is picture and how much is page.
    return bool((missing[_NEAR:-_NEAR, _NEAR:-_NEAR] > _DIFFERENT).any())
