"""Pictures of pages: the PDF's own JPEG where it is right, and what a broken or sealed one does."""

import io
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pikepdf
import pytest
from PIL import Image

from pipeline.archive.archive import Archive
from pipeline.formats.group_4 import group_4
from pipeline.formats.tiff import strip_of
from tests.conftest import Maker, archive_settings
from tests.reading_room import SHAS, Visitor, make_archive, open_room

PICTURE = f"/case/box_letter/scan/{SHAS['letter'][:16]}/page/1/picture"


def _pdf(archive: Path) -> Path:
    with Archive(archive_settings(archive)) as opened:
        return opened.bag("box_letter") / "data" / "documents" / "001.pdf"


def _own_picture(file: Path) -> bytes:
    with pikepdf.open(file) as pdf:
        (image,) = pdf.pages[0].get_images().values()
        return bytes(image.read_raw_bytes())


def test_the_jpeg_of_the_pdf_is_passed_on(archive: Path, operator: Visitor) -> None:
    """Unchanged where it is not wider than what is asked for; a narrower one is made."""
    own = _own_picture(_pdf(archive))
    assert own.startswith(b"\xff\xd8")
    assert operator.get(f"{PICTURE}/900.jpg").content == own
    small = Image.open(io.BytesIO(operator.get(f"{PICTURE}/160.jpg").content))
    assert small.size == (160, 226)


def test_a_broken_file_of_the_cache_is_made_again(archive: Path, operator: Visitor) -> None:
    """The reader sees the page and not the damage."""
    right = operator.get(f"{PICTURE}/160.jpg").content
    (kept,) = (archive / "cache").rglob(f"*{SHAS['letter'][:16]}-1-160.jpg")
    kept.write_bytes(right[: len(right) // 2])
    assert operator.get(f"{PICTURE}/160.jpg").content == right
    assert kept.read_bytes() == right


@pytest.mark.parametrize("how", ["turned by Exif", "for print"])
def test_a_jpeg_that_browsers_show_otherwise_is_made_anew(tmp_path: Path, make: Maker, how: str) -> None:
    """A viewer of PDFs shows no turn of Exif, and ink of four colours as a printer mixes it."""
    archive = make_archive(tmp_path / "archive", make)
    pixels = Image.new("CMYK" if how == "for print" else "L", (80, 113), 0)
    written = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6 if how == "turned by Exif" else 1
    pixels.save(written, "JPEG", exif=exif)
    with pikepdf.open(_pdf(archive), allow_overwriting_input=True) as pdf:
        (image,) = pdf.pages[0].get_images().values()
        image.write(written.getvalue(), filter=pikepdf.Name.DCTDecode)
        pdf.save()
    with open_room(archive) as address:
        visitor = Visitor(urlsplit(address).port or 0)
        visitor.get(urlsplit(address).path)
        shown = visitor.get(f"{PICTURE}/900.jpg")
    picture = Image.open(io.BytesIO(shown.content))
    assert shown.content != written.getvalue()
    assert (picture.size, picture.getexif().get(0x0112)) == ((80, 113), None)
    assert picture.mode in {"L", "RGB"}


def test_a_page_in_black_and_white_is_shown_in_grey(tmp_path: Path, make: Maker) -> None:
    """Browsers show no fax: it becomes a JPEG, of the width that is asked for."""
    archive = make_archive(tmp_path / "archive", make)
    pixels = np.full((1130, 800), 255, np.uint8)
    pixels[200:300, 100:700] = 0
    with pikepdf.open(_pdf(archive), allow_overwriting_input=True) as pdf:
        (image,) = pdf.pages[0].get_images().values()
        how = pikepdf.Dictionary(K=-1, Columns=800, Rows=1130)
        image.write(strip_of(group_4(pixels)), filter=pikepdf.Name.CCITTFaxDecode, decode_parms=how)
        image.Width, image.Height, image.BitsPerComponent = 800, 1130, 1
        pdf.save()
    with open_room(archive) as address:
        visitor = Visitor(urlsplit(address).port or 0)
        visitor.get(urlsplit(address).path)
        for width, size in ((900, (800, 1130)), (160, (160, 226))):
            shown = Image.open(io.BytesIO(visitor.get(f"{PICTURE}/{width}.jpg").content))
            assert (shown.format, shown.mode, shown.size) == ("JPEG", "L", size)
            small = np.asarray(shown.resize((80, 113)))
            assert small[24:26, 20:60].max() < 20
            assert small[40:].min() > 235
