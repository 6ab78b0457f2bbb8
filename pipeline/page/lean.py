"""The direction of a page's lines and their lean, from the ink alone."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from models.page import Turn
from pipeline.page.clean import flatten, grey, ink_of, resized, shrunk, strengthened, without_solids
from pipeline.page.components import Components
from pipeline.page.job import PictureJob, View
from pipeline.page.picture import Picture, Pixels

_WIDEST, _USUAL = 15.0, 5.0
"""Degrees a page may lean either way: under a camera, and in a scanner."""

_UNLIKE = 3.0
"""Degrees by which the lines of a photographed page may lean unlike one another."""

_COARSE = 100.0
"""Dots per inch, or a little more, of the picture that the direction of the lines is told from."""

_LINE = 0.025
"""Inches by which a shadow is smoothed to see lines in it and no letters."""

_SPECK = 75.0
"""A square so many of which make an inch is as large as the largest speck."""

_STEP = 0.05
"""Degrees: the lean is told in steps of it. What leans by one is level, so that its pixels are left as they are."""

_LETTER, _WORD_GAP = 0.04, 0.25
"""Inches of the longer side of the smallest letter, and between two words of a row, at most."""

_MANY, _SOME = 150, 60
_LONG, _SHORT = 2.0, 1.0
"""So many letters tell the lean of a page wherever they are. Fewer do, or a row so many inches long, where the shadow
is sharper than that of the level page."""

_SHARPER, _MUCH_SHARPER = 1.05, 1.15


def run(job: PictureJob) -> None:
    """Tell how the lines of a page may lie; where most of its writing is light, on its positive and as it is."""
    positive = job.positive
    pictures = [positive.picture if positive else job.picture]
    if positive and positive.mostly:
        pictures.append(job.picture)
    job.views = [_view(one.showing(grey(one.pixels)), job.settings.dpi) for one in pictures]


def _view(picture: Picture, dpi: float) -> View:
    """Return a grey page, no finer than it is read, and how its lines may lie."""
    directions = _directions(shrunk(picture, max(1, int(picture.dpi / _COARSE))))
    return View(resized(picture, dpi) if picture.dpi > dpi else picture, tuple(directions))


def _directions(picture: Picture) -> list[tuple[Turn, float]]:
    """Return the turns, 0 or 90, that may lay a page's lines level, each with the lean that is left."""
    even, _ = strengthened(flatten(picture))
    components = Components.of(without_solids(ink_of(even)).pixels)
    letters = (components.heights < picture.dpi / 2) & (components.widths < picture.dpi)
    letters &= components.boxes[:, 4] > (picture.dpi / _SPECK) ** 2
    letters[0] = False
    mask = components.mask(letters)
    points = cv2.findNonZero(mask)
    if points is None:
        return [(0, 0.0)]
    columns, rows = np.asarray(points, np.float32).reshape(-1, 2).T
    # Read along its columns, a page that leans clockwise still leans clockwise.
    across, down = _Shadow(rows, columns, picture.dpi), _Shadow(columns, -rows, picture.dpi)
    large = letters & (np.maximum(components.heights, components.widths) > _LETTER * picture.dpi)
    count = int(np.count_nonzero(large))
    angle = across.lean(_least_sharper(count, mask, picture.dpi))
    angle_down = down.lean(_least_sharper(count, np.asarray(cv2.transpose(mask), np.uint8), picture.dpi))
    unrest, unrest_down = across.unrest(angle), down.unrest(angle_down)
    found: list[tuple[float, Turn, float]] = [(unrest, 0, angle), (unrest_down, 90, angle_down)]
    return [(turn, skew) for much, turn, skew in found if much > 0.4 * max(unrest, unrest_down)]


def _least_sharper(letters: int, mask: Pixels, dpi: float) -> float:
    """Return how many times sharper than that of a level page the shadow has to be to tell the lean.

    Shadows of a word or two are sharp at any angle, by chance: no sharpness is enough.
    """
    if letters >= _MANY:
        return 1.0
    gap = np.ones((1, round(_WORD_GAP * dpi)), np.uint8)
    rows = Components.of(np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, gap), np.uint8)).widths / dpi
    if letters >= _SOME or rows.max() >= _LONG:
        return _SHARPER
    return _MUCH_SHARPER if rows.max() >= _SHORT else math.inf


class _Shadow:
    """The shadow of ink on the edge of its page, cast at any angle."""

    def __init__(self, rows: NDArray[np.float32], columns: NDArray[np.float32], dpi: float) -> None:
        self._smooth = _LINE * dpi
        # Spread over their pixel, lest angle 0, where rows fall on rows, look sharper than it is.
        self._rows = (rows + np.linspace(0, 1, rows.size) * 7919 % 1).astype(np.float32)
        self._columns = (columns - columns.mean()).astype(np.float32)

    def _cast(self, angle: float) -> NDArray[np.float64]:
        # Lines that lean clockwise by an angle sink to the right by its tangent.
        at = self._rows - self._columns * math.tan(math.radians(angle))
        shadow = np.bincount((at - at.min()).astype(np.intp)).astype(np.float64)
        return np.convolve(shadow, (0.25, 0.5, 0.25))

    def _sharpness(self, angle: float) -> float:
        return float(np.square(np.diff(self._cast(angle))).sum())

    def unrest(self, angle: float) -> float:
        """Return how much the shadow rises and falls from line to line: one straight margin counts for little."""
        shadow = self._cast(angle)[:, np.newaxis]
        smooth = cv2.GaussianBlur(shadow, (0, 0), self._smooth, borderType=cv2.BORDER_CONSTANT)
        return float(np.square(np.diff(smooth, axis=0)).sum())

    def lean(self, sharper: float) -> float:
        """Return the lean in degrees, 0 unless its shadow is so many times sharper than that of the level page."""
        if math.isinf(sharper):
            return 0.0
        steps = round(self.sharpest() / _STEP)
        if abs(steps) * _STEP > _USUAL:
            # So much is seldom, and by chance a shadow is the sharper the more angles are tried.
            sharper = max(sharper, _MUCH_SHARPER)
        if abs(steps) <= 1 or self._sharpness(steps * _STEP) < sharper * self._sharpness(0.0):
            return 0.0
        return round(steps * _STEP, 2)

    def sharpest(self) -> float:
        """Return the angle, in degrees, of the sharpest shadow.

        The lines of a page that leans more than in a scanner were photographed, and may lean unlike one another. Of the
        angles near the sharpest the one counts that most of them have: its shadow is sharp when smoothed.
        """
        best = max(np.arange(-_WIDEST, _WIDEST + 0.01, 0.5), key=self._sharpness)
        if abs(best) > _USUAL:
            best = max(np.arange(best - _UNLIKE, best + _UNLIKE + 0.01, 0.5), key=self.unrest)
        best = max(np.arange(best - 0.4, best + 0.41, 2 * _STEP), key=self._sharpness)
        best = max((best - _STEP, best, best + _STEP), key=self._sharpness)
        return float(best)
