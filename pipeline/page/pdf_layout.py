"""The layout of a page of a PDF: the size of the page, and the resolution of its pictures."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from models.errors import ScanError
from models.failure import Code
from pipeline.page.pdf_plain import is_plain
from pipeline.page.scanned import A4_LONG_INCHES, sound_dpi

_Box = tuple[float, float, float, float]
_POINTS_PER_INCH = 72
_COVERS = 0.98
_SIZEABLE = 0.1
"""From this share of a page on, pictures are more than a logo or a stamp."""

_SQUARE = (0.97, 1.03)
_LEAN = 0.001
_SCANNED_DPI = 300
_DEEP = 8
_MOST_OBJECTS = 50_000
_A0_INCHES = 841 / 25.4 * 1189 / 25.4
_SMALLEST_DRAWING = 1.5
"""In inches: drawings without letters may be this small, and have the size that they claim."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A page of a PDF.

    ``width`` and ``height`` are those of its visible part before it is turned, ``unit`` is the size of a unit of its
    space, all in inches. ``finest`` is the resolution of its finest pictures in dots per inch, 0 if they are small or
    missing. ``covered``: pictures cover all of it; ``lettered``: letters are visible. ``whole`` is the place of its one
    picture, if that is the page: left, top, right and bottom, as shares of its width and height. ``layered``: the PDF
    has layers (optional content), some of which may be off. ``plain``: it has nothing but letters, and lines or areas.
    """

    width: float
    height: float
    unit: float
    layered: bool = False
    plain: bool = False
    finest: float = 0.0
    covered: bool = False
    lettered: bool = False
    whole: _Box | None = None

    @property
    def uncut(self) -> bool:
        """Whether the page shows all of its one picture: of a picture of two pages, each page may show a half."""
        if self.whole is None:
            return False
        left, top, right, bottom = self.whole
        shown = (min(right, 1.0) - max(left, 0.0)) * (min(bottom, 1.0) - max(top, 0.0))
        return shown >= _COVERS * (right - left) * (bottom - top)

    def resolutions(self, dpi: float) -> tuple[float, float]:
        """Return the dots per inch at which to draw the page by its claimed size, and those of the real sheet.

        They differ if the page cannot be as large as it claims: such a sheet is as long as A4. A sheet that is a single
        picture keeps its pixels. Any other gets ``dpi`` dots per inch, or as many as its finest pictures have, but with
        pictures on it no more pixels than A0 has at ``dpi``.
        """
        own = self.finest if self.covered else _SCANNED_DPI
        long_side, area = max(self.width, self.height), self.width * self.height
        true = sound_dpi(long_side * own, own)
        if not self.covered and area > _A0_INCHES:
            # A program that puts pictures on such a page does not know its size; a plan without pictures has its size.
            true = long_side * own / A4_LONG_INCHES if self.finest else own
        elif not (self.finest or self.lettered) and long_side >= _SMALLEST_DRAWING:
            true = own
        if self.whole:
            return own, true
        stretch = true / own
        wanted = max(dpi, self.finest * stretch)
        if self.finest:
            wanted = min(wanted, dpi * math.sqrt(_A0_INCHES / area) * stretch)
        return wanted / stretch, wanted


def layout(page: pdfium.PdfPage, file: Path, number: int) -> Layout:
    """Return the layout of a page.

    Args:
        page: the page, opened with pdfium.
        file: the PDF.
        number: the page, from 1.

    Raises:
        pypdfium2.PdfiumError: nothing is shown of the page.
    """
    points, layered, plain = _known_of(file, number)
    return _layout(page, page.get_bbox(), points / _POINTS_PER_INCH, layered=layered, plain=plain and not layered)


@contextmanager
def pdfium_page(file: Path, number: int) -> Iterator[pdfium.PdfPage]:
    """Open a page with pdfium.

    Raises:
        ScanError: it cannot be opened, or the work with it fails.
    """
    try:
        pdf = pdfium.PdfDocument(file)
        try:
            yield pdf[number - 1]
        finally:
            pdf.close()
    except pdfium.PdfiumError as error:
        raise ScanError(Code.DAMAGED, str(error), page=number) from error


@dataclass(frozen=True, slots=True)
class _Placed:
    """A picture and its place.

    ``across`` and ``down`` are its pixels per unit of the page, along its rows and its columns; ``area`` is the largest
    area of the page that it can cover.
    """

    matrix: pdfium.PdfMatrix
    across: float
    down: float
    area: float


def _layout(page: pdfium.PdfPage, box: _Box, unit: float, *, layered: bool, plain: bool) -> Layout:
    width, height = box[2] - box[0], box[3] - box[1]
    if width <= 0 or height <= 0:
        raise pdfium.PdfiumError("nothing is shown of the page")
    pictures: list[_Placed] = []
    drawn = lettered = in_form = False
    # After this many objects it is clear what kind of page it is.
    for item in islice(page.get_objects(max_depth=_DEEP), _MOST_OBJECTS):
        if item.type == pdfium_c.FPDF_PAGEOBJ_FORM:
            in_form = True
        elif item.type == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            pictures.append(_placed(item, box))
        elif not _is_invisible_text(item):
            drawn = True
            lettered = lettered or item.type == pdfium_c.FPDF_PAGEOBJ_TEXT
    covered = sum(picture.area for picture in pictures) >= _COVERS * width * height
    whole = _part(pictures[0], box) if len(pictures) == 1 and covered and not drawn and not in_form else None
    finest = pictures[0].across if whole else _finest(pictures, width * height)
    plain = plain and lettered and not pictures and not in_form
    return Layout(width * unit, height * unit, unit, layered, plain, finest / unit, covered, lettered, whole)


def _placed(item: pdfium.PdfImage, box: _Box) -> _Placed:
    matrix = item.get_matrix()
    form = item.container
    while form:  # pdfium gives the place of a picture in a form in the form's own space
        matrix = matrix.multiply(form.get_matrix())
        form = form.container
    a, b, c, d, _, _ = matrix.get()
    width, height = item.get_px_size()
    across, down = math.hypot(a, b), math.hypot(c, d)
    left, bottom, right, top = matrix.on_rect(0, 0, 1, 1)
    area = max(0.0, min(right, box[2]) - max(left, box[0])) * max(0.0, min(top, box[3]) - max(bottom, box[1]))
    return _Placed(matrix, width / across if across else 0.0, height / down if down else 0.0, area)


def _finest(pictures: list[_Placed], whole: float) -> float:
    """Return the resolution of the finest pictures that cover a significant part of the page."""
    covered = 0.0
    for resolution, area in sorted(((max(each.across, each.down), each.area) for each in pictures), reverse=True):
        covered += area
        if covered >= _SIZEABLE * whole:
            return resolution
    return 0.0


def _part(picture: _Placed, box: _Box) -> _Box | None:
    """Return the place of an upright picture with square pixels, as shares of the page."""
    left, bottom, right, top = box
    a, b, c, d, e, f = picture.matrix.get()
    is_upright = a > 0 and d > 0 and abs(b) + abs(c) <= _LEAN * min(a, d)
    if not is_upright or not picture.down or not _SQUARE[0] < picture.across / picture.down < _SQUARE[1]:
        return None
    width, height = right - left, top - bottom
    return (e - left) / width, (top - f - d) / height, (e + a - left) / width, (top - f) / height


def _is_invisible_text(item: pdfium.PdfObject) -> bool:
    """Whether a page object is the hidden text that an earlier recognition left."""
    if item.type != pdfium_c.FPDF_PAGEOBJ_TEXT:
        return False
    mode = pdfium_c.FPDFTextObj_GetTextRenderMode(item.raw)
    return bool(mode == pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE)


def _known_of(file: Path, number: int) -> tuple[float, bool, bool]:
    """Return the size of a unit of a page's space in points, whether the PDF has layers, and whether the page is plain.

    Neither pdfium nor poppler uses the unit.
    """
    try:
        with pikepdf.open(file, suppress_warnings=True) as pdf:
            page = pdf.pages[number - 1]
            unit = page.obj.get("/UserUnit")
            points = float(unit) if isinstance(unit, int | Decimal) and unit > 0 else 1.0
            return points, "/OCProperties" in pdf.Root, is_plain(page)
    except (pikepdf.PikepdfError, IndexError):
        return 1.0, False, False  # the renderer decides whether the page is damaged
