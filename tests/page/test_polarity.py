"""Light writing on dark ground is found anywhere on a page, and is read like dark writing on light."""

import cv2
import numpy as np
import pytest

from config.settings import load
from models.page import Page
from pipeline.page.negatives import NEGATIVE, PARTLY_NEGATIVE
from pipeline.page.picture import Picture
from pipeline.page.polarity import positive
from pipeline.page.read import read_picture
from pipeline.page.upright import make_upright
from pipeline.text.plain import page_text
from samples.typeset import Gap, Text, draw, lay_out
from tests.page.conftest import FRENCH, KHMER

DPI = 200


def printed(*lines, size=11.5):
    """A clean page with these lines at its top, black on white; only empty paper is cut off."""
    faces = ("Liberation Serif", "Khmer OS Siemreap")
    blocks = [Text(line, faces[line[0] >= "\u1780"], size, after=2) for line in lines]
    (sheet,) = lay_out([Gap(14), *blocks], DPI)
    return draw(sheet)[: int(0.3 * sheet.height)]


def shaded(page, ground, ink, noise=3.0, fall=0.0):
    """The page with other shades, or colours, of paper and ink, with uneven lighting and noise."""
    cover = cv2.GaussianBlur(255 - page, (0, 0), 0.6).astype(np.float32)[..., None] / 255
    shades = np.array(ground, np.float32) + (np.array(ink, np.float32) - np.array(ground, np.float32)) * cover
    shades *= 1 + fall * np.linspace(-0.5, 0.5, page.shape[1])[None, :, None]
    shades += np.random.default_rng(7).normal(0, noise, shades.shape)
    whole = np.clip(shades, 0, 255).astype(np.uint8)
    return whole if isinstance(ground, tuple) else whole[..., 0]


def framed(page, shade, width=60):
    return cv2.copyMakeBorder(page, width, width, width, width, cv2.BORDER_CONSTANT, value=(shade,) * 3)


def banded(page, text, ground=0, ink=255, room=10, size=13):
    """The page with a bar at its top, and light words on it."""
    words = printed(text, size=size)
    rows, columns = np.nonzero(words < 128)
    words = words[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].astype(np.float32)
    height, width = words.shape
    whole = page.copy()
    whole[60 : 60 + height + 2 * room, 100:-100] = ground
    whole[60 + room : 60 + room + height, 140 : 140 + width] = ink + (ground - ink) * words / 255
    return whole


def found(pixels):
    return positive(Picture(np.ascontiguousarray(pixels), float(DPI)))


def read(pixels):
    return read_picture(Picture(np.ascontiguousarray(pixels), float(DPI)), load().page, 60)


def text_of(reading):
    page = Page(
        scan="0", number=1, recipe="", width=reading.width, height=reading.height, dpi=DPI, blocks=reading.blocks
    )
    return [line for line in page_text(page)[0].splitlines() if line]


PAGE = printed(KHMER[0], *FRENCH, KHMER[1])

NEGATIVES = {
    "bilevel": 255 - np.where(PAGE < 128, 0, 255).astype(np.uint8),
    "grey": shaded(PAGE, 50, 190),
    "low contrast": shaded(PAGE, 60, 110),
    "nearly black": shaded(PAGE, 8, 38, noise=2),
    "uneven light": shaded(PAGE, 80, 190, fall=0.6),
    "noise": shaded(PAGE, 40, 170, noise=20),
    "blueprint": shaded(PAGE, (30, 60, 140), (235, 240, 250)),
    "white ink on a light card": shaded(PAGE, (60, 110, 200), (220, 230, 250)),
    "yellow on red": shaded(PAGE, (150, 20, 30), (250, 230, 80)),
}


@pytest.mark.parametrize(
    ("kind", "frame"), [*((kind, None) for kind in NEGATIVES), *((kind, 255) for kind in NEGATIVES), ("grey", 0)]
)
def test_light_writing_on_dark_comes_out_dark_on_light(kind, frame):
    """With any shades, and with a light or a black frame around it: the ink stays in its place, and is dark."""
    pixels = NEGATIVES[kind] if frame is None else framed(NEGATIVES[kind], frame)
    made = found(pixels)
    assert made is not None
    assert made.mostly
    inside = made.picture.pixels if frame is None else made.picture.pixels[60:-60, 60:-60]
    ink = cv2.medianBlur(inside if inside.ndim == 2 else inside[..., 0], 3)
    assert np.median(ink) > 200
    assert ink[PAGE < 60].mean() < 120
    assert (ink[cv2.erode(PAGE, np.ones((9, 9), np.uint8)) == 255] > 150).mean() > 0.995


