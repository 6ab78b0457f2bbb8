"""The searchable PDF is valid, and its Khmer text is unchanged."""

import io
import re
import subprocess

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pytest
from PIL import Image

from models.errors import ScanError
from models.failure import Code
from models.page import Block, Line, Rect, Word
from pipeline.formats.compress import compressed
from pipeline.formats.pdf import Description, write_pdf
from pipeline.page.picture import Picture
from pipeline.page.upright import Upright
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

PHRASES = ["ព្រះរាជាណាចក្រកម្ពុជា", "លេខ ២១៤/០៣", "ខ្ញុំបាទឈ្មោះសុខា", "tribunal de première instance"]
BLOCKS = [["ព្រះ|រាជា|ណាចក្រ|កម្ពុជា", "លេខ ២១៤/០៣"], ["ខ្ញុំ|បាទ|ឈ្មោះ|សុខា", "Le tribunal de première instance"]]


@pytest.fixture(scope="module")
def pdf(make, tmp_path_factory):
    """Three pages: words, none, words."""
    folder = tmp_path_factory.mktemp("pdf")
    pages = [make.page(*BLOCKS, number=1), make.page(number=2, blank=True), make.page(*BLOCKS, number=3)]
    pictures = [make.picture(page, folder / f"{page.number}.jpg") for page in pages]
    file = folder / "document.pdf"
    write_pdf(Description("សាលក្រម"), pages, pictures, file)
    return file, pages, pictures


def _pdftotext(file, *options):
    return subprocess.run(["pdftotext", *options, str(file), "-"], capture_output=True, check=True).stdout.decode()


@pytest.mark.parametrize("phrase", PHRASES)
@pytest.mark.parametrize("options", [(), ("-layout",), ("-raw",)], ids=["flow", "layout", "raw"])
def test_poppler_gives_every_phrase_back_intact(pdf, phrase, options):
    """No space inside a word, and only the reading order."""
    assert phrase in _pdftotext(pdf[0], *options)


@pytest.mark.parametrize("phrase", PHRASES)
def test_pdfium_gives_every_phrase_back_intact(pdf, phrase):
    """PDFium is Chromium's PDF viewer."""
    document = pdfium.PdfDocument(pdf[0])
    text = document[0].get_textpage().get_text_range()
    document.close()
    assert phrase in text


def test_it_is_pdfa_2b(pdf):
    """According to veraPDF, the reference validator."""
    _is_pdfa(pdf[0])


def _is_pdfa(file):
    command = [ROOT / "script" / "verapdf", "-f", "2b", "--format", "text", file]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    assert outcome.stdout.startswith("PASS"), outcome.stdout + outcome.stderr


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
    """A picture that is encoded twice loses quality twice."""
    file, _, pictures = pdf
    content = file.read_bytes()
    for picture in pictures:
        assert picture.read_bytes() in content


def test_the_document_says_what_it_is(pdf):
    """Title and language, for people and their screen readers."""
    info = subprocess.run(["pdfinfo", str(pdf[0])], capture_output=True, check=True).stdout.decode()
    assert "សាលក្រម" in info
    assert "Pages:           3" in info
    document = pdfium.PdfDocument(pdf[0])
    document.close()


def test_it_says_what_is_known_of_it_as_dublin_core(make, tmp_path):
    """In its XMP, where archives' programs look for them."""
    page = make.page(*BLOCKS)
    about = Description("សាលក្រម", "box_a/1", "judgment", ("1965-03-02", "1966"), ("លេខ ២១៤",), ("Tribunal",))
    write_pdf(about, [page], [make.picture(page, tmp_path / "1.jpg")], tmp_path / "out.pdf")
    with pikepdf.open(tmp_path / "out.pdf") as pdf, pdf.open_metadata() as info:
        assert {name: info[f"dc:{name}"] for name in ("title", "identifier", "source")} == {
            "title": "សាលក្រម",
            "identifier": "box_a/1",
            "source": "លេខ ២១៤",
        }
        assert info["dc:date"] == ["1965-03-02", "1966"]
        assert info["dc:creator"] == ["Tribunal"]
        assert info["dc:type"] == {"judgment"}
        assert info["dc:language"] == {"km"}
    _is_pdfa(tmp_path / "out.pdf")


