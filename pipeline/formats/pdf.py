"""The searchable PDF/A of a document: OCRmyPDF makes it from our pictures and our words."""

import errno
import io
import logging
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import img2pdf
import ocrmypdf
import pikepdf
import pikepdf.pdfa
from PIL import Image

from models.errors import ScanError
from models.failure import Code
from models.page import Page
from pipeline.formats.alto import xml_text
from pipeline.formats.ocrmypdf_plugin import layer_beside
from pipeline.formats.text_layer import lower_letters, page_size, write_text_layer

# Their errors come as exceptions. Their other log messages may contain text of a paper.
for _name in ("ocrmypdf", "img2pdf", "fontTools"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)
_JPEG_2000 = b"\x00\x00\x00\x0cjP  "  # ISO 15444-1, I.5.1
_FRENCH = "le la les de des du et un une est par dans pour que qui au aux en sur à ce cette il"
_ENGLISH = "the of and to in is was were that for by with at from be this his it which have has"
_SMALL_WORDS = {"fr": frozenset(_FRENCH.split()), "en": frozenset(_ENGLISH.split())}
_LONGEST_TITLE = 16_000  # characters, within the longest string of PDF/A (ISO 19005-2, 6.1.13)
_MIN_WORDS = 4
_MIN_SHARE_OF_WORDS = 0.75
_MIN_SHARE_OF_LETTERS = 0.1  # of the letters
_THEIR_ERRORS = (
    ocrmypdf.exceptions.ExitCodeException,
    img2pdf.ImageOpenError,
    img2pdf.NegativeDimensionError,
    img2pdf.UnsupportedColorspaceError,
    pikepdf.PdfError,
    pikepdf.pdfa.PdfaError,
    Image.DecompressionBombError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Description:
    """The metadata of a PDF: its title, and the other fields as Dublin Core in its XMP.

    ``dates`` are ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``; ``sources`` are the case numbers.
    """

    title: str
    identifier: str = ""
    kind: str = ""
    dates: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    courts: tuple[str, ...] = ()


def write_pdf(
    about: Description, pages: Sequence[Page], pictures: Sequence[Path], file: Path, *, upright: bool = True
) -> None:
    """Write a document as PDF/A-2b with its words as an invisible layer.

    Args:
        about: its metadata.
        pages: its pages, in order.
        pictures: for each page its JPEG or JPEG 2000 file, embedded unchanged.
        file: where the PDF is written.
        upright: whether the pictures are upright, or as in the scan; the words are placed to match.

    Raises:
        ScanError: the PDF cannot be made, or the disk is full.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="pdf-", dir=file.parent) as folder:
            plain = Path(folder, "document.pdf")
            languages = _languages(pages)
            with pikepdf.new() as pdf:
                for page, picture in zip(pages, pictures, strict=True):
                    with pikepdf.open(io.BytesIO(_page_pdf(picture, page_size(page, upright=upright)))) as one:
                        pdf.pages.extend(one.pages)
                # For programs that read aloud: the one language that has most of the letters.
                for language in (language for language, share in languages.items() if share > 1 / 2):
                    pdf.Root.Lang = language
                pdf.save(plain)
            for number, page in enumerate(pages, 1):
                write_text_layer(page, layer_beside(plain, number), upright=upright)
            layered = Path(folder, "layered.pdf")
            status = ocrmypdf.ocr(
                plain,
                layered,
                plugins=["pipeline.formats.ocrmypdf_plugin"],
                pdf_renderer="sandwich",
                output_type="pdf",
                optimize=0,
                jobs=1,
                use_threads=True,
                progress_bar=False,
                language=["khm"],
                title=_plain(about.title),
            )
            # It raises no exception if the PDF that it made is invalid.
            if status != ocrmypdf.ExitCode.ok:
                raise ScanError(Code.PDF, f"OCRmyPDF: {ocrmypdf.ExitCode(status).name}")
            # OCRmyPDF would do the same, and check PDF/A twice. Its other way, Ghostscript, rewrites the font, and the
            # Khmer text is lost.
            with pikepdf.open(layered) as pdf:
                lower_letters(pdf, pages, upright=upright)
                pikepdf.pdfa.save(pdf, file, "2b")
        with pikepdf.open(file, allow_overwriting_input=True) as pdf:
            _finish(pdf, about, list(languages), pictures)
            pdf.save(file)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise ScanError(Code.DISK_FULL, str(error.strerror)) from error
        raise ScanError(Code.PDF, str(error)) from error
    except _THEIR_ERRORS as error:
        raise ScanError(Code.PDF, f"{type(error).__name__}: {error}") from error


def _plain(title: str) -> str:
    """Return a title that OCRmyPDF accepts: without private-use characters, which occur in file names from Macs."""
    return "".join(
        "\ufffd" if unicodedata.category(one) == "Co" or ord(one) > 0xFFFF else one
        for one in xml_text(title[:_LONGEST_TITLE])
    )


def _page_pdf(picture: Path, size: tuple[float, float]) -> bytes:
    """Return a one-page PDF of a size in points; a JPEG 2000 is replaced by a small picture in the same colour mode.

    OCRmyPDF cannot check a PDF with JPEG 2000: :func:`_finish` inserts the picture later.
    """
    content = picture.read_bytes()
    if content.startswith(_JPEG_2000):
        with Image.open(picture) as image:
            small = io.BytesIO()
            Image.new(image.mode, (8, 8)).save(small, "JPEG")
            content = small.getvalue()
    made: bytes = img2pdf.convert(content, layout_fun=lambda *_: (*size, *size))
    return made


def _finish(pdf: pikepdf.Pdf, about: Description, languages: list[str], pictures: Sequence[Path]) -> None:
    """Insert the JPEG 2000 pictures and the metadata."""
    metadata: dict[str, str | list[str]] = {
        "dc:identifier": about.identifier,
        "dc:type": [about.kind] if about.kind else "",
        "dc:date": list(about.dates),
        "dc:source": "; ".join(about.sources),
        "dc:creator": list(about.courts),
        "dc:language": languages,
    }
    for page, picture in zip(pdf.pages, pictures, strict=True):
        content = picture.read_bytes()
        if content.startswith(_JPEG_2000):
            (stream,) = page.get_images().values()
            stream.write(content, filter=pikepdf.Name.JPXDecode)
            with Image.open(picture) as image:
                stream.Width, stream.Height = image.size
    with pdf.open_metadata(set_pikepdf_as_editor=False) as xmp:
        for name, value in metadata.items():
            if value:
                xmp[name] = value


def _languages(pages: Sequence[Page]) -> dict[str, float]:
    """Return the languages of a document with their shares of its letters, the largest first.

    Khmer is recognised by its letters, French and English by their most frequent short words. A language that is
    uncertain is left out.
    """
    words = [word.text for page in pages for block in page.blocks for line in block.lines for word in line.words]
    khmer = sum("\u1780" <= character <= "\u17ff" for word in words for character in word)
    latin = sum(character.isalpha() and not "\u1780" <= character <= "\u17ff" for word in words for character in word)
    seen = Counter(
        language for word in words for language, small in _SMALL_WORDS.items() if word.strip(".,;:()").lower() in small
    )
    letters = {"km": khmer}
    if seen.total() >= _MIN_WORDS:
        (likely, count), *_ = seen.most_common(1)
        if count >= _MIN_SHARE_OF_WORDS * seen.total():
            letters[likely] = latin
    shares = {language: count / max(1, khmer + latin) for language, count in letters.items()}
    ordered = sorted(shares.items(), key=lambda item: -item[1])
    return {language: share for language, share in ordered if share >= _MIN_SHARE_OF_LETTERS}