POSITIVES = {
    "white paper": PAGE,
    "grey paper": shaded(PAGE, 120, 30, noise=5, fall=0.3),
    "yellow paper": shaded(PAGE, (225, 205, 140), (40, 40, 40)),
    "dark green folder": shaded(PAGE, (30, 90, 60), (5, 10, 8)),
    "faded ink": shaded(PAGE, 210, 150),
    "black frame": framed(shaded(PAGE, 230, 30), 5, 80),
    "film with a black and a clear edge": framed(framed(shaded(PAGE, 230, 30), 5, 80), 255, 40),
    "heavy ink": cv2.erode(printed(*KHMER, size=16), np.ones((3, 3), np.uint8)),
    "empty": shaded(np.full_like(PAGE, 255), 230, 0),
    "black all over": shaded(np.full_like(PAGE, 255), 12, 0),
}


@pytest.mark.parametrize("kind", POSITIVES)
def test_dark_writing_on_light_is_left_alone(kind):
    """A page with dark paper, with black edges, or with nothing on it does not count as a negative."""
    assert found(POSITIVES[kind]) is None


@pytest.mark.parametrize(("lines", "turn"), [(KHMER, 0), (KHMER, 180), (FRENCH, 90)])
def test_negative_is_read_like_the_positive(lines, turn):
    """In all four directions, in a white frame and skewed: the same words in the same places, and a note."""
    page = shaded(printed(*lines), 30, 200)
    leaning = make_upright(Picture(page, 200.0), 0, -1.5).pixels
    fed = np.rot90(framed(leaning, 235), turn // 90)
    reading = read(fed)
    assert text_of(reading) == list(lines)
    assert reading.turn == turn
    assert reading.skew == pytest.approx(1.5, abs=0.15)
    assert reading.notes == (NEGATIVE,)
    upright = make_upright(Picture(np.ascontiguousarray(fed), 200.0), reading.turn, reading.skew).pixels
    covered = np.zeros(upright.shape, np.bool_)
    for block in reading.blocks:
        for line in block.lines:
            covered[line.box.top : line.box.bottom, line.box.left : line.box.right] = True
    lit = (upright > 120)[110:-110, 110:-110]
    assert (lit & covered[110:-110, 110:-110]).sum() > 0.95 * lit.sum()


@pytest.mark.parametrize(
    ("text", "ground", "ink", "room"),
    [
        ("LISTE DES PIECES", 0, 255, 10),
        ("បញ្ជីឈ្មោះ", 20, 235, 10),
        ("Liste des pièces jointes", 130, 250, 14),
        ("LISTE DES PIECES", 0, 255, 5),
    ],
    ids=["black", "khmer", "mid grey", "narrow"],
)
def test_words_on_a_dark_bar_are_read(text, ground, ink, room):
    """A heading that is white on a bar is a line like the others."""
    reading = read(banded(printed(*FRENCH[:2], KHMER[0]), text, ground, ink, room))
    assert text_of(reading) == [text, *FRENCH[:2], KHMER[0]]
    assert reading.notes == (PARTLY_NEGATIVE,)


def test_negative_with_two_words_on_it_is_read():
    """Little text is text, on dark ground, too."""
    reading = read(255 - printed("Annexe 3"))
    assert text_of(reading) == ["Annexe 3"]
    assert NEGATIVE in reading.notes


def test_page_that_is_half_negative_is_read_whole():
    """Two frames on one scan, one of them a negative."""
    reading = read(np.vstack([shaded(printed(*FRENCH), 235, 30), shaded(printed(*KHMER), 20, 220)]))
    assert text_of(reading) == [*FRENCH, *KHMER]


def test_photograph_on_a_page_does_not_become_text():
    """Light blots on dark ground are not letters: they are not read, and the page has no note."""
    page = shaded(printed(*FRENCH), 235, 30)
    chance = np.random.default_rng(2)
    photograph = np.full((250, 600), 25, np.uint8)
    for x, y, wide, high, light in chance.integers((20, 20, 3, 3, 90), (580, 230, 25, 25, 220), (40, 5)).tolist():
        cv2.ellipse(photograph, (x, y), (wide, high), 30, 0, 360, (light,), -1)
    page[-260:-10, 300:900] = cv2.GaussianBlur(photograph, (0, 0), 2)
    assert found(page) is not None
    reading = read(page)
    assert text_of(reading)[:3] == list(FRENCH)
    assert sum(len(line) for line in text_of(reading)[3:]) < 4
    assert not reading.notes


def test_black_page_with_dust_on_it_stays_black():
    """Nobody can see what is on it: it is neither text nor blank."""
    black = np.full((600, 600), 8, np.uint8)
    for x, y in np.random.default_rng(3).integers(20, 580, (12, 2)).tolist():
        cv2.circle(black, (x, y), 4, (150,), -1)
    reading = read(black)
    assert not reading.blank
    assert not any(line.words for block in reading.blocks for line in block.lines)
