"""One page of a scan as a picture."""

import io
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import ExifTags, Image, ImageOps

from models.failure import BannasarError, Code
from models.scan import Kind
from pipeline.page.picture import Picture, Pixels

_A4_LONG_INCHES = 297 / 25.4
# A page whose claimed resolution would make it smaller or larger than this was not scanned at that resolution:
# many programs write 72 or 96 into every picture.
_LONG_INCHES = (3.5, 24.0)
# A fax has half as many rows as columns to an inch, or nearly as many: 204 by 98 or 196 (ITU-T T.4).
_UNEQUAL, _SQUASHED = 1.03, 2.5
_ON_ITS_SIDE = (5, 6, 7, 8)  # of the orientations in EXIF and TIFF
_POINTS_PER_INCH = 72
_COVERS = 0.98
_FEATURELESS = 8
_UNSEEN = ("/Link", "/Popup")
_COLOUR_STEP = 24
_COLOUR_SHARE = 0.0005


def render(file: Path, kind: Kind, number: int, dpi: int, seconds: float) -> Picture:
    """Return one page as it lies in the scan, not yet upright.

    A picture file, and a PDF page that is one picture, keep their own pixels; other PDF pages are rendered at ``dpi``.
    Pictures without colour come back grey.

    Args:
        file: the scan.
        kind: what it is.
        number: the page, from 1.
        dpi: resolution for PDF pages that are not one picture, in dots per inch.
        seconds: time limit of the renderer.

    Returns:
        The picture and its dots per inch.

    Raises:
        BannasarError: the page cannot be rendered (damaged, or out of time).
    """
    # The scan was inspected: its pages are within our own limits.
    Image.MAX_IMAGE_PIXELS = None
    return _pdf_page(file, number, dpi, seconds) if kind is Kind.PDF else _frame(file, number)


def _frame(file: Path, number: int) -> Picture:
    try:
        with Image.open(file) as image:
            image.seek(number - 1)
            across, down = (float(claimed or 0) for claimed in image.info.get("dpi", (0, 0)))
            if image.getexif().get(ExifTags.Base.Orientation) in _ON_ITS_SIDE:
                across, down = down, across
            ImageOps.exif_transpose(image, in_place=True)
            return _picture(image, across, down)
    except FileNotFoundError as error:
        raise BannasarError(Code.CHANGED, "it is no longer there", page=number) from error
    except (OSError, ValueError, SyntaxError, EOFError, KeyError, TypeError) as error:
        # All of these are what Pillow's readers let through for a file that is cut off or damaged.
        raise BannasarError(Code.DAMAGED, str(error), page=number) from error


def _picture(image: Image.Image, across: float, down: float) -> Picture:
    """Return the picture of an upright image that claims so many dots per inch along its rows and its columns.

    One that was scanned more finely one way than the other is stretched, lest its letters be squashed.
    """
    pixels = _grey_or_rgb(image)
    height, width = pixels.shape[:2]
    claimed_dpi = across
    if across > 0 and down > 0 and _UNEQUAL < max(across, down) / min(across, down) < _SQUASHED:
        claimed_dpi = max(across, down)
        height, width = round(height * claimed_dpi / down), round(width * claimed_dpi / across)
    long_side = max(height, width)
    low, high = _LONG_INCHES
    # A resolution that only scanners write is believed of a large sheet, too: a map, a register.
    sound = (
        claimed_dpi > 0 and low <= long_side / claimed_dpi and (long_side / claimed_dpi <= high or claimed_dpi >= 150)
    )
    if not sound:
        return Picture(pixels, max(pixels.shape[:2]) / _A4_LONG_INCHES)
    if (height, width) != pixels.shape[:2]:
        pixels = np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    return Picture(pixels, claimed_dpi)


def _grey_or_rgb(image: Image.Image) -> Pixels:
    """Return the pixels on white paper, grey where there is no colour to speak of."""
    if image.mode in {"I", "I;16", "I;16B", "I;16L", "F"}:
        deep = np.asarray(image, dtype=np.float32)
        return (deep * (255.0 / max(float(deep.max()), 1.0))).astype(np.uint8)
    if image.mode in {"1", "L"}:
        return np.asarray(image if image.mode == "L" else image.convert("L"))
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        over = image.convert("RGBA")
        paper = Image.new("RGBA", over.size, "white")
        image = Image.alpha_composite(paper, over)
    rgb = np.asarray(image.convert("RGB"))
    sample = rgb[::4, ::4].astype(np.int16)
    spread = sample.max(axis=2) - sample.min(axis=2)
    # Yellowed paper is tinted all over; colour that matters (a seal, blue ink) stands out from the paper's own tint.
    coloured = np.abs(spread - np.median(spread)) > _COLOUR_STEP
    return rgb if float(coloured.mean()) > _COLOUR_SHARE else np.asarray(image.convert("L"))


def _pdf_page(file: Path, number: int, dpi: int, seconds: float) -> Picture:
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
            return Picture(_grey_or_rgb(image.rotate(-turn, expand=True) if turn else image), dpi)
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
        pixels = _grey_or_rgb(image)
    # poppler draws what it can, and says that all went well: a page it could not draw must not pass for a blank one.
    if b"Error" in done.stderr and int(pixels.max()) - int(pixels.min()) < _FEATURELESS:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise BannasarError(Code.DAMAGED, said[0], page=number)
    return Picture(pixels, dpi)
