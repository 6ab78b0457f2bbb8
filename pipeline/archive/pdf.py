"""The searchable PDF/A of a document: OCRmyPDF makes it, from our pictures and our words."""

import errno
import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path

import img2pdf
import ocrmypdf
import pikepdf
from PIL import Image

from models.failure import BannasarError, Code
from models.page import Page
from pipeline.archive.ocrmypdf_plugin import layer_beside
from pipeline.archive.text_layer import write_text_layer

# Their errors come as exceptions; what they would log besides, nobody reads on a worker.
for _name in ("ocrmypdf", "img2pdf", "fontTools"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)
_THEIR_ERRORS = (
    ocrmypdf.exceptions.ExitCodeException,
    img2pdf.ImageOpenError,
    img2pdf.NegativeDimensionError,
    img2pdf.UnsupportedColorspaceError,
    pikepdf.PdfError,
    Image.DecompressionBombError,
    ValueError,
)


def write_pdf(title: str, pages: Sequence[Page], pictures: Sequence[Path], file: Path) -> None:
    """Write a document as PDF/A-2b with its words as an invisible layer.

    Args:
        title: the document's title.
        pages: its pages, in order.
        pictures: for each page a JPEG file of the upright page, embedded as it is.
        file: where the PDF goes.

    Raises:
        BannasarError: the PDF cannot be made, or the disk is full.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="pdf-", dir=file.parent) as folder:
            plain = Path(folder, "document.pdf")
            with plain.open("wb") as stream:
                img2pdf.convert([str(picture) for picture in pictures], outputstream=stream)
            if language := _language(pages):
                with pikepdf.open(plain, allow_overwriting_input=True) as pdf:
                    pdf.Root.Lang = language
                    pdf.save(plain)
            for number, page in enumerate(pages, 1):
                write_text_layer(page, layer_beside(plain, number))
            status = ocrmypdf.ocr(
                plain,
                file,
                plugins=["pipeline.archive.ocrmypdf_plugin"],
                pdf_renderer="sandwich",
                output_type="pdfa-2",
                optimize=0,
                jobs=1,
                use_threads=True,
                progress_bar=False,
                language=["khm"],
                title=title,
            )
        # It does not raise where it made a PDF, but no PDF/A, or an unsound one.
        if status != ocrmypdf.ExitCode.ok:
            raise BannasarError(Code.PDF, f"OCRmyPDF: {ocrmypdf.ExitCode(status).name}")
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise BannasarError(Code.DISK_FULL, str(error.strerror)) from error
        raise BannasarError(Code.PDF, str(error)) from error
    except _THEIR_ERRORS as error:
        raise BannasarError(Code.PDF, f"{type(error).__name__}: {error}") from error


def _language(pages: Sequence[Page]) -> str | None:
    """Return the language of a document for its readers: Khmer where most letters are; nothing where it is unsure."""
    khmer = other = 0
    for page in pages:
        for block in page.blocks:
            for line in block.lines:
                for word in line.words:
                    own = sum("\u1780" <= character <= "\u17ff" for character in word.text)
                    khmer += own
                    other += len(word.text) - own
    return "km" if khmer > other else None
