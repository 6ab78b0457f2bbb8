"""Light writing on dark ground: negative film, photostats, heading bars. It is found, and made dark on light."""

from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from pipeline.page.clean import shrunk
from pipeline.page.components import Ints
from pipeline.page.picture import Picture, Pixels

Bools = NDArray[np.bool_]

_GLANCE, _LOOK = 50.0, 140.0
"""Dots per inch, or a little more, of the pictures in which dark ground is looked for: at a glance, and closely."""

_DARK = 100
"""White paper is lighter on the worst of scans, most of a negative is darker."""

_THICK = 3
"""Pixels of the glance: most strokes are thinner, and dark ground with writing on it is somewhere as thick."""

_FLAT = 0.004
"""Square inches of level pixels that hang together and are ground: fewer are the middle of a letter's stroke."""

_LEAST_CONTRAST = 14
"""Shades between the darkest and the lightest of a picture in which something can be seen."""

_SMALL, _BIG, _LONG = 0.035, 1.2, 5.0
"""Inches of the longer side of the smallest letter, and of the shorter and the longer side of the biggest word."""

_AREA = 0.08
"""Square inches of the smallest dark ground."""

_LETTERS = 3
"""Dark ground has so many light letters on it, at least."""

_MORE = 3.0
"""Ground is dark where the light letters on it have so many times more ink than the dark ones."""

_INK = 0.7
"""The part of their paper's shade by which letters are darker than it when they have been made dark."""

_PAPER = 235.0
"""The shade of paper where there is none round the dark ground."""

_RIM = 0.02
"""Inches on either side of the edge of dark ground: they are neither, and become paper."""


@dataclass(frozen=True, slots=True)
class Positive:
    """A page all of whose writing is dark on light.

    ``mask``, of any size, is 255 where the page was turned into its negative. ``mostly`` says that most of the writing
    on the page lies there.
    """

    picture: Picture
    mask: Pixels
    mostly: bool


def positive(picture: Picture) -> Positive | None:
    """Make light writing on dark ground dark on light; None where there is none, as on nearly every page.

    Ground is what is level, and what lies between; letters are what is lighter or darker than the ground all round
    them. Ground on which the letters are lighter is dark, whatever its own shade is.

    Args:
        picture: The page as scanned, grey or RGB.

    Returns:
        The page, grey or RGB as it was; what was made dark on light has no colour.
    """
    factor = max(1, int(picture.dpi / _GLANCE))
    if not _may_be_dark(_grey(shrunk(picture.pixels, factor)), picture.dpi / factor):
        return None
    factor = max(1, int(picture.dpi / _LOOK))
    look = _Look.at(_grey(shrunk(picture.pixels, factor)), picture.dpi / factor)
    regions = look.dark_regions() if look else []
    if look is None or not regions:
        return None
    pixels = picture.pixels.copy()
    mask = np.zeros_like(look.small)
    for region in regions:
        _turn(pixels, look, region, factor)
        mask = np.asarray(cv2.bitwise_or(mask, region.mask), np.uint8)
    light, dark = (cv2.countNonZero(ink) for ink in (look.ink(mask, lighter=True), look.ink(~mask, lighter=False)))
    return Positive(Picture(pixels, picture.dpi), mask, light > dark)


def _grey(pixels: Pixels) -> Pixels:
    return pixels if pixels.ndim == 2 else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def _may_be_dark(small: Pixels, dpi: float) -> bool:
    """Whether there may be dark ground: the whole is dark, or a part is whose pieces are thicker than most strokes."""
    darkest, paper, lightest = np.percentile(small, (0.5, 50, 99.5))
    if paper < _DARK or lightest - paper > 0.5 * (paper - darkest):
        return True
    dark = np.asarray(cv2.threshold(small, 0.75 * float(paper), 255, cv2.THRESH_BINARY_INV)[1], np.uint8)
    thick = cv2.morphologyEx(dark, cv2.MORPH_OPEN, _square(_THICK))
    labels, stats = _parts(thick)
    large = stats[:, cv2.CC_STAT_AREA] > _AREA * dpi**2
    large[0] = False
    if not large.any():
        return False
    # Letters part their ground, and are part of it. Black borders have nothing on them.
    grounds, wholes = _parts(cv2.morphologyEx(thick, cv2.MORPH_CLOSE, _square(round(0.3 * dpi))))
    chosen = np.bincount(grounds[np.take(large, labels)], minlength=len(wholes)) > 0
    inside = cv2.erode(np.take(chosen.astype(np.uint8), grounds), _square(5))
    light = np.asarray(cv2.morphologyEx(small, cv2.MORPH_TOPHAT, _square(round(0.2 * dpi))), np.uint8)
    return bool((light[inside > 0] > _LEAST_CONTRAST).any())


@dataclass(frozen=True, slots=True)
class _Region:
    """Masks of dark ground: with all the letters on it, and without those that are so big that they have no ground."""

    mask: Pixels
    ground: Pixels


