"""The shades of ink on a page: makes uneven ink even, and finds ink that is lighter than the rest."""

import cv2
import numpy as np

from models.page import Rect
from pipeline.page.clean import shrunk
from pipeline.page.components import Components
from pipeline.page.picture import Picture, Pixels

_WEAK = 225
"""Ink is darker than this on a flattened picture, however light it is."""

_STRONG = 87.0
"""Ink that is this much darker than its paper is read as well as black ink. Making it darker would fill small print."""

_NOISE = 30.0
"""The grain of paper differs by less from its paper."""

_MOST_GAIN = 3.0

_RIM = 0.25
"""In inches: the edge of a scan, which is not evened."""

_REACH = 0.1
"""In inches: about a letter. Ink is as strong as the darkest ink within half of this distance."""

_WORTH = 0.02
"""From this share of weak ink on, a page is evened."""

_STEP = 8
_VALLEY, _LIGHT = 0.01, 0.06
"""Two shades of ink: this share of it, at most, has a shade between them, and this share, at least, is lighter."""

_LIGHTEST, _DARKEST = 192, 112
"""Where the shade between two shades may be."""

_LEAST_INK = 0.002
"""In square inches: a seal or a stamp has more ink."""

_MARK, _APART = 0.12, 40.0
"""The least share of the ink of a seal and of the print under it, and by how many shades they differ."""

_CORE = 0.03
"""In inches: the width of the blurred edge of strokes."""


def evened(even: Picture) -> Picture:
    """Return a flattened picture on which weak letters, as of a worn ribbon, are as dark as their neighbours.

    Ink is made darker up to a strength at which it is read well. Strong ink and paper stay as they are.

    Args:
        even: Flattened grey picture.
    """
    height, width = even.pixels.shape
    factor = max(1, round(even.dpi / 100))
    small = shrunk(even.showing(np.asarray(cv2.medianBlur(even.pixels, 3), np.uint8)), factor).pixels
    inked = small < 255 - _NOISE
    if not inked.any():
        return even
    window = 2 * max(1, round(_REACH * even.dpi / factor / 2)) + 1
    darkest = cv2.blur(cv2.erode(small, np.ones((window, window), np.uint8)), (window, window))
    strength = np.asarray(cv2.bitwise_not(darkest), np.uint8)
    target = min(_STRONG, float(np.percentile(strength[inked], 75)))
    # The grain at the edges of a scan, beyond the paper, would become dots.
    rim = max(1, round(_RIM * even.dpi / factor))
    strength[:rim] = strength[-rim:] = strength[:, :rim] = strength[:, -rim:] = 0
    shades = np.arange(256)
    gain = np.clip(target / np.maximum(shades, 1), 1, _MOST_GAIN)
    gain = 1 + (gain - 1) * np.clip((shades - 0.7 * _NOISE) / (0.6 * _NOISE), 0, 1)
    if float((gain > 1.2)[strength[inked]].mean()) < _WORTH:
        return even
    # 64 means unchanged: OpenCV multiplies bytes many times as fast as fractions.
    few = cv2.LUT(strength, np.round(gain * 64).astype(np.uint8))
    times = cv2.resize(few, (width, height), interpolation=cv2.INTER_LINEAR)
    dark = cv2.multiply(cv2.bitwise_not(even.pixels), times, scale=1 / 64)
    return even.showing(np.asarray(cv2.bitwise_not(dark), np.uint8))


def light_from(even: Picture) -> int:
    """Return the shade between dark and light ink on a flattened picture; 0 if there is only one shade of ink.

    The shade of a letter is its darkest. Uneven ink has all shades, and none between two.

    Args:
        even: Flattened grey picture.
    """
    small = shrunk(even, max(1, round(even.dpi / 150)))
    weak = np.asarray(cv2.threshold(small.pixels, _WEAK, 255, cv2.THRESH_BINARY_INV)[1], np.uint8)
    components = Components.of(weak)
    heights, widths, areas = components.heights, components.widths, components.boxes[:, 4]
    letters = (heights > small.dpi / 40) & (heights < small.dpi / 2) & (widths > small.dpi / 100)
    letters &= widths < 2 * small.dpi
    letters[0] = False
    inked = components.labels > 0
    darkest = np.full(len(heights), 255, np.uint8)
    np.minimum.at(darkest, components.labels[inked], small.pixels[inked])
    shares = np.bincount(darkest[letters] // _STEP, weights=areas[letters], minlength=256 // _STEP)
    shares = shares / max(1, shares.sum())
    lighter = np.cumsum(shares[::-1])[::-1]
    for at in range(_LIGHTEST // _STEP, _DARKEST // _STEP, -1):
        if shares[at - 2 : at].sum() < _VALLEY and _LIGHT < lighter[at] < 0.5:
            return at * _STEP
    return 0


def without_light(even: Picture, shade: int) -> Picture:
    """Return a flattened picture without ink that is nowhere darker than a shade."""
    calm = np.asarray(cv2.medianBlur(even.pixels, 3), np.uint8)
    others = cv2.bitwise_not(_near_dark(calm, shade, even.dpi))
    return even.showing(np.asarray(cv2.bitwise_or(even.pixels, others), np.uint8))


def only_light(even: Picture, shade: int) -> Picture:
    """Return a flattened picture with only the ink that is nowhere darker than a shade."""
    calm = np.asarray(cv2.medianBlur(even.pixels, 3), np.uint8)
    return even.showing(np.asarray(cv2.bitwise_or(even.pixels, _near_dark(calm, shade, even.dpi)), np.uint8))


def _near_dark(calm: Pixels, shade: int, dpi: float) -> Pixels:
    """Return the mask of the ink darker than a shade, with the blurred edges of its strokes."""
    dark = cv2.threshold(calm, shade - 1, 255, cv2.THRESH_BINARY_INV)[1]
    width = 2 * max(1, round(_CORE * dpi / 2)) + 1
    return np.asarray(cv2.dilate(dark, np.ones((width, width), np.uint8)), np.uint8)


def shade_of_marks(even: Picture, box: Rect, letters: float) -> int:
    """Return the shade between print and the lighter ink of a seal or a stamp in a box; 0 if there are not these two.

    Args:
        even: Flattened grey picture.
        box: The place of the seal or the stamp.
        letters: The shade of most letters of the page.
    """
    left, top, right, bottom = box
    part = np.ascontiguousarray(even.pixels[top:bottom, left:right])
    wide = 2 * max(1, round(even.dpi / 150)) + 1
    darkest = cv2.erode(np.asarray(cv2.medianBlur(part, 3), np.uint8), np.ones((wide, wide), np.uint8))
    inked = darkest[part < _WEAK - _NOISE]
    if inked.size < _LEAST_INK * even.dpi**2:
        return 0
    shade = int(cv2.threshold(inked, 0, 255, cv2.THRESH_OTSU)[0]) + 1
    light = inked >= shade
    share = float(light.mean())
    if not _MARK < share < 1 - _MARK:
        return 0
    apart = float(inked[light].mean() - inked[~light].mean())
    return shade if apart > _APART and letters < shade - _APART / 4 else 0
