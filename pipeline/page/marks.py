"""Tells apart what is drawn over a page: seals and stamps, which are round or have a frame, and signatures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.page import Rect, around
from pipeline.page.clean import shrunk
from pipeline.page.components import Components
from pipeline.page.picture import Picture

_LARGE, _LEAST = 2.2, 0.6
"""In letter heights: a signature is larger than this in one direction, and in the other, too."""

_WIDEST, _HIGHEST = 4.0, 2.5
"""In inches: what is larger is a drawing, a fold or a frame."""

_SPARSE = 0.3
"""The largest inked share of the box of a signature. Letters that touch have more."""

_STRAIGHT = 0.12
"""In letter heights: what differs by less from a straight line is a scratch, a fold or a skewed rule."""

_STAMP, _GAP = 2.0, 0.8
"""In letter heights: a seal or a stamp is larger, and the gaps in it are narrower."""

_APART = 2.0
"""In letter heights: the pieces of one seal, or of one signature, are nearer to each other."""

_OUTLINE = 0.55
"""The least share of the ink of a round or rectangular frame that is near its outline."""

_ROUND = 0.4
"""The least height of an oval stamp, for its width."""

_INSIDE = 0.7
"""The share of a signature that is in a seal if it belongs to it."""

_MOST = 12
"""A page with more signatures is a drawing, or written by hand."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The places of seals and stamps, and of signatures, in pixels of the prepared page."""

    seals: tuple[Rect, ...] = ()
    signatures: tuple[Rect, ...] = ()

    def upside_down(self, width: int, height: int) -> "Marks":
        """Return the marks on the page rotated by 180 degrees; ``width`` and ``height`` are those of the page."""

        def turned(places: Sequence[Rect]) -> tuple[Rect, ...]:
            return tuple(
                Rect(width - place.right, height - place.bottom, width - place.left, height - place.top)
                for place in places
            )

        return Marks(turned(self.seals), turned(self.signatures))


def find_marks(
    components: Components, left_out: NDArray[np.intp], seals: Iterable[Rect], letter: float, dpi: float
) -> Marks:
    """Sort what is no print on a page.

    Args:
        components: The components of the page.
        left_out: Labels of those that are too large for print, or were cut: of these, only the ink that was left.
        seals: The places of seals that are known from their ring or their shade.
        letter: Height of a letter in pixels.
        dpi: Pixels per inch.
    """
    places = list(seals)
    signatures = []
    for number in left_out:
        left, top, right, bottom, area = (int(value) for value in components.boxes[number])
        width, height = right - left, bottom - top
        if max(width, height) < _LARGE * letter or min(width, height) < _LEAST * letter:
            continue
        if width > _WIDEST * dpi or height > _HIGHEST * dpi or area > _SPARSE * width * height:
            continue
        points = cv2.findNonZero((components.labels[top:bottom, left:right] == number).astype(np.uint8))
        # Most of print that touches was cut into letters.
        if points is None or len(points) < 0.4 * area:
            continue
        place = Rect(left, top, right, bottom)
        ink = np.asarray(points, np.float32).reshape(-1, 2)
        if _is_frame(ink) and min(width, height) > 2 * letter:
            places.append(place)
        elif not _is_straight(ink, letter):
            signatures.append(place)
    stamps = joined_places(places, letter)
    free = [one for one in signatures if share_inside(one, stamps) <= _INSIDE]
    found = joined_places(free, _APART * letter)
    return Marks(tuple(stamps), tuple(found) if len(found) <= _MOST else ())


def clusters(ink: Picture, letter: float) -> list[Rect]:
    """Return the boxes of ink that is as large as a seal or a stamp, with gaps narrower than a letter.

    Args:
        ink: Mask.
        letter: Height of a letter in pixels.
    """
    factor = max(1, round(letter / 8))
    small = np.asarray(cv2.threshold(shrunk(ink, factor).pixels, 60, 255, cv2.THRESH_BINARY)[1], np.uint8)
    reach = max(3, round(_GAP * letter / factor)) | 1
    boxes = Components.of(
        np.asarray(cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8)), np.uint8)
    ).boxes
    large = (boxes[:, 2:4] - boxes[:, :2]).min(axis=1) > _STAMP * letter / factor
    return [Rect(*(int(edge) for edge in box)) for box in boxes[large, :4] * factor]


def share_inside(box: Rect, places: Iterable[Rect]) -> float:
    """Return the largest share of a box that is in one of some places."""
    shares = [0.0]
    for place in places:
        width = min(box.right, place.right) - max(box.left, place.left)
        height = min(box.bottom, place.bottom) - max(box.top, place.top)
        if width > 0 and height > 0:
            shares.append(width * height / max(1, box.area))
    return max(shares)


def _is_frame(ink: NDArray[np.float32]) -> bool:
    """Whether ink is mostly an oval or a rectangle, which may be tilted."""
    hull = np.asarray(cv2.convexHull(ink), np.float32)
    if len(hull) < 5:
        return False
    (x, y), (across, down), turn = cv2.minAreaRect(hull)
    way = np.deg2rad(turn)
    right, under = ink[:, 0] - x, ink[:, 1] - y
    along = np.abs(right * np.cos(way) + under * np.sin(way)) / max(1.0, across / 2)
    aside = np.abs(under * np.cos(way) - right * np.sin(way)) / max(1.0, down / 2)
    if min(across, down) < 0.15 * max(across, down):
        return False
    near = np.maximum(along, aside) > 0.85
    sides = [along > aside, along <= aside]
    if near.mean() > _OUTLINE and all((near & side).sum() > 0.1 * len(ink) for side in sides):
        return True
    far = np.hypot(along, aside)
    near = np.abs(far - 1) < 0.12
    around_it = np.unique((np.arctan2(under, right)[near] * 12 / np.pi).astype(int)).size
    return min(across, down) > _ROUND * max(across, down) and float(near.mean()) > _OUTLINE and around_it > 14


def _is_straight(ink: NDArray[np.float32], letter: float) -> bool:
    return float(np.linalg.eigvalsh(np.cov(ink.T))[0]) < (_STRAIGHT * letter) ** 2


def joined_places(places: Sequence[Rect], reach: float) -> list[Rect]:
    """Join places that overlap or are nearer than ``reach``."""
    found: list[Rect] = []
    for place in places:
        one = place
        while True:
            near = [
                other
                for other in found
                if one.left < other.right + reach
                and other.left < one.right + reach
                and one.top < other.bottom + reach
                and other.top < one.bottom + reach
            ]
            if not near:
                break
            found = [other for other in found if other not in near]
            one = around([one, *near])
        found.append(one)
    return found
