"""What stands on a page of a PDF: how large the page is, and how finely its pictures were scanned."""

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
from pipeline.page.scanned import A4_LONG_INCHES, sound_dpi

_Box = tuple[float, float, float, float]
_POINTS_PER_INCH = 72
_COVERS = 0.98
_SIZEABLE = 0.1
"""The part of a page from which on pictures are more than a logo or a stamp."""

_SQUARE = (0.97, 1.03)
_LEAN = 0.001
_SCANNED_DPI = 300
_DEEP = 8
_MOST_OBJECTS = 50_000
_A0_INCHES = 841 / 25.4 * 1189 / 25.4
_SMALLEST_DRAWING = 1.5
"""Inches: drawings without a letter may be this small, and are as large as they say."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A page of a PDF.

    ``width`` and ``height`` are those of what is shown of it before it is turned, ``unit`` is the size of a unit of its
    space, all in inches. ``finest`` is the resolution of its finest pictures in dots per inch, 0 where they are small
    or missing. ``covered`` says whether pictures cover all of it, ``lettered`` whether letters are seen. ``whole`` is
    where its one picture stands, if that is the page: left, top, right and bottom, as parts of its width and height.
    ``layered`` says whether the PDF has layers (optional content), some of which may be off.
    """

    width: float
    height: float
    unit: float
    layered: bool = False
    finest: float = 0.0
    covered: bool = False
    lettered: bool = False
    whole: _Box | None = None

    @property
    def uncut(self) -> bool:
        """Whether the page shows all of the one picture that it is: of a picture of two pages each may show a half."""
        if self.whole is None:
            return False
        left, top, right, bottom = self.whole
        shown = (min(right, 1.0) - max(left, 0.0)) * (min(bottom, 1.0) - max(top, 0.0))
        return shown >= _COVERS * (right - left) * (bottom - top)

    def resolutions(self, dpi: float) -> tuple[float, float]:
        """Return the dots to an inch of the page by its own account at which it is drawn, and those of the sheet it is.

        They differ where the page cannot be as large as it says: such a sheet is as long as A4. A sheet that is a
        single picture keeps its pixels. Any other gets ``dpi`` dots to an inch, or as many as its finest pictures have,
        but with pictures on it no more pixels than A0 has at ``dpi``.
        """
        own = self.finest if self.covered else _SCANNED_DPI
        long_side, area = max(self.width, self.height), self.width * self.height
        true = sound_dpi(long_side * own, own)
        if not self.covered and area > _A0_INCHES:
            # Whoever lays pictures on such a page does not know its size; a plan without any does.
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


def layout(file: Path, number: int) -> Layout:
    """Tell what stands on a page.

    Args:
        file: the PDF.
        number: the page, from 1.

    Raises:
        ScanError: the page cannot be opened.
    """
    points, layered = _unit_and_layers(file, number)
    with pdfium_page(file, number) as page:
        return _layout(page, page.get_bbox(), points / _POINTS_PER_INCH, layered=layered)


@contextmanager
def pdfium_page(file: Path, number: int) -> Iterator[pdfium.PdfPage]:
    """Open a page with pdfium.

    Raises:
        ScanError: it cannot be opened, or what is done with it fails.
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
    """A picture where it stands.

    ``across`` and ``down`` are its pixels to a unit of the page, along its rows and its columns; ``area`` is what it
    covers of the page at most.
    """

    matrix: pdfium.PdfMatrix
    across: float
    down: float
    area: float


def _layout(page: pdfium.PdfPage, box: _Box, unit: float, *, layered: bool) -> Layout:
    width, height = box[2] - box[0], box[3] - box[1]
    if width <= 0 or height <= 0:
        raise pdfium.PdfiumError("nothing is shown of the page")
    pictures: list[_Placed] = []
    drawn = lettered = in_form = False
    # Of a drawing of more objects than that it is known what it is.
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
    return Layout(width * unit, height * unit, unit, layered, finest / unit, covered, lettered, whole)


def _placed(item: pdfium.PdfImage, box: _Box) -> _Placed:
    matrix = item.get_matrix()
    form = item.container
    while form:  # pdfium tells where a picture in a form stands in the form's own space
        matrix = matrix.multiply(form.get_matrix())
        form = form.container
    a, b, c, d, _, _ = matrix.get()
    width, height = item.get_px_size()
    across, down = math.hypot(a, b), math.hypot(c, d)
    left, bottom, right, top = matrix.on_rect(0, 0, 1, 1)
    area = max(0.0, min(right, box[2]) - max(left, box[0])) * max(0.0, min(top, box[3]) - max(bottom, box[1]))
    return _Placed(matrix, width / across if across else 0.0, height / down if down else 0.0, area)


def _finest(pictures: list[_Placed], whole: float) -> float:
    """Return the resolution of the finest pictures that cover a part of the page that counts."""
    covered = 0.0
    for resolution, area in sorted(((max(each.across, each.down), each.area) for each in pictures), reverse=True):
        covered += area
        if covered >= _SIZEABLE * whole:
            return resolution
    return 0.0


def _part(picture: _Placed, box: _Box) -> _Box | None:
    """Return the place of an upright picture, none of whose pixels is longer than wide, as parts of the page."""
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


def _unit_and_layers(file: Path, number: int) -> tuple[float, bool]:
    """Return the size of a unit of a page's space in points, and whether the PDF has layers.

    Neither pdfium nor poppler heeds the unit.
    """
    try:
        with pikepdf.open(file, suppress_warnings=True) as pdf:
            unit = pdf.pages[number - 1].obj.get("/UserUnit")
            points = float(unit) if isinstance(unit, int | Decimal) and unit > 0 else 1.0
            return points, "/OCProperties" in pdf.Root
    except (pikepdf.PikepdfError, IndexError):
        return 1.0, False  # whether the page is damaged, the renderer says
