"""Words in the pictures on a page with its own text."""

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from config.settings import load
from models.scan import Kind
from pipeline.page.make import make_page
from pipeline.page.pictured import READ, UNREAD
from tests.page import raw_pdf

SETTINGS = load().page.model_copy(update={"dpi": 150})
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
LINES = ("Received of the plaintiff", "the sum of four hundred francs")


def _words(lines=LINES, turn=0.0, paper=235):
    image = Image.new("L", (500, 150), paper)
    for number, line in enumerate(lines):
        ImageDraw.Draw(image).text((25, 25 + 50 * number), line, 20, ImageFont.truetype(FONT, 26))
    return np.asarray(image.rotate(turn, expand=True, fillcolor=paper))


def _page(folder, content, pixels=None, extra=None):
    def put_in(pdf, page):
        if pixels is not None:
            page.Resources.XObject.Im0 = raw_pdf.picture(pdf, pixels)
            page.Resources.XObject.Fm0 = raw_pdf.form(pdf, page, "q 250 0 0 75 0 0 cm /Im0 Do Q")
        if extra:
            extra(pdf, page)

    file = raw_pdf.write(folder / "a.pdf", raw_pdf.BODY + content, put_in)
    return make_page(file, Kind.PDF, "ab" * 32, 1, SETTINGS, 30)


def _pictured(page):
    """Return the recognised words, and the box around them, in points from the left and the top."""
    words = [word for block in page.blocks[1:] for line in block.lines for word in line.words]
    found = [word for word in words if word.box.top > 90 / 72 * page.dpi]
    edges = list(zip(*(word.box for word in found), strict=True))
    box = (
        [72 / page.dpi * edge for edge in (min(edges[0]), min(edges[1]), max(edges[2]), max(edges[3]))] if found else []
    )
    return " ".join(word.text for word in found), found, box


def _in_a_note(pdf, page):
    raw_pdf.annotate(pdf, page, "q 250 0 0 75 40 60 cm /Im0 Do Q", (40, 60, 290, 135), F=4)


@pytest.mark.parametrize(
    ("content", "pixels", "extra"),
    [
        ("q 250 0 0 75 40 60 cm /Im0 Do Q", _words(), None),
        ("q 1 0 0 1 40 60 cm /Fm0 Do Q", _words(), None),
        ("", _words(), _in_a_note),
        ("q -250 0 0 -75 290 135 cm /Im0 Do Q", _words(turn=180), None),
        ("q -250 0 0 -75 290 135 cm /Im0 Do Q", _words(), None),
        ("q 250 0 0 75 40 60 cm /Im0 Do Q", _words(turn=-1.5), None),
        (
            f"q 250 0 0 75 40 60 cm BI /W 500 /H 150 /CS /G /BPC 8 /F /AHx ID {_words().tobytes().hex()}> EI Q",
            None,
            None,
        ),
    ],
    ids=["picture", "in a form", "in a note", "turned twice", "on its head", "leaning", "inline"],
)
def test_words_in_a_picture_are_recognised_where_they_stand(tmp_path, content, pixels, extra):
    """For every way to place a picture; their confidence is noted."""
    page = _page(tmp_path, content, pixels, extra)
    text, words, box = _pictured(page)
    assert text.split() == " ".join(LINES).split()
    assert all(word.confidence < 1 for word in words)
    assert page.source == "born-digital"
    assert page.notes == (READ,)
    assert page.unread == ()
    assert 40 <= box[0] < box[2] <= 290
    assert 300 - 135 <= box[1] < box[3] <= 300 - 60


def test_words_of_a_picture_that_stands_sideways_are_whole(tmp_path):
    """Also for text that runs up the page."""
    page = _page(tmp_path, "q 0 200 -60 0 300 5 cm /Im0 Do Q", _words())
    text, words, box = _pictured(page)
    assert text.split() == " ".join(LINES).split()
    assert 240 <= box[0] < box[2] <= 300
    # The sum is above the word before it, because lines run upwards.
    assert words[1].box.bottom < words[0].box.top


def test_of_many_pictures_all_are_read(tmp_path):
    """Words in hidden pictures are not read."""
    places = [(10, 10), (130, 10), (250, 10), (10, 80), (130, 80), (250, 80), (10, 140), (250, 140)]
    drawn = "".join(f"q 100 0 0 30 {left} {up} cm /Im0 Do Q " for left, up in places)
    covered = "q 100 0 0 30 130 140 cm /Im0 Do Q 1 g 125 135 115 40 re f"
    page = _page(tmp_path, drawn + covered, _words(), None)
    assert _pictured(page)[0].count("hundred") == len(places)


def test_letters_drawn_as_outlines_are_recognised(tmp_path):
    """Prepress programs turn text into curves: filled shapes, which are not text for programs that read the file."""
    shapes, _ = cv2.findContours(255 - _words(paper=255), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    outlines = " ".join(
        " ".join(f"{x} {150 - y} {'l' if number else 'm'}" for number, (x, y) in enumerate(shape[:, 0])) + " h"
        for shape in shapes
    )
    page = _page(tmp_path, f"q 0.5 0 0 0.5 40 60 cm {outlines} f* Q")
    assert _pictured(page)[0].split() == " ".join(LINES).split()


def _photo():
    waves = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 255, (150, 300), dtype=np.uint8), (0, 0), 7)
    return cv2.normalize(waves, np.empty_like(waves), 20, 230, cv2.NORM_MINMAX)


def _logo():
    pixels = np.full((150, 150), 255, np.uint8)
    cv2.circle(pixels, (75, 75), 60, 0, 8)
    return cv2.line(pixels, (30, 75), (120, 75), 0, 8)


@pytest.mark.parametrize(
    ("content", "pixels"),
    [
        ("q 50 0 0 50 40 60 cm /Im0 Do Q", _logo()),
        ("q 250 0 0 120 40 40 cm /Im0 Do Q", _photo()),
        ("".join(f"30 {20 + 20 * row} 300 0.7 re {30 + 60 * row} 20 0.7 80 re f " for row in range(5)), None),
        ("".join(f"{30 + 14 * box} 100 10 12 re s 30 {10 + 14 * (box % 6)} 10 10 re s " for box in range(18)), None),
        ("".join(f"{60 + 30 * bar} 20 20 {20 + 13 * bar % 70} re f " for bar in range(8)), None),
    ],
    ids=["logo", "photograph", "table", "empty boxes", "chart"],
)
def test_what_holds_no_words_adds_none(tmp_path, content, pixels):
    """And nobody is asked to check it."""
    page = _page(tmp_path, content, pixels)
    assert len([line for block in page.blocks for line in block.lines]) == 3
    assert (page.notes, page.unread) == ((), ())
    assert {word.confidence for block in page.blocks for line in block.lines for word in line.words} == {1.0}


def test_words_that_cannot_be_made_out_are_noted(tmp_path):
    """A person should check such a picture."""
    lines = [line[::-1] for line in ("THE WITNESS CAME BEFORE", "THE COURT AND SWORE TO IT")]
    page = _page(tmp_path, "q -250 0 0 75 290 60 cm /Im0 Do Q", _words(lines))
    assert page.unread == (UNREAD,)
