"""Dark ground on a page: areas where letters are lighter than their surroundings."""

from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from pipeline.page.components import Ints
from pipeline.page.picture import Picture, Pixels

Bools = NDArray[np.bool_]

GLANCE, LOOK = 50.0, 140.0
"""Dots per inch, or a little more, of the pictures in which dark ground is searched: first coarsely, then closely."""

_DARK = 100
"""White paper is lighter than this even on the worst scans; most of a negative is darker."""

_THICK = 3
"""Pixels of the coarse picture: most strokes are thinner, and dark ground with writing is this thick somewhere."""

_FLAT = 0.004
"""Square inches of connected even pixels that are ground: fewer are the middle of a letter's stroke."""

_LEAST_CONTRAST = 14
"""Difference between the darkest and the lightest shade of a picture in which something can be seen."""

_FAINT_LIGHT = 7
"""Shades by which the faintest light letters are lighter than their ground in the coarse picture."""

_NARROW, _WIDE = 0.2, 0.4
"""In inches: wider than the strokes of most letters, and than those of the biggest."""

_SMALL, _BIG, _LONG = 0.035, 1.2, 5.0
"""In inches: the longer side of the smallest letter, and the shorter and the longer side of the biggest word."""

_AREA = 0.08
"""The smallest dark ground in square inches."""

_LETTERS = 3
"""Dark ground has at least this many light letters on it."""

_MORE = 3.0
"""Ground is dark if the light letters on it have at least this many times the ink of the dark ones."""


def may_be_dark(picture: Picture) -> bool:
    """Whether there may be dark ground: the whole page is dark, or has a dark part thicker than most strokes.

    Args:
        picture: Grey, at about :data:`GLANCE` dots per inch.
    """
    small, dpi = picture.pixels, picture.dpi
    darkest, paper, lightest = np.percentile(small, (0.5, 50, 99.5))
    if paper < _DARK or lightest - paper > 0.5 * (paper - darkest):
        # On an empty page, paper is the darkest there is; without anything lighter in it, it is no ground of letters.
        return bool((_lighter(small, _WIDE * dpi) > _FAINT_LIGHT).any())
    dark = np.asarray(cv2.threshold(small, 0.75 * float(paper), 255, cv2.THRESH_BINARY_INV)[1], np.uint8)
    thick = cv2.morphologyEx(dark, cv2.MORPH_OPEN, square(_THICK))
    labels, stats = _parts(thick)
    large = stats[:, cv2.CC_STAT_AREA] > _AREA * dpi**2
    large[0] = False
    if not large.any():
        return False
    # Letters divide their ground, and are part of it. Black borders have nothing on them.
    grounds, wholes = _parts(cv2.morphologyEx(thick, cv2.MORPH_CLOSE, square(round(0.3 * dpi))))
    chosen = np.bincount(grounds[np.take(large, labels)], minlength=len(wholes)) > 0
    inside = cv2.erode(np.take(chosen.astype(np.uint8), grounds), square(5))
    return bool((_lighter(small, _NARROW * dpi)[inside > 0] > _LEAST_CONTRAST).any())


def _lighter(small: Pixels, width: float) -> Pixels:
    """Return by how many shades each pixel is lighter than the darkest square of a width, in pixels, around it."""
    return np.asarray(cv2.morphologyEx(small, cv2.MORPH_TOPHAT, square(round(width))), np.uint8)


@dataclass(frozen=True, slots=True)
class Region:
    """Masks of dark ground: with all its letters, and without letters so big that they are ground themselves."""

    mask: Pixels
    ground: Pixels


