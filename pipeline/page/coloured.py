"""Finds seals and signatures in coloured ink, which is lifted off before the page is read."""

from collections.abc import Sequence

import cv2
import numpy as np

from models.page import Rect, Turn
from pipeline.page.clean import COLOURED, shrunk
from pipeline.page.components import Components
from pipeline.page.marks import Marks, share_inside
from pipeline.page.picture import Picture, Pixels, extremes, medians
from pipeline.page.upright import make_upright

_DPI = 75.0
_SEAL, _SIGNATURE = 0.4, 0.2
"""In inches: the least width and height of a seal, and of a signature, which is three times as long."""

_WIDEST, _GAP = 3.5, 0.05
"""In inches: larger areas are pictures or paper; the gaps in a mark are narrower."""

_FULL, _ROUND, _FRAMED = 0.7, 0.55, 0.9
"""The share of its box that the convex hull of a seal fills (a circle fills .79), and its least height for its width; a
stamp with a frame fills nearly all of its box, and may be as low as a signature."""

_SOLID = 0.6
"""The share of its box that is ink: a picture or a bar has more."""

_TEXT = 0.5
"""The share of a coloured area that is covered by lines: if there is more, it is text."""

_BLACK_INK = 0.15
"""The least share of black ink: with less, the writing itself is coloured."""


def coloured_marks(picture: Picture, turn: Turn, skew: float, lines: Sequence[Rect]) -> Marks:
    """Return the seals and signatures in coloured ink.

    Args:
        picture: The page as scanned, grey or RGB.
        turn: The clockwise turn in degrees that makes it upright.
        skew: The skew that is left.
        lines: The places of the lines that were read with confidence, in pixels of the upright page.

    Returns:
        Their places in pixels of the upright page.
    """
    if picture.pixels.ndim == 2:
        return Marks()
    factor = max(1, round(picture.dpi / _DPI))
    small = make_upright(shrunk(picture, factor), turn, skew)
    seals, signatures = list[Rect](), list[Rect]()
    for mask in _inks(small.pixels):
        reach = max(3, round(_GAP * small.dpi)) | 1
        whole = Components.of(np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))))
        for number in range(1, len(whole.boxes)):
            left, top, right, bottom, _ = (int(value) for value in whole.boxes[number])
            narrow, wide = sorted((right - left, bottom - top))
            if narrow < _SIGNATURE * small.dpi or wide > _WIDEST * small.dpi:
                continue
            own = (whole.labels[top:bottom, left:right] == number) & (mask[top:bottom, left:right] > 0)
            place = Rect(left * factor, top * factor, right * factor, bottom * factor)
            if own.mean() > _SOLID or _is_print(place, lines):
                continue
            points = cv2.findNonZero(own.astype(np.uint8))
            hull = cv2.convexHull(points)
            (_, (across, down), _) = cv2.minAreaRect(hull)
            full = cv2.contourArea(hull) / max(1.0, across * down)
            if narrow > _SEAL * small.dpi and (full > _FRAMED or (full > _FULL and narrow > _ROUND * wide)):
                seals.append(place)
            elif wide > 3 * _SIGNATURE * small.dpi:
                signatures.append(place)
    return Marks(tuple(seals), tuple(one for one in signatures if share_inside(one, seals) < 1))


def _inks(pixels: Pixels) -> list[Pixels]:
    """Return the masks of red ink and of ink of other colours; none if the writing itself is coloured."""
    strongest, weakest = extremes(pixels)
    paper = medians(pixels)
    colour = strongest.astype(np.int16) - weakest - int(max(paper) - min(paper)) > COLOURED
    dark = strongest < 0.6 * max(paper)
    if float((dark & ~colour).sum()) < _BLACK_INK * float((dark | colour).sum()):
        return []
    red = (pixels[..., 0] == strongest) & (pixels[..., 0].astype(np.int16) > pixels[..., 2].astype(np.int16) + 20)
    return [np.asarray((colour & one) * np.uint8(255), np.uint8) for one in (red, ~red)]


def _is_print(place: Rect, lines: Sequence[Rect]) -> bool:
    return sum(share_inside(line, (place,)) * line.area for line in lines) > _TEXT * place.area