@pytest.mark.parametrize(
    ("lines", "main", "all_of_them"),
    [
        (["Le greffier du tribunal de première", "instance a lu la plainte de la victime"], "fr", {"fr"}),
        (["The clerk of the court read the", "complaint to the victim and to his wife"], "en", {"en"}),
        (["ព្រះរាជាណាចក្រកម្ពុជា ជាតិ", "Le greffier du tribunal de la province"], None, {"km", "fr"}),
        (["Phnom Penh 1965", "Sok Dara, Kampot"], None, set()),
    ],
)
def test_it_says_its_languages(make, tmp_path, lines, main, all_of_them):
    """All in its XMP; the one with most letters for programs that read aloud; none if it is uncertain."""
    page = make.page(lines)
    write_pdf(Description("x"), [page], [make.picture(page, tmp_path / "1.jpg")], tmp_path / "out.pdf")
    with pikepdf.open(tmp_path / "out.pdf") as pdf, pdf.open_metadata() as info:
        assert info.get("dc:language", set()) == all_of_them
        outcome = pdf.Root.get("/Lang")
    if main:
        assert outcome == main
    _is_pdfa(tmp_path / "out.pdf")


@pytest.mark.parametrize("shape", [(1754, 1240), (1754, 1240, 3)], ids=["grey", "colour"])
def test_a_noisy_page_is_kept_small_and_its_writing_sharp(make, tmp_path, shape):
    """As JPEG 2000, in a normal PDF/A; a clean page stays a JPEG."""
    page = make.page(*BLOCKS)
    paper = np.random.default_rng(5).normal(200, 14, shape).clip(0, 255).astype(np.uint8)
    written = np.zeros(shape[:2], bool)
    written[400:1000:40, 200:1000] = written[402:1002:40, 200:1000] = True
    paper[written] = 40
    small = compressed(Upright(Picture(paper, 150)), 60, 130)
    assert len(small) < 1000 * 130 * 1.31 / 4 < len(compressed(Upright(Picture(paper, 150)), 60, 1000))
    with Image.open(io.BytesIO(small)) as image:
        assert image.format == "JPEG2000"
        seen = np.asarray(image.convert("L")).astype(int)
    assert seen[written].mean() < 90
    assert seen[~written].mean() > 180
    (tmp_path / "1").write_bytes(small)
    write_pdf(Description("x"), [page], [tmp_path / "1"], tmp_path / "out.pdf")
    _is_pdfa(tmp_path / "out.pdf")
    assert compressed(Upright(Picture(np.full(shape, 200, np.uint8), 150)), 60, 130)[:2] == b"\xff\xd8"


@pytest.mark.parametrize(
    ("dpi", "lines", "share"), [(720, (), 0.25), (720, (36, 36, 40, 90), 0.5), (720, (144,), 0.25), (720, (9,), 1)]
)
def test_a_noisy_page_is_not_made_so_coarse_that_its_lines_cannot_be_read(dpi, lines, share):
    """Films claim more dots per inch than they contain."""
    noise = np.random.default_rng(5).normal(200, 14, (400, 300)).clip(0, 255).astype(np.uint8)
    with Image.open(io.BytesIO(compressed(Upright(Picture(noise, dpi)), 60, 30, lines))) as image:
        assert image.size == pytest.approx((300 * share, 400 * share), abs=1)


# Width and height in pixels, dots per inch: as small, as large, as narrow as files claim.
SIZES = [
    (8, 8, 300),
    (1, 1, 9999),
    (300, 7300, 36),
    (4, 83_333, 300),
    (83_333, 4, 300),
    (400, 400, 1),
    (1, 1, 0.001),
]


