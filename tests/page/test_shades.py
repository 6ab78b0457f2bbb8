"""Uneven ink becomes even; light ink is not taken for uneven ink."""

import cv2
import numpy as np

from pipeline.page.clean import ink_of
from pipeline.page.picture import Picture
from pipeline.page.shades import evened, light_from, only_light, without_light


def a_page(shades):
    """Rows of letters on white paper, with these shades in turn."""
    pixels = np.full((1200, 1500), 255, np.uint8)
    number = 0
    for top in range(150, 1050, 90):
        for left in range(120, 1380, 60):
            shade = int(shades[number % len(shades)])
            cv2.putText(pixels, "G", (left, top + 40), cv2.FONT_HERSHEY_SIMPLEX, 1.3, shade, 5)
            number += 1
    return Picture(np.asarray(cv2.GaussianBlur(pixels, (0, 0), 1.2), np.uint8), 300.0)


def inked(picture):
    return np.count_nonzero(ink_of(picture).pixels)


def test_weak_letters_of_a_worn_ribbon_are_found_whole():
    """Letters that are lighter than the threshold of their page are ink like their neighbours."""
    page = a_page(np.linspace(120, 212, 24))
    even = a_page([120])
    assert inked(page) < 0.8 * inked(even)
    assert inked(evened(page)) > 0.9 * inked(even)


def test_strong_ink_and_paper_stay_as_they_are():
    """A page whose ink is strong everywhere keeps its pixels: small print would fill."""
    page = a_page([40, 90])
    assert evened(page) is page


def test_ink_of_two_shades_is_divided_and_uneven_ink_is_not():
    """Only where no ink is of a shade between, the lighter ink may be of another origin."""
    two = a_page([50, 60, 50, 190])
    shade = light_from(two)
    assert 60 < shade <= 190
    assert light_from(a_page(np.linspace(50, 200, 40))) == 0
    assert light_from(a_page([50, 70])) == 0
    dark, light = without_light(two, shade), only_light(two, shade)
    first, fourth = np.s_[145:195, 115:165], np.s_[145:195, 295:345]
    assert dark.pixels[first].min() < 80
    assert dark.pixels[fourth].min() == 255
    assert light.pixels[first].min() == 255
    assert light.pixels[fourth].min() < 210
