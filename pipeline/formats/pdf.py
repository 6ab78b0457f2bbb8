"""The searchable PDF/A of a document: its pages' pictures as they are, and over them their words, invisible."""

import errno
import io
import logging
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pikepdf.pdfa
from pikepdf import Dictionary, Name, Stream
from PIL import Image

from models.errors import ScanError
from models.failure import Code
from models.page import Page
from pipeline.formats.alto import xml_text
from pipeline.formats.text_layer import Fonts, add_words, page_size
from pipeline.formats.tiff import strip_of

# Their errors come as exceptions. Their log messages may contain text of a paper.
for _name in ("pikepdf", "fontTools"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)
_PICTURE = "/Im0"
_TIFF = b"II*\x00"
_JPEG_2000 = b"\x00\x00\x00\x0cjP  "  # ISO 15444-1, I.5.1
_FRENCH = "le la les de des du et un une est par dans pour que qui au aux en sur à ce cette il"
_ENGLISH = "the of and to in is was were that for by with at from be this his it which have has"
_SMALL_WORDS = {"fr": frozenset(_FRENCH.split()), "en": frozenset(_ENGLISH.split())}
_LONGEST_TITLE = 16_000  # characters, within the longest string of PDF/A (ISO 19005-2, 6.1.13)
_MIN_WORDS = 4
_MIN_SHARE_OF_WORDS = 0.75
_MIN_SHARE_OF_LETTERS = 0.1  # of the letters
_COLOURS = {"1": Name.DeviceGray, "L": Name.DeviceGray, "RGB": Name.DeviceRGB}
_THEIR_ERRORS = (pikepdf.PdfError, Image.DecompressionBombError, ValueError)


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
        pictures: for each page its JPEG, JPEG 2000 or TIFF file (:mod:`pipeline.formats.group_4`), embedded unchanged.
        file: where the PDF is written.
        upright: whether the pictures are upright, or as in the scan; the words are placed to match.

    Raises:
        ScanError: the PDF cannot be made, or the disk is full.
    """
    try:
        with pikepdf.new() as pdf:
            fonts = Fonts(pdf)
            for page, picture in zip(pages, pictures, strict=True):
                sheet = pdf.add_blank_page(page_size=page_size(page, upright=upright))
                _add_picture(pdf, sheet, picture)
                add_words(pdf, sheet, page, fonts, upright=upright)
            _describe(pdf, about, _languages(pages))
            pikepdf.pdfa.prepare(pdf, "2b")
            # The whole PDF is checked before anything is written, and written once.
            report = pikepdf.pdfa.check(pdf, "2b")
            if report.verdict != "pass":
                raise ScanError(Code.PDF, f"no PDF/A: {', '.join(sorted({one.rule for one in report.findings}))}")
            _insert_jpeg_2000(pdf, pictures)
            pdf.save(file, **report.save_kwargs)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise ScanError(Code.DISK_FULL, str(error.strerror)) from error
        raise ScanError(Code.PDF, str(error)) from error
    except _THEIR_ERRORS as error:
        raise ScanError(Code.PDF, f"{type(error).__name__}: {error}") from error


def _plain(title: str) -> str:
    """Return a title that every program shows: without private-use characters, which occur in file names from Macs."""
    return "".join(
        "\ufffd" if unicodedata.category(one) == "Co" or ord(one) > 0xFFFF else one
        for one in xml_text(title[:_LONGEST_TITLE])
    )


def _add_picture(pdf: pikepdf.Pdf, sheet: pikepdf.Page, picture: Path) -> None:
    """Show a picture all over a page; a JPEG 2000 is replaced by a small picture in the same colours.

    pikepdf cannot check a PDF with JPEG 2000: :func:`_insert_jpeg_2000` inserts the picture after the check.
    """
    content = picture.read_bytes()
    with Image.open(io.BytesIO(content)) as image:
        size, mode = image.size, image.mode
    if mode not in _COLOURS:
        raise ScanError(Code.PDF, f"a picture with the colours {mode}")
    if content.startswith(_JPEG_2000):
        size, stand_in = (8, 8), io.BytesIO()
        Image.new(mode, size).save(stand_in, "JPEG")
        content = stand_in.getvalue()
    width, height = size
    encoding = {"BitsPerComponent": 8, "Filter": Name.DCTDecode}
    if content.startswith(_TIFF):
        content = strip_of(content)
        how = Dictionary(K=-1, Columns=width, Rows=height)
        encoding = {"BitsPerComponent": 1, "Filter": Name.CCITTFaxDecode, "DecodeParms": how}
    shown = Stream(
        pdf,
        content,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=width,
        Height=height,
        ColorSpace=_COLOURS[mode],
        **encoding,
    )
    sheet.Resources = Dictionary(XObject=Dictionary({_PICTURE: shown}))
    _, _, across, down = sheet.mediabox
    sheet.contents_add(f"q {across} 0 0 {down} 0 0 cm {_PICTURE} Do Q".encode())


def _insert_jpeg_2000(pdf: pikepdf.Pdf, pictures: Sequence[Path]) -> None:
    for sheet, picture in zip(pdf.pages, pictures, strict=True):
        content = picture.read_bytes()
        if content.startswith(_JPEG_2000):
            shown = sheet.Resources.XObject[_PICTURE]
            shown.write(content, filter=Name.JPXDecode)
            with Image.open(io.BytesIO(content)) as image:
                shown.Width, shown.Height = image.size


def _describe(pdf: pikepdf.Pdf, about: Description, languages: dict[str, float]) -> None:
    """Write the metadata into a PDF."""
    # For programs that read aloud: the one language that has most of the letters.
    for language in (language for language, share in languages.items() if share > 1 / 2):
        pdf.Root.Lang = language
    metadata: dict[str, str | list[str]] = {
        "dc:title": _plain(about.title),
        "dc:identifier": about.identifier,
        "dc:type": [about.kind] if about.kind else "",
        "dc:date": list(about.dates),
        "dc:source": "; ".join(about.sources),
        "dc:creator": list(about.courts),
        "dc:language": list(languages),
        "xmp:CreatorTool": "Bannasar",
        "xmp:CreateDate": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    with pdf.open_metadata() as xmp:
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
