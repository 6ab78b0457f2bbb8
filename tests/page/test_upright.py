"""The geometry that makes a page upright."""

import math

import cv2
import numpy as np
import pytest

from pipeline.page.picture import Picture
from pipeline.page.upright import Upright, make_upright


def marked(height=400, width=300, channels=()):
    """Grey paper with a black mark near its upper left corner."""
    pixels = np.full((height, width, *channels), 230, np.uint8)
    pixels[20:40, 30:60] = 10
    return Picture(pixels, 200.0)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_quarter_turns_move_pixels_and_change_none(turn):
    """A turn is clockwise, and exact."""
    upright = make_upright(marked(), turn, 0)
    assert np.array_equal(upright.pixels, np.rot90(marked().pixels, -turn // 90))
    assert upright.dpi == 200.0


@pytest.mark.parametrize("channels", [(), (3,)])
@pytest.mark.parametrize("skew", [-2.5, 0.7])
def test_canvas_holds_the_whole_page(skew, channels):
    """The canvas is the bounding box of the turned picture, in grey and in colour; its corners are paper."""
    angle = math.radians(abs(skew))
    upright = make_upright(marked(channels=channels), 90, skew)
    width = math.ceil(400 * math.cos(angle) + 300 * math.sin(angle))
    height = math.ceil(400 * math.sin(angle) + 300 * math.cos(angle))
    assert upright.pixels.shape == (height, width, *channels)
    assert (upright.pixels[0, 0] == 230).all()
    assert (upright.pixels < 100).sum() == pytest.approx((marked(channels=channels).pixels < 100).sum(), rel=0.05)


def test_skew_is_turned_back_anticlockwise():
    """A line with clockwise skew, descending to the right, becomes level."""
    pixels = np.full((400, 400), 230, np.uint8)
    for column in range(50, 350):
        row = round(200 + (column - 200) * math.tan(math.radians(3)))
        pixels[row - 2 : row + 3, column] = 10
    rows, columns = np.nonzero(make_upright(Picture(pixels, 200.0), 0, 3.0).pixels < 100)
    assert np.polyfit(columns, rows, 1)[0] == pytest.approx(0, abs=0.005)


@pytest.mark.parametrize("channels", [(), (3,)])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize(("scale", "skew"), [(1, -2.5), (0.9, 0.7), (0.6, -2.5), (0.6, 0), (0.45, 3), (0.25, 3)])
def test_a_page_made_upright_and_smaller_at_once_has_everything_in_its_place(channels, turn, scale, skew):
    """As if it were made upright first: words are placed over it by the boxes of the whole page."""
    blurred = cv2.GaussianBlur(np.random.default_rng(1).normal(0, 1, (800, 600, *channels)), (0, 0), 6)
    page = Upright(Picture((128 + 1000 * blurred).clip(0, 255).astype(np.uint8), 200.0), turn, skew)
    whole = page.at(1)
    assert whole.shape[1::-1] == page.size
    for crisp in (True, False):
        small = page.at(scale, crisp=crisp)
        assert small.shape[1::-1] == tuple(round(side * scale) for side in page.size)
        expected = cv2.resize(whole, small.shape[1::-1], interpolation=cv2.INTER_AREA)
        inside = np.s_[60:-60, 60:-60] if scale > 0.5 else np.s_[30:-30, 30:-30]
        difference = cv2.absdiff(small, expected)[inside]
        moved = cv2.absdiff(small[:, 1:], expected[:, :-1])[inside]
        assert difference.mean() < moved.mean() / 3
