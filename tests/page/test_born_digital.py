"""The words a PDF page brings along."""

from pathlib import Path

import pytest
from fpdf import FPDF
from PIL import Image

from pipeline.page.born_digital import is_sound, own_blocks

KHMER_FONT = Path("/usr/share/fonts/truetype/khmeros/KhmerOSbattambang.ttf")
KHMER = "លិខិតអញ្ជើញឱ្យមកបំភ្លឺហេតុ"
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


def test_a_born_digital_page_keeps_its_words_where_they_stand(tmp_path):
    """What was written needs no guess at what was written."""
    blocks = own_blocks(_pdf(tmp_path), 1, 300, 30)
    assert blocks is not None
    words = [word for block in blocks for line in block.lines for word in line.words]
    text = "".join(word.text + " " * word.space for word in words)
    assert KHMER in text
    assert FRENCH in text
    greffier = next(word for word in words if word.text == "greffier")
    assert greffier.box.left == pytest.approx((30 / 25.4 + 0.21) * 300, abs=30)
    assert greffier.box.bottom == pytest.approx(60 / 25.4 * 300, abs=25)
    assert greffier.confidence == 1


def test_text_on_top_of_a_scan_does_not_pass_for_the_page(tmp_path):
    """A stamp of the scanner's software says nothing of what is on the paper."""
    assert own_blocks(_pdf(tmp_path, picture=True), 1, 300, 30) is None


@pytest.mark.parametrize(
    "text",
    [
        "RBHraCaNacRkkm<úCa Cati sasna RBHmhakSRt eyagtam rdæFmµnuBaØ énRBHraCaNacRkkm<úCa",
        "\ue041\ue042\ue043\ue044 \ue045\ue046\ue047\ue048 \ue049\ue04a the quick report of the court",
        "\ufffd\ufffd\ufffd the \ufffd\ufffd court heard",
        "្ក ា្ខ ិំ ុះ ្ ្ ្ ្ កខគឃ ្ង្ច្ឆ ា ិ ី ឹ ្ ្ាក",
        "12",
    ],
    ids=["legacy font", "private use", "lost", "broken Khmer", "too little"],
)
def test_text_that_does_not_say_what_is_printed_is_not_trusted(text):
    """Such a page is recognised like a scan."""
    assert not is_sound(text)


@pytest.mark.parametrize(
    "text", [KHMER, FRENCH, f"{KHMER} No. 12/98 K.P. {FRENCH}", "ខ្ញុំបាទ\u200bឈ្មោះ សុខា អាយុ ៤៥ឆ្នាំ រស់នៅភូមិ"]
)
def test_sound_text_is_trusted(text):
    """Khmer, French and both."""
    assert is_sound(text)
