"""Curved lines are made straight, and what was read is shown where it lies."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from models.page import Rect
from pipeline.page.curl import find_curl
from pipeline.page.picture import Picture
from pipeline.page.prepare import prepare

WIDTH, HEIGHT = 2400, 2000


def a_page(rise):
    """Lines that sink by ``rise`` pixels towards the middle of the page, and rise again."""
    pixels = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for top in range(250, 1750, 70):
        cv2.putText(pixels, "THE COURT HEARD NINE MEN AND" * 2, (200, top), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 30, 4)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    sunk = rise * np.cos((x - WIDTH / 2) / WIDTH * np.pi).astype(np.float32)
    curved = cv2.remap(pixels, x, y - sunk, cv2.INTER_LINEAR, borderValue=255)
    return Picture(np.asarray(curved, np.uint8), 300.0)


def line_tops(picture):
    """The highest ink of the first line at the left end, and in the middle."""
    columns = (slice(200, 400), slice(1100, 1300))
    return [int(np.nonzero((picture.pixels[:, part] < 128).any(axis=1))[0][0]) for part in columns]


def test_curved_lines_become_straight_and_boxes_go_back():
    """Both ends and the middle of a line are level; a box is moved back to where its ink is."""
    page = prepare(a_page(60), 300.0)
    left, middle = line_tops(page.even)
    assert middle - left > 40
    curl = find_curl(page)
    assert curl
    straight = curl.straightened(page.even)
    first, second = line_tops(straight)
    assert abs(first - second) < 10
    for at, was, left in ((first, line_tops(page.even)[0], 250), (second, middle, 1150)):
        box = Rect(left, at, left + 100, at + 30)
        assert curl.as_it_was(box, 1.0).top == pytest.approx(was, abs=10)
        double = curl.as_it_was(Rect(*(2 * edge for edge in box)), 2.0)
        assert double.top == pytest.approx(2 * was, abs=20)


def test_straight_lines_are_left_alone():
    """A level page keeps its pixels, and so does a page without lines."""
    page = prepare(a_page(0), 300.0)
    assert find_curl(page) is None
    assert find_curl(replace(page, chosen=page.chosen[:5])) is None
