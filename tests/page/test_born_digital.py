"""The words of a PDF page with its own text."""

from collections.abc import Sequence
from pathlib import Path

import pikepdf
import pytest
from fpdf import FPDF
from PIL import Image

from config.settings import load
from models.scan import Kind
from pipeline.page.born_digital import OwnText, is_sound, own_text
from pipeline.page.render import render

KHMER_FONT = Path("/usr/share/fonts/truetype/khmeros/KhmerOSbattambang.ttf")
KHMER = "លិខិតអញ្ជើញឱ្យមកបំភ្លឺហេតុ"
DPI = 100
FRENCH = "Le greffier a reçu la déclaration du témoin."


def _pdf(folder: Path, *, picture: bool = False) -> Path:
    pdf = FPDF(format="A4")
    pdf.set_text_shaping(True)
    pdf.add_page()
    pdf.add_font("khmer", fname=KHMER_FONT)
    if picture:
        Image.new("L", (600, 850), 200).save(folder / "scan.png")
        pdf.image(folder / "scan.png", x=0, y=0, w=210)
    pdf.set_font("khmer", size=14)
    pdf.text(30, 40, KHMER)
    pdf.set_font("helvetica", size=12)
    pdf.text(30, 60, FRENCH)
    file = folder / "letter.pdf"
    pdf.output(str(file))
    return file


def _own(file: Path) -> OwnText:
    picture = render(file, Kind.PDF, 1, DPI, 30)
    return own_text(file, 1, picture, load().page, 30)


def test_a_born_digital_page_keeps_its_words_where_they_stand(tmp_path):
    """A page with correct text needs no recognition."""
    blocks = _own(_pdf(tmp_path)).blocks
    words = [word for block in blocks for line in block.lines for word in line.words]
    text = "".join(word.text + " " * word.space for word in words)
    assert KHMER in text
    assert FRENCH in text
    greffier = next(word for word in words if word.text == "greffier")
    assert greffier.box.left == pytest.approx((30 / 25.4 + 0.21) * DPI, abs=10)
    assert greffier.box.bottom == pytest.approx(60 / 25.4 * DPI, abs=9)
    assert greffier.confidence == 1


def test_the_box_of_a_khmer_word_is_as_high_as_its_ink(tmp_path):
    """Whatever its font says: what is found is framed on the picture by this box."""
    file = _pdf(tmp_path)
    pixels = render(file, Kind.PDF, 1, DPI, 30).pixels
    box = next(line.box for block in _own(file).blocks for line in block.lines if KHMER[0] in line.words[0].text)
    above, below = (pixels[rows].min() for rows in (slice(box.top - 4, box.top), slice(box.bottom, box.bottom + 4)))
    assert (above, below) == (255, 255)
    assert pixels[box.top : box.top + 2].min() < 255
    assert pixels[box.bottom - 2 : box.bottom].min() < 255


def test_text_on_top_of_a_scan_does_not_pass_for_the_page(tmp_path):
    """A stamp of the scanner's software does not contain the text of the paper."""
    assert not _own(_pdf(tmp_path, picture=True)).blocks


def _stamped(folder: Path, drawing: bytes, form: bytes, matrix: Sequence[float]) -> Path:
    """Write a page of text, and under it a picture, Im0, drawn this way, or a form, Fm0, that contains it."""
    file = _pdf(folder)
    with pikepdf.open(file, allow_overwriting_input=True) as pdf:
        picture = pdf.make_stream(b"\xc8", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=1, Height=1)
        picture.ColorSpace, picture.BitsPerComponent = pikepdf.Name.DeviceGray, 8
        pictures = pikepdf.Dictionary(Im0=picture)
        if form:
            inner = pdf.make_stream(form, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 1000, 1000])
            inner.Resources = pikepdf.Dictionary(XObject=pictures)
            inner.Matrix = pikepdf.Array(matrix)
            pictures = pikepdf.Dictionary(Fm0=inner)
        page = pdf.pages[0]
        page.Resources.XObject = pictures
        page.contents_add(drawing, prepend=True)
        pdf.save(file)
    return file


