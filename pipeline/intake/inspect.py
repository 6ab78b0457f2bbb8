"""What a scan is, judged by its content, and whether it can be read at all."""

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pikepdf
from PIL import UnidentifiedImageError

from models.errors import ScanError
from models.failure import Code
from models.scan import Kind
from models.settings import Limits
from pipeline.intake.pdf_file import open_pdf
from pipeline.scan.foreign import refusal
from pipeline.scan.jpeg import is_cut_off
from pipeline.scan.opening import DAMAGE, KINDS, open_picture
from pipeline.scan.tiff import TIFF_BEGINNINGS, check_readable, tiff_pages

_POINTS_PER_INCH = 72
_A0_INCHES = 841 / 25.4 * 1189 / 25.4
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Inspection:
    """What kind of scan was found."""

    sha256: str
    size: int
    kind: Kind
    pages: int


def sha256_of(file: Path) -> tuple[str, int]:
    """Return the hexadecimal SHA-256 and the size in bytes of a file, read in pieces.

    Raises:
        ScanError: the file cannot be read.
    """
    digest = hashlib.sha256()
    size = 0
    try:
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except FileNotFoundError as error:
        raise ScanError(Code.CHANGED, str(error.strerror)) from error
    except OSError as error:
        raise ScanError(Code.UNREADABLE, str(error.strerror)) from error
    return digest.hexdigest(), size


def inspect(file: Path, limits: Limits, dpi: int) -> tuple[Kind, int]:
    """Return what a scan is and how many pages it has, without decoding a picture.

    Args:
        file: the scan.
        limits: the most that is accepted.
        dpi: the resolution at which the pages of a PDF would be rendered.

    Returns:
        The kind and the number of pages.

    Raises:
        ScanError: the scan is refused, or cannot be read now.
    """
    try:
        with file.open("rb") as stream:
            head = stream.read(1024)
    except FileNotFoundError as error:
        raise ScanError(Code.CHANGED, str(error.strerror)) from error
    except OSError as error:
        raise ScanError(Code.UNREADABLE, str(error.strerror)) from error
    if not head:
        raise ScanError(Code.EMPTY)
    if b"%PDF-" in head:
        return Kind.PDF, _pdf_pages(file, limits, dpi)
    return _picture_pages(file, head, limits)


def _picture_pages(file: Path, head: bytes, limits: Limits) -> tuple[Kind, int]:
    try:
        if head.startswith(TIFF_BEGINNINGS):
            return Kind.TIFF, _tiff_pages(file, limits)
        # An animated picture or a burst of photographs is one page.
        with open_picture(file) as image:
            _check_pixels(image.width, image.height, 1, limits)
            kind = KINDS[str(image.format)]
        return _whole(file, kind), 1
    except UnidentifiedImageError as error:
        raise refusal(file, head) from error
    except ScanError:
        raise
    except OSError as error:
        if error.errno is not None:
            raise ScanError(Code.UNREADABLE, str(error.strerror)) from error
        raise ScanError(Code.DAMAGED, str(error)) from error
    except DAMAGE as error:
        raise ScanError(Code.DAMAGED, str(error)) from error


def _whole(file: Path, kind: Kind) -> Kind:
    if kind is Kind.JPEG and is_cut_off(file):
        raise ScanError(Code.DAMAGED, "its end is missing")
    return kind


def _tiff_pages(file: Path, limits: Limits) -> int:
    pages = tiff_pages(file)
    _check_count(len(pages), limits)
    for number, page in enumerate(pages, 1):
        _check_pixels(*page.size, number, limits)
        check_readable(page, number)
    return len(pages)


def _pdf_pages(file: Path, limits: Limits, dpi: int) -> int:
    try:
        with open_pdf(file) as pdf:
            _be_no_cover(pdf)
            pages = len(pdf.pages)
            if pages == 0:
                raise ScanError(Code.DAMAGED, "it has no pages")
            _check_count(pages, limits)
            for number, page in enumerate(pdf.pages, 1):
                width, height = _inches(page)
                pictures = page.get_images().values()
                # A larger page is only as large as its pictures make it.
                if not pictures or width * height <= _A0_INCHES:
                    _check_pixels(round(width * dpi), round(height * dpi), number, limits)
                for image in pictures:
                    _check_pixels(int(image.get("/Width", 0)), int(image.get("/Height", 0)), number, limits)
    except (pikepdf.PdfError, ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise ScanError(Code.DAMAGED, str(error)) from error
    return pages


def _inches(page: pikepdf.Page) -> tuple[float, float]:
    """Return the width and height of the part of a page that is shown."""
    shown, medium = ([float(edge) for edge in box] for box in (page.cropbox, page.mediabox))
    unit = page.obj.get("/UserUnit")
    points = float(unit) if isinstance(unit, int | Decimal) and unit > 0 else 1.0
    sides = []
    for low, high in ((0, 2), (1, 3)):
        begin = max(min(box[low], box[high]) for box in (shown, medium))
        end = min(max(box[low], box[high]) for box in (shown, medium))
        sides.append(max(0.0, end - begin) * points / _POINTS_PER_INCH)
    return sides[0], sides[1]


def _be_no_cover(pdf: pikepdf.Pdf) -> None:
    """Refuse a PDF that only wraps a locked one, for programs that cannot open the locked one (ISO 32000-2, 7.6.7)."""
    attached = pdf.attachments.values() if "/Collection" in pdf.Root else ()
    if any(each.obj.get("/AFRelationship") == "/EncryptedPayload" for each in attached):
        raise ScanError(Code.ENCRYPTED, "it shows only a cover, and the document inside it is locked")


def _check_count(pages: int, limits: Limits) -> None:
    if pages > limits.scan_pages:
        raise ScanError(Code.TOO_MANY_PAGES, f"{pages:,} pages, at most {limits.scan_pages:,} are accepted")


def _check_pixels(width: int, height: int, number: int, limits: Limits) -> None:
    if width * height > limits.page_megapixels * 1_000_000:
        detail = f"{width:,} × {height:,} pixels, at most {limits.page_megapixels} megapixels are accepted"
        raise ScanError(Code.PAGE_TOO_LARGE, detail, page=number)
