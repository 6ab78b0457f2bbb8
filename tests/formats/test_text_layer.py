"""The text layer of all kinds of pages: narrow, wide, crowded, in columns and tables."""

import re
import subprocess
import tempfile
import threading
from itertools import pairwise

import cv2
import numpy as np
import pypdfium2 as pdfium
import pytest
from pikepdf import Name
from PIL import Image

from models.errors import ScanError
from models.failure import Code
from models.page import Block, Cell, Line, Page, Rect, Word
from pipeline.formats import pdf as pdf_module
from pipeline.formats.pdf import Description, write_pdf
from pipeline.page.picture import Picture
from pipeline.page.upright import make_upright
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

# Lines of words, ``+`` where no space follows; each begins differently, so that none is found in another.
KHMER = [
    ["ព្រះរាជា+", "ណាចក្រ+", "កម្ពុជា", "ជាតិ"],
    ["សាលក្រម+", "ព្រហ្មទណ្ឌ", "លេខ", "២១៤/០៣"],
    ["ចុងចោទ", "ក", "ខ", "១", "។"],
    ["ខេត្ត+", "បាត់ដំបង", "Le", "tribunal", "a", "condamné", "à", "3", "ans"],
]


def a_line(words, left, top, height=90, letter=20, gap=24):
    """Set words on a line, all as high as the line."""
    made = []
    for word in words:
        text = word.removesuffix("+")
        right = left + letter * len(text)
        made.append(Word(text=text, box=Rect(left, top, right, top + height), confidence=0.9, space=word == text))
        left = right + (gap if word == text else 4)
    return Line(words=tuple(made), box=Rect(made[0].box.left, top, made[-1].box.right, top + height), confidence=0.9)


def a_block(*lines, cell=None):
    """Put lines into a block."""
    edges = [line.box for line in lines]
    box = Rect(min(e.left for e in edges), edges[0].top, max(e.right for e in edges), edges[-1].bottom)
    return Block(lines=lines, box=box, cell=cell)


def phrases(page):
    """Return the text of each line of a page."""
    return [
        "".join(word.text + " " * word.space for word in line.words).strip()
        for block in page.blocks
        for line in block.lines
    ]


def numbered(words, mark):
    """Distinguish the words of one line from those of another."""
    return [f"{word.removesuffix('+')}{mark}{'+' * word.endswith('+')}" for word in words]


def column(left, mark, shift=0):
    """Return a column of twelve lines with ink of different heights, as in Khmer."""
    return a_block(
        *(
            a_line(numbered(KHMER[n % 3], f"{mark}{n}"), left, 200 + shift + 100 * n, 80 + n * 7 % 40, letter=12)
            for n in range(12)
        )
    )


def overlapping():
    """Return a line whose second word begins before the first ends, as recognisers sometimes report."""
    line = a_line(["Dossier", "n°", "45"], 200, 200, 65)
    second = line.words[1].model_copy(update={"box": Rect(310, 200, 372, 265)})
    return line.model_copy(update={"words": (line.words[0], second, line.words[2])})


LAYOUTS = {
    "lines": [a_block(*(a_line(words, 200, 200 + 130 * n) for n, words in enumerate(KHMER)))],
    "lines that reach into one another": [
        a_block(*(a_line(words, 200, 200 + 100 * n, 118) for n, words in enumerate(KHMER)))
    ],
    "narrow spaces in a high line": [a_block(a_line(["No.", "123/98", "du", "12", "mars"], 200, 200, 120, gap=2))],
    "typewritten capitals": [a_block(a_line(["ROYAUME", "DU", "CAMBODGE"], 200, 200, 21, gap=30))],
    "boxes that overlap": [a_block(overlapping())],
    "columns": [column(150, "a"), column(1300, "b")],
    "columns whose lines do not meet": [column(150, "a"), column(1300, "b", 37)],
    "a table": [
        a_block(
            a_line(numbered(KHMER[(row + at) % 3][:2], f"{row}{at}"), 150 + 560 * at, 300 + 130 * row, 95, letter=14),
            cell=Cell(table=0, row=row, column=at),
        )
        for row in range(6)
        for at in range(4)
    ],
    "a letter outside the first 65,536": [a_block(a_line(["𝔸b", "និង", "c"], 200, 200))],
    "nothing": [],
}


