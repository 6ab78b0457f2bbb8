"""The kind of a scan is recognised by its content."""

from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image

from config.settings import load
from models.errors import ScanError
from models.failure import Code
from models.scan import Kind
from pipeline.intake.inspect import inspect, sha256_of

LIMITS = load().limits


def _inspect(file: Path, **limits: int) -> tuple[Kind, int]:
    return inspect(file, LIMITS.model_copy(update=limits), 300)


def _refusal(file: Path, **limits: int) -> Code:
    with pytest.raises(ScanError) as caught:
        _inspect(file, **limits)
    return caught.value.failure.code


def _pdf(file: Path, pages: int = 1, size: float = 595, **save: Any) -> Path:
    with pikepdf.new() as pdf:
        for _ in range(pages):
            pdf.add_blank_page(page_size=(size, size))
        pdf.save(file, **save)
    return file


@pytest.mark.parametrize(
    ("pillow", "kind"),
    [("TIFF", Kind.TIFF), ("JPEG", Kind.JPEG), ("PNG", Kind.PNG), ("JPEG2000", Kind.JPEG2000), ("WEBP", Kind.WEBP)],
)
def test_a_picture_is_told_by_its_content(tmp_path, pillow, kind):
    """The name of a picture is not used."""
    file = tmp_path / "picture.doc"
    Image.new("L", (60, 40), 255).save(file, pillow)
    assert _inspect(file) == (kind, 1)


def test_a_photograph_with_further_pictures_behind_it_is_one_page(tmp_path):
    """Phones and cameras store a preview or a second exposure in the same JPEG."""
    photograph, preview = Image.new("RGB", (60, 40), "white"), Image.new("RGB", (30, 20), "white")
    photograph.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[preview])
    assert _inspect(tmp_path / "a.jpg") == (Kind.JPEG, 1)


def test_the_pages_of_a_tiff_and_of_a_pdf_are_counted(tmp_path):
    """Every page counts."""
    frames = [Image.new("1", (60, 40), 1) for _ in range(3)]
    frames[0].save(tmp_path / "a", "TIFF", save_all=True, append_images=frames[1:], compression="group4")
    assert _inspect(tmp_path / "a") == (Kind.TIFF, 3)
    assert _inspect(_pdf(tmp_path / "b", pages=5)) == (Kind.PDF, 5)


def test_a_text_file_called_pdf_is_no_document(tmp_path):
    """A name does not make a document."""
    file = tmp_path / "letter.pdf"
    file.write_text("Monsieur le Procureur,", "utf-8")
    assert _refusal(file) is Code.NOT_A_DOCUMENT


def test_an_empty_file_is_refused(tmp_path):
    """A file of 0 bytes is not a page."""
    (tmp_path / "empty.tif").touch()
    assert _refusal(tmp_path / "empty.tif") is Code.EMPTY


def test_a_locked_pdf_is_refused_and_one_locked_only_against_changes_is_not(tmp_path):
    """A PDF that everybody may open can be read."""
    locked = _pdf(tmp_path / "a.pdf", encryption=pikepdf.Encryption(user="u", owner="o"))
    assert _refusal(locked) is Code.ENCRYPTED
    assert _inspect(_pdf(tmp_path / "b.pdf", encryption=pikepdf.Encryption(user="", owner="o"))) == (Kind.PDF, 1)


def test_a_pdf_that_was_cut_off_is_refused(tmp_path):
    """A repair would find only a part of the pages: none may be lost unnoticed."""
    whole = _pdf(tmp_path / "a.pdf", pages=20).read_bytes()
    cut = tmp_path / "cut.pdf"
    cut.write_bytes(whole[: len(whole) * 2 // 3])
    assert _refusal(cut) is Code.DAMAGED


def test_a_pdf_with_a_wrong_table_but_all_its_pages_is_mended(tmp_path):
    """Other bytes before the first byte shift every offset, but nothing is lost."""
    whole = _pdf(tmp_path / "a.pdf", pages=3).read_bytes()
    shifted = tmp_path / "shifted.pdf"
    shifted.write_bytes(whole.replace(b"startxref\n", b"startxref\n9"))
    assert _inspect(shifted) == (Kind.PDF, 3)


def test_a_picture_cut_off_in_its_header_is_damaged_and_not_foreign(tmp_path):
    """An archive team must know whether to look for another file or to scan again."""
    Image.new("L", (60, 40), 255).save(tmp_path / "a.png")
    cut = tmp_path / "cut.png"
    cut.write_bytes((tmp_path / "a.png").read_bytes()[:20])
    assert _refusal(cut) is Code.DAMAGED


def test_what_is_too_large_is_refused_undecoded(tmp_path):
    """A picture that would fill the memory is recognised by its header."""
    Image.new("1", (3000, 2000), 1).save(tmp_path / "a.png")
    assert _refusal(tmp_path / "a.png", page_megapixels=5) is Code.PAGE_TOO_LARGE
    assert _refusal(_pdf(tmp_path / "b.pdf", size=14400), page_megapixels=200) is Code.PAGE_TOO_LARGE
    assert _refusal(_pdf(tmp_path / "c.pdf", pages=4), scan_pages=3) is Code.TOO_MANY_PAGES


def test_the_unit_of_a_page_counts_for_its_size(tmp_path):
    """A unit of ten points makes a page ten times as large."""
    for name, unit in (("a.pdf", 10), ("b.pdf", 0), ("c.pdf", pikepdf.Name.Ten)):
        with pikepdf.new() as pdf:
            pdf.add_blank_page(page_size=(595, 842))
            pdf.pages[0].obj.UserUnit = unit
            pdf.save(tmp_path / name)
    assert _refusal(tmp_path / "a.pdf") is Code.PAGE_TOO_LARGE
    assert _inspect(tmp_path / "b.pdf") == _inspect(tmp_path / "c.pdf") == (Kind.PDF, 1)


def test_a_page_is_as_large_as_what_is_shown_of_it(tmp_path):
    """Boxes may reach beyond the paper."""
    file = _pdf(tmp_path / "a.pdf")
    with pikepdf.open(file, allow_overwriting_input=True) as pdf:
        pdf.pages[0].obj.CropBox = pikepdf.Array([-90000, -90000, 90000, 90000])
        pdf.save(file)
    assert _inspect(file) == (Kind.PDF, 1)


def test_a_poster_made_of_a_small_picture_is_taken(tmp_path):
    """It has the pixels of its picture, for any claimed size of its page."""
    file = _pdf(tmp_path / "a.pdf", size=14400)
    with pikepdf.open(file, allow_overwriting_input=True) as pdf:
        image = pdf.make_stream(bytes(100), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=10, Height=10)
        pdf.pages[0].Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=image))
        pdf.save(file)
    assert _inspect(file) == (Kind.PDF, 1)
    assert _refusal(file, page_megapixels=0) is Code.PAGE_TOO_LARGE


def test_a_file_that_went_away_is_not_refused_for_good(tmp_path):
    """It may come back."""
    with pytest.raises(ScanError) as caught:
        sha256_of(tmp_path / "gone.pdf")
    assert caught.value.failure.code is Code.CHANGED
    assert not caught.value.failure.code.refuses