@pytest.mark.parametrize("upright", [True, False])
def test_a_page_of_any_size_is_within_what_a_pdf_can_hold(make, tmp_path, upright):
    """In its proportions if they can be kept, with each word over its place in the picture."""
    pages = []
    for number, (width, height, dpi) in enumerate([*SIZES, (300, 400, 100)], 1):
        box = Rect(width // 4, height // 4, max(width // 4 + 1, width // 2), max(height // 4 + 1, height // 2))
        line = Line(words=(Word(text="Le", box=box, confidence=0.9),), box=box, confidence=0.9)
        blocks = (Block(lines=(line,), box=box),)
        shape = {"width": width, "height": height, "dpi": dpi, "blocks": blocks}
        pages.append(make.page(number=number).model_copy(update=shape))
    pictures = []
    for page in pages:
        pictures.append(tmp_path / str(page.number))
        pixels = np.full((page.height, page.width), 230, np.uint8)
        pictures[-1].write_bytes(compressed(Upright(Picture(pixels, page.dpi)), 60, 120))
    write_pdf(Description("x"), pages, pictures, tmp_path / "out.pdf", upright=upright)
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        sizes = [tuple(float(side) for side in sheet.mediabox[2:]) for sheet in pdf.pages]
    assert all(3 <= side <= 14_400 for size in sizes for side in size)
    assert sizes[2] == pytest.approx((300 * 14_400 / 7300, 14_400), rel=1e-4)
    assert sizes[-1] == pytest.approx((216, 288))
    info = re.findall(
        r'<word xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">', _pdftotext(tmp_path / "out.pdf", "-bbox")
    )
    for page, size, edges in zip(pages, sizes, info, strict=True):
        (left, top, right, bottom), box = map(float, edges), page.blocks[0].box
        assert (left / size[0], right / size[0]) == pytest.approx(
            (box.left / page.width, box.right / page.width), abs=0.05
        )
        assert (top / size[1], bottom / size[1]) == pytest.approx(
            (box.top / page.height, box.bottom / page.height), abs=0.05
        )
    _is_pdfa(tmp_path / "out.pdf")


def test_words_of_any_kind_are_within_what_a_pdf_can_hold(make, tmp_path):
    """Words in programs' own text: without a letter, with a control character, longer than the longest string."""
    texts = ["", "a\x00b", "x" * 40_000, "\U0001f600", "\ufffe", "\u17d2", "fin"]
    box = Rect(80, 60, 700, 90)
    line = Line(words=tuple(Word(text=text, box=box, confidence=0.9) for text in texts), box=box, confidence=0.9)
    page = make.page().model_copy(update={"blocks": (Block(lines=(line,), box=box),)})
    title = "ក" * 40_000
    write_pdf(Description(title), [page], [make.picture(page, tmp_path / "1.jpg")], tmp_path / "out.pdf")
    document = pdfium.PdfDocument(tmp_path / "out.pdf")
    text = document[0].get_textpage().get_text_range()
    document.close()
    assert text.count("x") == 40_000
    assert "fin" in text
    _is_pdfa(tmp_path / "out.pdf")


@pytest.mark.parametrize("shape", [(1, 1), (2, 1, 3), (1, 700), (65_501, 2), (4, 200_000), (70_000, 20, 3)])
def test_a_picture_of_any_size_can_be_compressed(shape):
    """A picture of one pixel, and one longer than a JPEG can be."""
    pixels = np.random.default_rng(5).integers(0, 256, shape, np.uint8)
    with Image.open(io.BytesIO(compressed(Upright(Picture(pixels, 1200)), 60, 120))) as image:
        assert min(image.size) >= 1


def test_a_picture_that_is_none_is_named(make, tmp_path):
    """The error carries a code and a reason."""
    (tmp_path / "bad.jpg").write_bytes(b"rubbish")
    with pytest.raises(ScanError) as caught:
        write_pdf(Description("x"), [make.page(["a"])], [tmp_path / "bad.jpg"], tmp_path / "out.pdf")
    assert caught.value.failure.code is Code.PDF


def test_nothing_is_left_beside_the_document(make, tmp_path):
    """Temporary files are removed at the end."""
    page = make.page(["a"])
    write_pdf(Description("x"), [page], [make.picture(page, tmp_path / "1.jpg")], tmp_path / "out.pdf")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["1.jpg", "out.pdf"]