@pytest.fixture(scope="module")
def pages():
    """One page for each layout."""
    return {
        name: Page(scan="ab" * 32, number=number, recipe="r", width=2480, height=3508, dpi=300.0, blocks=tuple(blocks))
        for number, (name, blocks) in enumerate(LAYOUTS.items(), 1)
    }


@pytest.fixture(scope="module")
def pdf(make, pages, tmp_path_factory):
    """All of them in one document."""
    folder = tmp_path_factory.mktemp("layouts")
    pictures = [make.picture(page, folder / f"{page.number}.jpg") for page in pages.values()]
    write_pdf(Description("ប្លង់"), list(pages.values()), pictures, folder / "document.pdf")
    return folder / "document.pdf"


def poppler(pdf, page, *options):
    """Return the text of a page as poppler returns it."""
    numbers = ["-f", str(page.number), "-l", str(page.number)]
    return subprocess.run(["pdftotext", *options, *numbers, pdf, "-"], check=True, capture_output=True).stdout.decode()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_line_comes_back_whole(pdf, pages, layout):
    """With poppler and with PDFium, with its spaces and no others."""
    wanted = [phrase.replace("𝔸", "\ufffd") for phrase in phrases(pages[layout])]
    document = pdfium.PdfDocument(pdf)
    by_pdfium = document[pages[layout].number - 1].get_textpage().get_text_range()
    document.close()
    by_poppler = poppler(pdf, pages[layout])
    assert [phrase for phrase in wanted if phrase not in by_poppler] == []
    assert [phrase for phrase in wanted if phrase not in by_pdfium] == []


def test_lines_come_back_in_order(pdf, pages):
    """A paragraph is read from top to bottom even if its lines overlap."""
    text = poppler(pdf, pages["lines that reach into one another"])
    places = [text.index(phrase) for phrase in phrases(pages["lines that reach into one another"])]
    assert all(before < after for before, after in pairwise(places))


def test_marks_lie_on_the_line(pdf, pages):
    """Within two pixels on all four sides."""
    (outcome,) = [line for line in poppler(pdf, pages["lines"], "-bbox").split("\n") if ">tribunal<" in line]
    edges = [float(part.split('"')[1]) * 300 / 72 for part in outcome.split(">")[0].split()[1:]]
    (word,) = [w for line in pages["lines"].blocks[0].lines for w in line.words if w.text == "tribunal"]
    assert edges == pytest.approx(list(word.box), abs=2)


@pytest.mark.parametrize("layout", ["lines", "typewritten capitals", "columns", "a table"])
def test_marks_are_as_high_as_their_lines(pdf, pages, layout):
    """In poppler and in PDFium, also if wide spaces need a large font, within two pixels."""
    page = pages[layout]
    lines = [line for block in page.blocks for line in block.lines]
    rects = re.findall(r'<word xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">', poppler(pdf, page, "-bbox"))
    for left, top, right, bottom in ([float(edge) * 300 / 72 for edge in edges] for edges in rects):
        (line,) = [
            line
            for line in lines
            if line.box.left - 2 < left < right < line.box.right + 2
            and line.box.top - 2 < (top + bottom) / 2 < line.box.bottom + 2
        ][:1]
        assert (top, bottom) == pytest.approx((line.box.top, line.box.bottom), abs=2)
    document = pdfium.PdfDocument(pdf)
    sheet = document[page.number - 1]
    _, low, _, high = sheet.get_textpage().get_charbox(0, loose=True)
    height = sheet.get_height()
    document.close()
    top, bottom = ((height - edge) * 300 / 72 for edge in (high, low))
    assert (top, bottom) == pytest.approx((lines[0].box.top, lines[0].box.bottom), abs=2)


