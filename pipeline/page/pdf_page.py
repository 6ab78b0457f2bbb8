"""One page of a PDF as a picture: its own pixels where it is one picture, else rendered by poppler."""

import io
import subprocess
from pathlib import Path

import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image

from models.failure import BannasarError, Code
from pipeline.page.picture import Picture
from pipeline.page.scanned import grey_or_rgb

_POINTS_PER_INCH = 72
_COVERS = 0.98
_FEATURELESS = 8
_UNSEEN = ("/Link", "/Popup")


def pdf_page(file: Path, number: int, dpi: int, seconds: float) -> Picture:
    """Return one page of a PDF.

    Args:
        file: the PDF.
        number: the page, from 1.
        dpi: resolution for pages that are not one picture, in dots per inch.
        seconds: time limit of the renderer.

    Raises:
        BannasarError: the page cannot be rendered (damaged, or out of time).
    """
    own_dpi, uncut = _whole_page_picture(file, number) or (None, False)
    picture = _embedded(file, number, own_dpi) if own_dpi and uncut else None
    return picture or _rendered(file, number, own_dpi or dpi, seconds)


def _whole_page_picture(file: Path, number: int) -> tuple[float, bool] | None:
    """Return the resolution of the one picture that is the page, and whether the page shows all of it.

    Of a picture of two pages each may show a half. None where the page is anything else.
    """
    try:
        pdf = pdfium.PdfDocument(file)
    except pdfium.PdfiumError as error:
        raise BannasarError(Code.DAMAGED, str(error), page=number) from error
    try:
        page = pdf[number - 1]
        left, bottom, right, top = page.get_cropbox()
        pictures = []
        for item in page.get_objects(max_depth=3):
            if item.type == pdfium_c.FPDF_PAGEOBJ_IMAGE:
                pictures.append(item)
            elif not _is_invisible_text(item):
                return None
        if len(pictures) != 1:
            return None
        a, b, c, d, e, f = pictures[0].get_matrix().get()
        if abs(b) + abs(c) > 0.01 or a <= 0 or d <= 0:
            return None
        covered = max(0.0, min(right, e + a) - max(left, e)) * max(0.0, min(top, f + d) - max(bottom, f))
        if covered < _COVERS * (right - left) * (top - bottom):
            return None
        width, height = pictures[0].get_px_size()
        across, down = width * _POINTS_PER_INCH / a, height * _POINTS_PER_INCH / d
        if not (0.97 < across / down < 1.03 and 50 < across < 1250):
            return None
        return float(across), covered >= _COVERS * a * d
    except pdfium.PdfiumError as error:
        raise BannasarError(Code.DAMAGED, str(error), page=number) from error
    finally:
        pdf.close()


def _is_invisible_text(item: pdfium.PdfObject) -> bool:
    """Whether a page object is the hidden text that an earlier recognition left."""
    if item.type != pdfium_c.FPDF_PAGEOBJ_TEXT:
        return False
    mode = pdfium_c.FPDFTextObj_GetTextRenderMode(item.raw)
    return bool(mode == pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE)


def _embedded(file: Path, number: int, dpi: float) -> Picture | None:
    """Return the page's one picture with its own pixels, None where its kind asks for a renderer."""
    try:
        with pikepdf.open(file, suppress_warnings=True) as pdf:
            page = pdf.pages[number - 1]
            if _has_annotations(page):
                return None
            images = list(page.get_images().values())
            if len(images) != 1 or any(key in images[0] for key in ("/SMask", "/Mask", "/Decode", "/ImageMask")):
                return None
            picture = pikepdf.PdfImage(images[0])  # type: ignore[arg-type]  # an image is a stream
            if picture.colorspace not in {"/DeviceGray", "/DeviceRGB"} or picture.bits_per_component != 8:
                return None
            image = picture.as_pil_image()
            turn = int(page.obj.get("/Rotate", 0)) % 360
            return Picture(grey_or_rgb(image.rotate(-turn, expand=True) if turn else image), dpi)
    except (pikepdf.PikepdfError, NotImplementedError, ValueError, TypeError, AttributeError, OSError):
        return None  # the renderer has the last word on whether the page is damaged


def _has_annotations(page: pikepdf.Page) -> bool:
    """Whether something that is seen lies over a page: a note, a stamp, a filled-in form field, a signature."""
    for one in page.obj.get("/Annots", ()):
        left, bottom, right, top = (float(edge) for edge in one.get("/Rect", (0, 0, 0, 0)))
        if one.get("/Subtype") not in _UNSEEN and left != right and bottom != top:
            return True
    return False


def _rendered(file: Path, number: int, dpi: float, seconds: float) -> Picture:
    command = ["pdftoppm", "-cropbox", "-r", f"{dpi:.4f}", "-f", str(number), "-l", str(number), str(file)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise BannasarError(Code.TIMEOUT, f"rendering took more than {seconds:.0f} s", page=number) from error
    if done.returncode != 0 or not done.stdout:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise BannasarError(Code.DAMAGED, said[0] if said else "poppler made no picture of it", page=number)
    with Image.open(io.BytesIO(done.stdout)) as image:
        pixels = grey_or_rgb(image)
    # poppler draws what it can, and says that all went well: a page it could not draw must not pass for a blank one.
    if b"Error" in done.stderr and int(pixels.max()) - int(pixels.min()) < _FEATURELESS:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise BannasarError(Code.DAMAGED, said[0], page=number)
    return Picture(pixels, dpi)