def test_text_on_top_of_a_scan_in_strips_does_not_pass_for_the_page(tmp_path):
    """Many scanners write a page as strips, and none of them covers half of it."""
    strips = b"".join(b"q 595 0 0 84.2 0 %.1f cm /Im0 Do Q " % (84.2 * number) for number in range(10))
    assert not _own(_stamped(tmp_path, strips, b"", [])).blocks


@pytest.mark.parametrize(
    ("drawing", "form", "matrix"),
    [
        (b"q 595 0 0 842 0 0 cm /Fm0 Do Q", b"/Im0 Do", [1, 0, 0, 1, 0, 0]),
        (b"/Fm0 Do", b"q 0.5 0 0 0.5 0 0 cm /Im0 Do Q", [1190, 0, 0, 1684, 0, 0]),
        (b"q 0 842 -595 0 595 0 cm /Fm0 Do Q", b"/Im0 Do", [1, 0, 0, 1, 0, 0]),
    ],
    ids=["scaled outside", "scaled by the form", "turned"],
)
def test_text_on_top_of_a_scan_in_a_form_does_not_pass_for_the_page(tmp_path, drawing, form, matrix):
    """Programs that stamp a scan put it into a form; in the form's own space it may be one point wide."""
    assert not _own(_stamped(tmp_path, drawing, form, matrix)).blocks


@pytest.mark.parametrize(
    ("drawing", "form", "matrix"),
    [
        (b"q 60 0 0 60 20 760 cm /Im0 Do Q q 60 0 0 60 90 760 cm /Im0 Do Q", b"", []),
        (b"q 0.06 0 0 0.06 20 760 cm /Fm0 Do Q", b"q 1000 0 0 1000 0 0 cm /Im0 Do Q", [1, 0, 0, 1, 0, 0]),
        (b"/Fm0 Do", b"q 6 0 0 6 0 0 cm /Im0 Do Q", [10, 0, 0, 10, 0, 0]),
        (b"q 595 0 0 842 595 0 cm /Im0 Do Q", b"", []),
    ],
    ids=["two", "in a form", "scaled by the form", "beside the page"],
)
def test_a_letter_with_small_pictures_keeps_its_words(tmp_path, drawing, form, matrix):
    """A coat of arms is not a scan, no matter how it is drawn; a picture outside the page is not one either."""
    assert _own(_stamped(tmp_path, drawing, form, matrix)).blocks


@pytest.mark.parametrize(
    "text",
    [
        "RBHraCaNacRkkm<úCa Cati sasna RBHmhakSRt eyagtam rdæFmµnuBaØ énRBHraCaNacRkkm<úCa",
        "RBHraCaNacRkkm‹úCa Cati sasna RBHmhakSRt",
        "\ue041\ue042\ue043\ue044 \ue045\ue046\ue047\ue048 \ue049\ue04a the quick report of the court",
        "\ufffd\ufffd\ufffd the \ufffd\ufffd court heard",
        "្ក ា្ខ ិំ ុះ ្ ្ ្ ្ កខគឃ ្ង្ច្ឆ ា ិ ី ឹ ្ ្ាក",
        "12",
    ],
    ids=["legacy font", "little in a legacy font", "private use", "lost", "broken Khmer", "too little"],
)
def test_text_that_does_not_say_what_is_printed_is_not_trusted(text):
    """Such a page is recognised like a scan."""
    assert not is_sound(text)


@pytest.mark.parametrize(
    "text",
    [
        KHMER,
        FRENCH,
        f"{KHMER} No. 12/98 K.P. {FRENCH}",
        f"{KHMER} km‹C",
        f"{FRENCH} Dossier cR_Aa bX¤y",
        "ខ្ញុំបាទ\u200bឈ្មោះ សុខា អាយុ ៤៥ឆ្នាំ រស់នៅភូមិ",
    ],
)
def test_sound_text_is_trusted(text):
    """Khmer, French and both."""
    assert is_sound(text)