def test_every_layout_is_pdfa_2b(pdf):
    """Also blank pages, and letters without a code."""
    command = [ROOT / "script" / "verapdf", "-f", "2b", "--format", "text", pdf]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    assert outcome.stdout.startswith("PASS"), outcome.stdout + outcome.stderr


def test_a_worker_makes_it_off_its_main_thread(make, tmp_path):
    """Dask calls its tasks in a separate thread."""
    page = make.page(["ព្រះ|រាជា"])
    picture = make.picture(page, tmp_path / "1.jpg")
    thread = threading.Thread(target=write_pdf, args=(Description("x"), [page], [picture], tmp_path / "out.pdf"))
    thread.start()
    thread.join()
    assert "ព្រះរាជា" in poppler(tmp_path / "out.pdf", page)


def test_a_pdf_that_is_no_pdfa_is_refused(make, tmp_path, monkeypatch):
    """Before anything is written: here, a picture in colours that the PDF does not define."""
    page = make.page(["x"])
    picture = make.picture(page, tmp_path / "1.jpg")
    monkeypatch.setitem(pdf_module._COLOURS, "L", Name.DeviceCMYK)
    with pytest.raises(ScanError) as caught:
        write_pdf(Description("x"), [page], [picture], tmp_path / "out.pdf")
    assert caught.value.failure.code is Code.PDF
    assert "no PDF/A" in caught.value.failure.detail
    assert not (tmp_path / "out.pdf").exists()


def test_no_work_is_left_behind(make, tmp_path, monkeypatch):
    """After a success as well as after a failure, because a worker runs for a long time."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    page = make.page(["x"])
    write_pdf(Description("x"), [page], [make.picture(page, tmp_path / "1.jpg")], tmp_path / "out.pdf")
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(ScanError):
        write_pdf(Description("x"), [page], [tmp_path / "bad.jpg"], tmp_path / "out.pdf")
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("skew", [-4.0, 0.0, 2.5])
def test_words_lie_over_a_picture_as_scanned(tmp_path, turn, skew):
    """For every orientation and skew of the scan, each word is found on its ink, within two pixels."""
    scanned = np.full((1240, 1754), 230, np.uint8)
    cv2.putText(scanned, "x", (1300, 300), cv2.FONT_HERSHEY_SIMPLEX, 3, 0, 20)
    upright = make_upright(Picture(scanned, 150.0), turn, skew).pixels
    rows, columns = (np.flatnonzero((upright < 90).any(axis=axis)) for axis in (1, 0))
    box = Rect(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    line = Line(words=(Word(text="x", box=box, confidence=1.0),), box=box, confidence=1.0)
    page = Page(
        scan="ab" * 32,
        number=1,
        recipe="r",
        width=upright.shape[1],
        height=upright.shape[0],
        dpi=150.0,
        turn=turn,
        skew=skew,
        blocks=(Block(lines=(line,), box=box),),
    )
    Image.fromarray(scanned).save(tmp_path / "1.jpg", dpi=(150, 150))
    write_pdf(Description("x"), [page], [tmp_path / "1.jpg"], tmp_path / "out.pdf", upright=False)
    document = pdfium.PdfDocument(tmp_path / "out.pdf")
    shown = document[0].render(scale=150 / 72).to_numpy()
    left, bottom, right, top = (edge * 150 / 72 for edge in document[0].get_textpage().get_charbox(0))
    document.close()
    assert shown.shape[:2] == pytest.approx(scanned.shape, abs=2)
    rows, columns = (np.flatnonzero((scanned < 90).any(axis=axis)) for axis in (1, 0))
    middle = ((left + right) / 2, scanned.shape[0] - (top + bottom) / 2)
    assert middle == pytest.approx(((columns[0] + columns[-1] + 1) / 2, (rows[0] + rows[-1] + 1) / 2), abs=2)
