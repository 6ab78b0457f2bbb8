"""The searchable PDF: valid, and Khmer comes out of it as it went in."""

import subprocess

import pypdfium2 as pdfium
import pytest

from models.failure import BannasarError, Code
from pipeline.archive.pdf import write_pdf
from tests.conftest import ROOT

PHRASES = ["ព្រះរាជាណាចក្រកម្ពុជា", "លេខ ២១៤/០៣", "ខ្ញុំបាទឈ្មោះសុខា", "tribunal de première instance"]
BLOCKS = [["ព្រះ|រាជា|ណាចក្រ|កម្ពុជា", "លេខ ២១៤/០៣"], ["ខ្ញុំ|បាទ|ឈ្មោះ|សុខា", "Le tribunal de première instance"]]


@pytest.fixture(scope="module")
def pdf(make, tmp_path_factory):
    """Three pages: words, none, words."""
    folder = tmp_path_factory.mktemp("pdf")
    pages = [make.page(*BLOCKS, number=1), make.page(number=2, blank=True), make.page(*BLOCKS, number=3)]
    pictures = [make.picture(page, folder / f"{page.number}.jpg") for page in pages]
    file = folder / "document.pdf"
    write_pdf("សាលក្រម", pages, pictures, file)
    return file, pages, pictures


def _pdftotext(file, *options):
    return subprocess.run(["pdftotext", *options, str(file), "-"], capture_output=True, check=True).stdout.decode()


@pytest.mark.parametrize("phrase", PHRASES)
@pytest.mark.parametrize("options", [(), ("-layout",), ("-raw",)], ids=["flow", "layout", "raw"])
def test_poppler_gives_every_phrase_back_intact(pdf, phrase, options):
    """No space inside a word, no order but the one of reading."""
    assert phrase in _pdftotext(pdf[0], *options)


@pytest.mark.parametrize("phrase", PHRASES)
def test_pdfium_gives_every_phrase_back_intact(pdf, phrase):
    """PDFium is what Chromium shows PDFs with."""
    document = pdfium.PdfDocument(pdf[0])
    text = document[0].get_textpage().get_text_range()
    document.close()
    assert phrase in text


def test_it_is_pdfa_2b(pdf):
    """veraPDF, the archives' own judge, says so."""
    command = [ROOT / "script" / "verapdf", "-f", "2b", "--format", "text", pdf[0]]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.stdout.startswith("PASS"), said.stdout + said.stderr


def test_the_words_lie_over_their_picture(pdf):
    """Within two pixels, so that a mark on a word is on that word."""
    file, pages, _ = pdf
    words = [line.split(">")[0] for line in _pdftotext(file, "-bbox").split("\n") if "première" in line]
    edges = dict(part.split("=") for part in words[0].split()[1:])
    word = next(w for line in pages[0].blocks[1].lines for w in line.words if w.text == "première")
    left, right = (float(edges[name].strip('"')) * 100 / 72 for name in ("xMin", "xMax"))
    assert left == pytest.approx(word.box.left, abs=2)
    assert right == pytest.approx(word.box.right, abs=2)


def test_the_pictures_are_embedded_as_they_are(pdf):
    """A picture that is encoded twice loses twice."""
    file, _, pictures = pdf
    content = file.read_bytes()
    for picture in pictures:
        assert picture.read_bytes() in content


def test_the_document_says_what_it_is(pdf):
    """Title and language, for people and their readers."""
    told = subprocess.run(["pdfinfo", str(pdf[0])], capture_output=True, check=True).stdout.decode()
    assert "សាលក្រម" in told
    assert "Pages:           3" in told
    document = pdfium.PdfDocument(pdf[0])
    document.close()


def test_a_picture_that_is_none_is_named(make, tmp_path):
    """The error carries a code and a reason."""
    (tmp_path / "bad.jpg").write_bytes(b"rubbish")
    with pytest.raises(BannasarError) as caught:
        write_pdf("x", [make.page(["a"])], [tmp_path / "bad.jpg"], tmp_path / "out.pdf")
    assert caught.value.failure.code is Code.PDF


def test_nothing_is_left_beside_the_document(make, tmp_path):
    """Work in progress goes when it is done."""
    page = make.page(["a"])
    write_pdf("x", [page], [make.picture(page, tmp_path / "1.jpg")], tmp_path / "out.pdf")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["1.jpg", "out.pdf"]
