"""What a scan is, told by its content; and whether it can be read at all."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image, UnidentifiedImageError

from models.failure import BannasarError, Code
from models.scan import Kind
from models.settings import Limits
from pipeline.intake.pdf_file import open_pdf

_PILLOW_KINDS = {
    "TIFF": Kind.TIFF,
    "JPEG": Kind.JPEG,
    "PNG": Kind.PNG,
    "JPEG2000": Kind.JPEG2000,
    "WEBP": Kind.WEBP,
}
# What such a file begins with, to tell a damaged picture from a file that never was one.
_PICTURE_STARTS = (
    b"II*\x00",
    b"MM\x00*",
    b"II+\x00",
    b"MM\x00+",
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"\x00\x00\x00\x0cjP  \r\n\x87\n",
    b"\xff\x4f\xff\x51",
    b"RIFF",
)
_POINTS_PER_INCH = 72
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a scan turned out to be."""

    sha256: str
    size: int
    kind: Kind
    pages: int


def sha256_of(file: Path) -> tuple[str, int]:
    """Return the hexadecimal SHA-256 and the size in bytes of a file, read in pieces.

    Raises:
        BannasarError: the file cannot be read.
    """
    digest = hashlib.sha256()
    size = 0
    try:
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except FileNotFoundError as error:
        raise BannasarError(Code.CHANGED, str(error.strerror)) from error
    except OSError as error:
        raise BannasarError(Code.UNREADABLE, str(error.strerror)) from error
    return digest.hexdigest(), size


def inspect(file: Path, limits: Limits, dpi: int) -> tuple[Kind, int]:
    """Tell what a scan is and how many pages it has, without decoding a picture.

    Args:
        file: the scan.
        limits: what is too much.
        dpi: the resolution at which the pages of a PDF would be rendered.

    Returns:
        The kind and the number of pages.

    Raises:
        BannasarError: the scan is refused, or cannot be read now.
    """
    try:
        with file.open("rb") as stream:
            head = stream.read(1024)
    except FileNotFoundError as error:
        raise BannasarError(Code.CHANGED, str(error.strerror)) from error
    except OSError as error:
        raise BannasarError(Code.UNREADABLE, str(error.strerror)) from error
    if not head:
        raise BannasarError(Code.EMPTY)
    if b"%PDF-" in head:
        return Kind.PDF, _pdf_pages(file, limits, dpi)
    return _picture_pages(file, head, limits)


def _picture_pages(file: Path, head: bytes, limits: Limits) -> tuple[Kind, int]:
    # Pillow's own limit is for programs that open pictures unasked; ours is checked page by page.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(file, formats=tuple(_PILLOW_KINDS)) as image:
            # Phones and cameras put further pictures behind a JPEG (CIPA DC-007); its page is the first.
            kind = Kind.JPEG if image.format == "MPO" else _PILLOW_KINDS[str(image.format)]
            # More frames than pages only a TIFF has: an animated WebP or PNG shows one page.
            pages = getattr(image, "n_frames", 1) if kind is Kind.TIFF else 1
            _check_count(pages, limits)
            for number in range(1, pages + 1):
                image.seek(number - 1)
                _check_pixels(image.width, image.height, number, limits)
    except UnidentifiedImageError as error:
        if head.startswith(_PICTURE_STARTS):
            raise BannasarError(Code.DAMAGED, "its picture cannot be opened") from error
        raise BannasarError(Code.NOT_A_DOCUMENT) from error
    except BannasarError:
        raise
    except OSError as error:
        if error.errno is not None:
            raise BannasarError(Code.UNREADABLE, str(error.strerror)) from error
        raise BannasarError(Code.DAMAGED, str(error)) from error
    except (ValueError, SyntaxError, EOFError, KeyError, TypeError) as error:  # what Pillow's readers let through
        raise BannasarError(Code.DAMAGED, str(error)) from error
    return kind, pages


def _pdf_pages(file: Path, limits: Limits, dpi: int) -> int:
    try:
        with open_pdf(file) as pdf:
            _be_no_cover(pdf)
            pages = len(pdf.pages)
            if pages == 0:
                raise BannasarError(Code.DAMAGED, "it has no pages")  # noqa: TRY301  # its own kind goes through
            _check_count(pages, limits)
            for number, page in enumerate(pdf.pages, 1):
                left, bottom, right, top = (float(edge) for edge in page.cropbox)
                inches = abs(right - left) / _POINTS_PER_INCH, abs(top - bottom) / _POINTS_PER_INCH
                _check_pixels(round(inches[0] * dpi), round(inches[1] * dpi), number, limits)
                for image in page.get_images().values():
                    _check_pixels(int(image.get("/Width", 0)), int(image.get("/Height", 0)), number, limits)
    except BannasarError as error:
        asks = isinstance(error.__cause__, pikepdf.PasswordError)
        readable = _readable_pages(file, limits, dpi) if asks else None
        if readable is None:
            raise
        return readable
    except (pikepdf.PdfError, ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise BannasarError(Code.DAMAGED, str(error)) from error
    return pages


def _readable_pages(file: Path, limits: Limits, dpi: int) -> int | None:
    """Return how many pages a locked PDF has of which only the attachments are locked; None where its pages are, too.

    qpdf opens nothing of it without the password.
    """
    try:
        pdf = pdfium.PdfDocument(file)
    except pdfium.PdfiumError:
        return None
    try:
        _check_count(len(pdf), limits)
        for number, page in enumerate(pdf, 1):
            width, height = page.get_size()
            inches = width / _POINTS_PER_INCH, height / _POINTS_PER_INCH
            _check_pixels(round(inches[0] * dpi), round(inches[1] * dpi), number, limits)
            for image in page.get_objects([pdfium_c.FPDF_PAGEOBJ_IMAGE]):
                across, down = image.get_px_size()
                _check_pixels(across, down, number, limits)
        return len(pdf)
    finally:
        pdf.close()


def _be_no_cover(pdf: pikepdf.Pdf) -> None:
    """Make sure that a PDF does not just wrap a locked one, for programs that cannot open that (ISO 32000-2, 7.6.7)."""
    attached = pdf.attachments.values() if "/Collection" in pdf.Root else ()
    if any(each.obj.get("/AFRelationship") == "/EncryptedPayload" for each in attached):
        raise BannasarError(Code.ENCRYPTED, "what it shows is a cover, and the document in it is locked")


def _check_count(pages: int, limits: Limits) -> None:
    if pages > limits.scan_pages:
        raise BannasarError(Code.TOO_MANY_PAGES, f"{pages:,} pages, {limits.scan_pages:,} accepted")


def _check_pixels(width: int, height: int, number: int, limits: Limits) -> None:
    if width * height > limits.page_megapixels * 1_000_000:
        detail = f"{width:,} × {height:,} pixels, {limits.page_megapixels} megapixels accepted"
        raise BannasarError(Code.PAGE_TOO_LARGE, detail, page=number)
