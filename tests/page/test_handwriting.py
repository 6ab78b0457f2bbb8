"""Handwriting is found and marked, and print is never treated as handwriting."""

import numpy as np
import pytest
from PIL import Image

from config.settings import load
from models.page import Block, Line, Page, Rect
from models.scan import Kind
from pipeline.intake.inspect import inspect
from pipeline.page.handwriting import ALL_BY_HAND, BY_HAND
from pipeline.page.make import make_page
from pipeline.page.picture import Picture
from pipeline.page.read import read_picture
from pipeline.page.render import render
from pipeline.page.upright import make_upright
from pipeline.text.plain import page_text
from samples.age import Wear, age
from samples.hand import HANDS, put, scrawl, written
from samples.typeset import Text, draw, lay_out
from tests.conftest import ROOT, SHA

pytestmark = pytest.mark.slow

DPI = 200
EM = 48  # pixels: 6 mm, as people write
SETTINGS = load().page
KHMER = (
    "តុលាការបានសម្រេចឲ្យលើកពេលសវនាការ",
    "ចៅក្រមស្តាប់ចម្លើយរបស់សាក្សីនៅក្នុងបន្ទប់",
    "មេធាវីសុំឲ្យពិនិត្យឯកសារម្តងទៀត",
    "ក្រឡាបញ្ជីកត់ត្រាចម្លើយទាំងអស់",
)
NOTES = ("Vu le 12 mars par le greffier", "à transmettre au procureur", "le témoin n'est pas venu")


def printed():
    """The clean upper part of a page with Khmer print, and space below it."""
    (sheet,) = lay_out([Text(line, size=12, after=2) for line in KHMER], DPI)
    return draw(sheet)[: int(0.5 * sheet.height)]


def with_notes(page, seed, hand):
    """The page with three handwritten lines below its print, and their rows."""
    rng = np.random.default_rng(seed)
    page, down = page.copy(), round(0.45 * page.shape[0])
    begin = down
    for text in NOTES:
        ink = scrawl(16, EM / 2, rng) if hand == "strokes" else written(text, hand, EM, rng)
        put(page, ink[:, : page.shape[1] - 300], 200, down)
        down += ink.shape[0] + 12
    return page, (begin, down)


def read(pixels):
    return read_picture(Picture(pixels, float(DPI)), SETTINGS, 60.0)


def text_of(reading):
    page = Page(scan="", number=1, recipe="", width=1, height=1, dpi=DPI, blocks=reading.blocks)
    return page_text(page)[0]


@pytest.mark.parametrize("hand", [*HANDS, "strokes"])
def test_notes_by_hand_are_marked_and_not_read(hand):
    """Most handwritten lines are found; each place is handwriting, and the printed lines are read as without it."""
    page, (begin, end) = with_notes(printed(), 7, hand)
    worn = age(page, np.random.default_rng(8), wear=Wear(0.4, lean=1.5))
    reading = read(worn)
    assert text_of(reading).splitlines()[: len(KHMER)] == list(KHMER)
    assert len(reading.handwriting) >= 2
    slack = 60  # for the skew
    assert all(begin - slack < place.top < place.bottom < end + slack for place in reading.handwriting)
    assert BY_HAND in reading.notes
    upright = make_upright(Picture(worn, float(DPI)), reading.turn, reading.skew)
    for place in reading.handwriting:
        assert (upright.pixels[place.top : place.bottom, place.left : place.right] < 110).any()


def test_a_page_that_a_hand_wrote_is_kept_with_what_was_read_and_marked(tmp_path):
    """Badly read print looks the same, so no whole page loses its text. All of it is marked."""
    rng = np.random.default_rng(1)
    page = np.full((1500, 1654), 255, np.uint8)
    for row, text in enumerate(NOTES * 3):
        put(page, written(text, "Kristi", 1.3 * EM, rng), 150, 120 + 140 * row)
    Image.fromarray(age(page, rng, 0.5)).save(tmp_path / "letter.jpg", dpi=(DPI, DPI))
    made = make_page(tmp_path / "letter.jpg", Kind.JPEG, SHA, 1, SETTINGS, 60.0)
    assert not made.blank
    assert made.blocks
    assert made.handwriting_share == 1.0
    assert ALL_BY_HAND in made.notes


def test_the_printed_word_before_what_was_filled_in_is_kept():
    """A form's line is print, and is read as well as possible."""
    page = printed()
    (sheet,) = lay_out([Text("ឈ្មោះសាក្សី៖")], DPI)
    word = draw(sheet)
    rows, columns = np.nonzero(word < 128)
    word = 255 - word[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    put(page, word, 200, 600)
    put(page, written("Chan Dara Sophea", "DKG", 0.8 * EM, np.random.default_rng(2)), 220 + word.shape[1], 585)
    assert "ឈ្មោះសាក្សី" in text_of(read(page))


@pytest.mark.parametrize(
    ("scan", "number"),
    [
        ("box-001/dossier-A/03-saalakrom.pdf", 2),
        ("box-001/jugement-1964.jpg", 1),
        ("ប្រអប់-០០២/សំណុំរឿង-ក/២-បញ្ជីវត្ថុតាង.jp2", 1),
    ],
    ids=["sealed", "typewritten", "table"],
)
def test_print_is_not_taken_for_handwriting(scan, number):
    """Neither the seal over it, nor typewritten text, nor the cells of a table."""
    file = ROOT / "samples" / "boxes" / scan
    kind, _ = inspect(file, load().limits, SETTINGS.dpi)
    reading = read_picture(render(file, kind, number, SETTINGS.dpi, 60.0), SETTINGS, 60.0)
    assert reading.handwriting == ()
    assert reading.blocks


@pytest.mark.parametrize("face", ["Khmer OS Fasthand", "Khmer OS Freehand", "Khmer OS Bokor", "Khmer OS Muol Light"])
def test_faces_that_imitate_a_hand_are_print(face):
    """Even if they are too worn to read."""
    (sheet,) = lay_out([Text(line, face, 12, after=2) for line in KHMER], 150)
    worn = age(draw(sheet)[:700], np.random.default_rng(4), wear=Wear(2.0))
    assert read_picture(Picture(worn, 150.0), SETTINGS, 60.0).handwriting == ()


def test_the_share_is_that_of_the_written_area():
    """Of the places of lines, for any size of page."""
    line = Line(words=(), box=Rect(0, 0, 30, 10), confidence=1.0)
    page = Page(scan="", number=1, recipe="", width=100, height=100, dpi=100)
    assert page.handwriting_share == 0.0
    both = {"blocks": (Block(lines=(line,), box=line.box),), "handwriting": (Rect(0, 50, 10, 60),)}
    assert page.model_copy(update=both).handwriting_share == 0.25