@dataclass(frozen=True, slots=True)
class _Look:
    """A close look: the grey picture, the shade of the ground at each of its pixels, the edges between two grounds.

    Letters differ from their ground by ``step`` shades and more.
    """

    small: Pixels
    dpi: float
    ground: Pixels
    edge: Pixels
    step: float

    @classmethod
    def at(cls, small: Pixels, dpi: float) -> "_Look | None":
        """Look at a picture; None where nothing is to be seen."""
        if dpi >= _LOOK:
            small = np.asarray(cv2.GaussianBlur(small, (3, 3), 0), np.uint8)
        darkest, lightest = np.percentile(small, (0.02, 99.98))
        contrast = float(lightest - darkest)
        if contrast < _LEAST_CONTRAST:
            return None
        unrest = _spread(small, 3)
        # Most of a page is ground: what is usual there is its noise.
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

    def dark_regions(self) -> list[_Region]:
        """Return the grounds that bear light letters."""
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
        """Return the mask of what is lighter, or darker, than its ground, within a mask."""
        away = self.away(lighter=lighter)
        return np.asarray(cv2.threshold(cv2.bitwise_and(away, mask), self.step, 255, cv2.THRESH_BINARY)[1], np.uint8)

    def away(self, *, lighter: bool) -> Pixels:
        """Return by how many shades pixels are lighter, or darker, than their ground."""
        one, other = (self.small, self.ground) if lighter else (self.ground, self.small)
        return np.asarray(cv2.subtract(one, other), np.uint8)

    def smooth_ground(self, own: Pixels) -> Pixels:
        """Return the shade of the ground under a mask, half an inch around made one, and beyond it."""
        window = (round(self.dpi / 2), round(self.dpi / 2))
        weight = cv2.blur(own.astype(np.float32), window)
        shades = cv2.blur(cv2.bitwise_and(self.ground, own).astype(np.float32), window)
        usual = np.median(self.ground[own > 0])
        return np.where(weight > 1, shades * 255 / np.maximum(weight, 1), usual).astype(np.uint8)

    def _letters(self, regions: Ints, count: int, *, lighter: bool) -> NDArray[np.float64]:
        """Return of each region how many letters there could be on it, and how many pixels these have."""
        ink = self.ink(np.full_like(self.small, 255), lighter=lighter)
        labels, stats = _parts(ink)
        could = self._no_bigger_than_letters(stats) & self._no_specks(stats)
        # What touches another ground is the blurred edge between the two.
        could &= np.bincount(labels[self.edge > 0], minlength=len(stats)) == 0
        rows, columns = np.nonzero(np.take(could, labels))
        chosen, first = np.unique(labels[rows, columns], return_index=True)
        where = regions[rows[first], columns[first]]
        areas = stats[chosen, cv2.CC_STAT_AREA]
        # Letters touch where they are blurred; scratches are no rows of letters.
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

    def _filled(self, regions: Ints, stats: Ints, number: int, written: Bools) -> tuple[_Region, NDArray[np.float64]]:
        """Return a region, and what big letters there are on it: how many and large, light and dark ones.

        Letters with strokes so thick that they are ground themselves are holes in the region. What has ``written``
        ground in it is none, but a label.
        """
        reach = 3
        left, top = max(0, stats[0] - reach), max(0, stats[1] - reach)
        place = np.s_[top : stats[1] + stats[3] + reach, left : stats[0] + stats[2] + reach]
        own = (regions[place] == number).astype(np.uint8) * np.uint8(255)
        grown = np.asarray(cv2.dilate(own, _square(5)), np.uint8)
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
        return _Region(*masks), more


def _parts(mask: MatLike) -> tuple[Ints, Ints]:
    """Return the connected parts of a mask: their labels, and left, top, width, height and area of each label."""
    _, labels, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(mask, 8, cv2.CV_32S, cv2.CCL_BBDT)
    return np.asarray(labels, np.int32), np.asarray(stats, np.int32)


def _square(width: int) -> Pixels:
    return np.ones((width, width), np.uint8)


def _spread(pixels: Pixels, width: int) -> Pixels:
    """Return the difference of the lightest and the darkest pixel in a square round each pixel."""
    return np.asarray(cv2.morphologyEx(pixels, cv2.MORPH_GRADIENT, _square(width)), np.uint8)


def _turn(pixels: Pixels, look: _Look, region: _Region, factor: int) -> None:
    """Make a region of a picture, ``factor`` times as large as the look at it, dark on light in place."""
    square = _square(2 * round(_RIM * look.dpi) + 1)
    outer = np.asarray(cv2.dilate(region.mask, square), np.uint8)
    inner = np.asarray(cv2.erode(region.mask, square, borderValue=(255,)), np.uint8)
    ground = look.smooth_ground(region.ground)
    away = cv2.subtract(look.small, ground)[inner > 0]
    contrast = float(np.percentile(away[away > look.step], 97))
    beside = look.ground[(cv2.dilate(outer, _square(15)) > 0) & (outer == 0)]
    paper = float(np.median(beside)) if beside.size > look.dpi else 0.0
    if paper < float(np.median(ground[inner > 0])) + look.step:
        paper = _PAPER
    # Only where the region is: a heading bar is a small part of a page.
    left, top, width, height = cv2.boundingRect(outer)
    small = np.s_[top : top + height, left : left + width]
    # What is left over at the right and at the bottom of the picture belongs to its last column and row.
    right = pixels.shape[1] if left + width == outer.shape[1] else (left + width) * factor
    bottom = pixels.shape[0] if top + height == outer.shape[0] else (top + height) * factor
    place = pixels[top * factor : bottom, left * factor : right]

    def enlarged(part: MatLike, how: int) -> Pixels:
        large = cv2.resize(part, (width * factor, height * factor), interpolation=how)
        more = (0, place.shape[0] - large.shape[0], 0, place.shape[1] - large.shape[1])
        return np.asarray(cv2.copyMakeBorder(large, *more, cv2.BORDER_REPLICATE), np.uint8)

    light = cv2.subtract(_grey(place), enlarged(ground[small], cv2.INTER_LINEAR))
    dark = cv2.subtract(np.full_like(light, round(paper)), cv2.convertScaleAbs(light, alpha=_INK * paper / contrast))
    outside = enlarged(cv2.subtract(outer, inner)[small], cv2.INTER_NEAREST) > 0
    inside = enlarged(inner[small], cv2.INTER_NEAREST) > 0
    place[outside] = round(paper)
    place[inside] = dark[inside] if pixels.ndim == 2 else dark[inside][:, np.newaxis]
