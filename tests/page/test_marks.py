"""Seals, stamps and signatures over print: what they leave of the lines, and where they are found."""

import cv2
import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein

from config.settings import load
from models.page import Block, Line, Rect, Word
from pipeline.page.layout import laid_out
from pipeline.page.picture import Picture
from pipeline.page.prepare import prepare
from pipeline.page.read import read_picture
from pipeline.page.specks import without_marks
from samples.age import Wear, age
from samples.typeset import Text, draw, lay_out
from tests.page.conftest import KHMER
from tests.page.test_read import text_of

DPI = 200
LINES = (*KHMER, *KHMER)
MIDDLE = (620, 330)


@pytest.fixture(scope="module")
def printed():
    """Clean print, two of whose lines or more are under whatever is drawn around :data:`MIDDLE`."""
    (sheet,) = lay_out([Text(line, size=12, after=2) for line in LINES], DPI)
    return draw(sheet)[: int(0.45 * sheet.height)]


def round_seal(ink):
    cv2.circle(ink, MIDDLE, 110, 255, 6, cv2.LINE_AA)
    cv2.circle(ink, MIDDLE, 70, 255, 3, cv2.LINE_AA)
    cv2.drawMarker(ink, MIDDLE, 255, cv2.MARKER_STAR, 60, 4)


def oval_stamp(ink):
    cv2.ellipse(ink, MIDDLE, (170, 90), 4, 0, 360, 255, 5, cv2.LINE_AA)


def tilted_stamp(ink):
    corners = cv2.boxPoints((MIDDLE, (330, 120), -11)).astype(np.int32)
    cv2.polylines(ink, [corners], True, 255, 6, cv2.LINE_AA)


def signature(ink):
    along = np.linspace(0, 1, 200)
    x = MIDDLE[0] - 170 + 340 * along + 45 * np.sin(18 * along)
    y = MIDDLE[1] + 75 * np.cos(18 * along) * (1 - 0.4 * along) + 20 * np.sin(5 * along)
    cv2.polylines(ink, [np.stack([x, y], axis=1).astype(np.int32)], False, 255, 5, cv2.LINE_AA)


MARKS = {"round": round_seal, "oval": oval_stamp, "tilted": tilted_stamp, "signature": signature}


def marked(page, kind):
    """How much ink of a mark there is at each place, 0 to 1."""
    ink = np.zeros(page.shape, np.uint8)
    MARKS[kind](ink)
    return ink / 255


def place_of(ink):
    rows, columns = np.nonzero(ink)
    return Rect(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)


def overlap(one, other):
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    union = sum((box.right - box.left) * (box.bottom - box.top) for box in (one, other)) - width * height
    return width * height / union if width > 0 and height > 0 else 0.0


@pytest.mark.parametrize("shade", [100, 255], ids=["grey", "black"])
@pytest.mark.parametrize("kind", MARKS)
def test_lines_under_a_mark_stay_apart_and_the_mark_is_found(printed, kind, shade):
    """Whatever its shape and shade: no line is lost, torn or joined to the next one."""
    ink = marked(printed, kind)
    page = np.clip(printed * (1 - shade / 255 * ink), 0, 255).astype(np.uint8)
    bare = laid_out(prepare(Picture(printed, float(DPI)), 300))
    page = laid_out(prepare(Picture(page, float(DPI)), 300))
    assert len(page.lines) == len(bare.lines) == len(LINES)
    for line, clean in zip(page.lines, bare.lines, strict=True):
        assert abs(line.top - clean.top) < page.letter / 2
        assert abs(line.bottom - clean.bottom) < page.letter / 2
    place = Rect(*(round(edge * 300 / DPI) for edge in place_of(ink)))
    # A black signature of loops may be taken for a stamp, and an oval for two marks.
    assert max(overlap(one, place) for one in (*page.marks.seals, *page.marks.signatures)) > 0.3


def test_print_without_marks_has_none(printed):
    """Neither clean nor worn."""
    worn = age(printed, np.random.default_rng(2), wear=Wear(1.5, lean=0))
    for pixels in (printed, worn):
        marks = prepare(Picture(pixels, float(DPI)), 300).marks
        assert marks.seals == marks.signatures == ()


@pytest.mark.slow
@pytest.mark.parametrize("colour", [(205, 40, 50), (40, 60, 190)], ids=["red", "blue"])
@pytest.mark.parametrize("kind", ["round", "signature"])
def test_coloured_marks_are_recorded_and_not_read(printed, kind, colour):
    """They are lifted off, and the page says where they were; the print under them is read."""
    ink = marked(printed, kind)
    pixels = printed[..., None] * (1 - ink[..., None] * (1 - np.array(colour) / 255))
    reading = read_picture(Picture(pixels.astype(np.uint8), float(DPI)), load().page, 600.0)
    lines = text_of(reading).splitlines()
    assert len(lines) == len(LINES)
    assert all(Levenshtein.distance(line, true) <= 2 for line, true in zip(lines, LINES, strict=True))
    found = reading.seals if kind == "round" else reading.signatures
    assert max(overlap(one, place_of(ink)) for one in found) > 0.6


@pytest.mark.parametrize(("confidence", "kept"), [(0.9, True), (0.2, True), (0.001, False)])
def test_a_worn_name_under_a_signature_is_kept(confidence, kept):
    """Only what makes no sense at all is left out."""
    place = Rect(100, 100, 500, 160)
    line = Line(words=(Word(text="ឈ្មោះ", box=place, confidence=confidence),), box=place, confidence=confidence)
    blocks = without_marks([Block(lines=(line,), box=place)], (), (Rect(80, 80, 520, 180),))
    assert bool(blocks) == kept


def test_the_line_above_a_black_bar_is_kept():
    """A line that was made unreadable, or the dark head of a table: what is beside it is on the paper."""
    (sheet,) = lay_out([Text("The court heard the witness again on the same day", size=6, after=0)] * 8, 300)
    page = draw(sheet)[: int(0.3 * sheet.height)].copy()
    bare = laid_out(prepare(Picture(page.copy(), 300.0), 300)).lines
    page[bare[2].bottom + 3 : bare[4].top - 3, 150:1500] = 0
    lines = laid_out(prepare(Picture(page, 300.0), 300)).lines
    assert [len(line.components) for line in lines[:3]] == [len(line.components) for line in bare[:3]]


def test_the_edge_of_a_desk_is_no_text(printed):
    """A photographed page, with crumbs of a shadow along the edge of the paper."""
    page = np.full((printed.shape[0] + 300, printed.shape[1] + 300), 25, np.uint8)
    page[150:-150, 150:-150] = printed
    for top in range(200, page.shape[0] - 200, 40):
        page[top : top + 14, page.shape[1] - 156 : page.shape[1] - 152] = 60
    assert len(laid_out(prepare(Picture(page, float(DPI)), 300)).lines) == len(LINES)