@dataclass(frozen=True, slots=True)
class Look:
    """A close look: the grey picture, the shade of the ground at each of its pixels, the edges between two grounds.

    Letters differ from their ground by at least ``step`` shades.
    """

    small: Pixels
    dpi: float
    ground: Pixels
    edge: Pixels
    step: float

    @classmethod
    def at(cls, picture: Picture) -> "Look | None":
        """Look at a grey picture of about :data:`LOOK` dots per inch; None if nothing can be seen on it."""
        small, dpi = picture.pixels, picture.dpi
        if dpi >= LOOK:
            small = np.asarray(cv2.GaussianBlur(small, (3, 3), 0), np.uint8)
        darkest, lightest = np.percentile(small, (0.02, 99.98))
        contrast = float(lightest - darkest)
        if contrast < _LEAST_CONTRAST:
            return None
        unrest = _spread(small, 3)
        # Most of a page is ground: the usual variation there is its noise.
        level = float(np.clip(2 * np.median(unrest), 4, max(4.0, 0.2 * contrast)))
        flat = np.asarray(cv2.threshold(unrest, level, 255, cv2.THRESH_BINARY_INV)[1], np.uint8)
        labels, stats = _parts(flat)
        large = stats[:, cv2.CC_STAT_AREA] > _FLAT * dpi**2
        large[0] = False
        seeds = np.take(large, labels)
        if not seeds.any():
            return None
        away = np.where(seeds, np.uint8(0), np.uint8(255))
        _, nearest = cv2.distanceTransformWithLabels(away, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
        shades = np.zeros(int(nearest.max()) + 1, np.uint8)
        shades[nearest[seeds]] = small[seeds]
        ground = np.take(shades, np.asarray(nearest, np.int32))
        step = max(8.0, 0.05 * contrast, 1.5 * level)
        edge = np.asarray(cv2.threshold(_spread(ground, 5), step, 255, cv2.THRESH_BINARY)[1], np.uint8)
        return cls(small, dpi, ground, edge, step)

    def dark_regions(self) -> list[Region]:
        """Return the grounds with light letters."""
        regions, stats = _parts(cv2.bitwise_not(self.edge))
        count = len(stats)
        light, dark = self._letters(regions, count, lighter=True), self._letters(regions, count, lighter=False)
        could = (stats[:, cv2.CC_STAT_AREA] > _AREA * self.dpi**2) & (light[:, 1] >= dark[:, 1])
        could[0] = False
        found = []
        for number in np.nonzero(could)[0]:
            region, more = self._filled(regions, stats[number], int(number), dark[:, 0] > 0)
            letters, ink = light[number] + more[0]
            if letters >= _LETTERS and ink > _MORE * (dark[number] + more[1])[1]:
                found.append(region)
        return found

    def ink(self, mask: Pixels, *, lighter: bool) -> Pixels:
        """Return the mask of the pixels, within a mask, that are lighter, or darker, than their ground."""
        away = self.away(lighter=lighter)
        return np.asarray(cv2.threshold(cv2.bitwise_and(away, mask), self.step, 255, cv2.THRESH_BINARY)[1], np.uint8)

    def away(self, *, lighter: bool) -> Pixels:
        """Return by how many shades pixels are lighter, or darker, than their ground."""
        one, other = (self.small, self.ground) if lighter else (self.ground, self.small)
        return np.asarray(cv2.subtract(one, other), np.uint8)

    def smooth_ground(self, own: Pixels) -> Pixels:
        """Return the shade of the ground under a mask, smoothed over half an inch, and also beyond the mask."""
        window = (round(self.dpi / 2), round(self.dpi / 2))
        weight = cv2.blur(own.astype(np.float32), window)
        shades = cv2.blur(cv2.bitwise_and(self.ground, own).astype(np.float32), window)
        usual = np.median(self.ground[own > 0])
        return np.where(weight > 1, shades * 255 / np.maximum(weight, 1), usual).astype(np.uint8)

    def _letters(self, regions: Ints, count: int, *, lighter: bool) -> NDArray[np.float64]:
        """Return for each region how many letters there could be on it, and how many pixels they have."""
        ink = self.ink(np.full_like(self.small, 255), lighter=lighter)
        labels, stats = _parts(ink)
        could = self._no_bigger_than_letters(stats) & self._no_specks(stats)
        # What touches another ground is the blurred edge between the two.
        could &= np.bincount(labels[self.edge > 0], minlength=len(stats)) == 0
        rows, columns = np.nonzero(np.take(could, labels))
        chosen, first = np.unique(labels[rows, columns], return_index=True)
        where = regions[rows[first], columns[first]]
        areas = stats[chosen, cv2.CC_STAT_AREA]
        # Letters touch where they are blurred; scratches are not rows of letters.
        short, long = np.sort(stats[chosen, 2:4], axis=1).T
        letters = np.where(short > _SMALL * self.dpi, np.clip(long // short, 1, _LETTERS), 1)
        return np.stack(
            (np.bincount(where, letters, minlength=count), np.bincount(where, areas, minlength=count)), axis=1
        )

    def _no_bigger_than_letters(self, stats: Ints) -> Bools:
        sides = np.sort(stats[:, 2:4], axis=1) < (_BIG * self.dpi, _LONG * self.dpi)
        sides[0] = False
        return np.asarray(sides.all(axis=1), np.bool_)

    def _no_specks(self, stats: Ints) -> Bools:
        return np.asarray(stats[:, 2:4].max(axis=1) > _SMALL * self.dpi, np.bool_)

    def _filled(self, regions: Ints, stats: Ints, number: int, written: Bools) -> tuple[Region, NDArray[np.float64]]:
        """Return a region and its big letters: number and size of the light and of the dark ones.

        Letters with strokes so thick that they are ground themselves are holes in the region. A hole with ``written``
        ground in it is not a letter but a label.
        """
        reach = 3
        left, top = max(0, stats[0] - reach), max(0, stats[1] - reach)
        place = np.s_[top : stats[1] + stats[3] + reach, left : stats[0] + stats[2] + reach]
        own = (regions[place] == number).astype(np.uint8) * np.uint8(255)
        grown = np.asarray(cv2.dilate(own, square(5)), np.uint8)
        labels, holes = _parts(cv2.bitwise_not(grown))
        could = self._no_bigger_than_letters(holes)
        could[np.unique(np.concatenate((labels[0], labels[-1], labels[:, 0], labels[:, -1])))] = False
        could[labels[np.take(written, regions[place])]] = False
        fill = np.take(could, labels)
        could &= self._no_specks(holes)
        shade = float(np.median(self.ground[place][own > 0]))
        more = np.zeros((2, 2))
        means = np.bincount(labels.ravel(), self.small[place].ravel(), minlength=len(holes)) / np.maximum(
            1, holes[:, 4]
        )
        for row, there in enumerate((means > shade + self.step, means < shade - self.step)):
            more[row] = (could & there).sum(), holes[could & there, 4].sum()
        masks = np.zeros((2, *self.small.shape), np.uint8)
        masks[0][place], masks[1][place] = np.where(fill, np.uint8(255), grown), own
        return Region(*masks), more


def _parts(mask: MatLike) -> tuple[Ints, Ints]:
    """Return the connected parts of a mask: their labels, and left, top, width, height and area of each part."""
    _, labels, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(mask, 8, cv2.CV_32S, cv2.CCL_BBDT)
    return np.asarray(labels, np.int32), np.asarray(stats, np.int32)


def square(width: int) -> Pixels:
    """Return a square structuring element of this width in pixels."""
    return np.ones((width, width), np.uint8)


def _spread(pixels: Pixels, width: int) -> Pixels:
    """Return the difference between the lightest and the darkest pixel in a square around each pixel."""
    return np.asarray(cv2.morphologyEx(pixels, cv2.MORPH_GRADIENT, square(width)), np.uint8)
