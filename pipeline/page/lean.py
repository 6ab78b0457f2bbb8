"""Finds the direction of a page's lines and their skew, from the ink alone."""

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
"""Maximum skew in degrees to either side: under a camera, and in a scanner."""

_UNLIKE = 3.0
"""Degrees by which the skew of lines on a photographed page may differ."""

_COARSE = 100.0
"""Dots per inch, or a little more, of the picture in which the direction of the lines is found."""

_LINE = 0.025
"""Inches by which a projection is smoothed so that it shows lines and not letters."""

_SPECK = 75.0
"""Squares per inch, each as large as the largest speck."""

_POINTS = 15_000
"""So many pixels of the ink show the skew to half a degree."""

_STEP = 0.05
"""The step of the skew in degrees. A skew of one step counts as level, so that the pixels stay unchanged."""

_LETTER, _WORD_GAP = 0.04, 0.25
"""In inches: the longer side of the smallest letter, and the largest gap between two words of a row."""

_MANY, _SOME = 150, 60
_LONG, _SHORT = 2.0, 1.0
"""This many letters show the skew of a page wherever they are. Fewer letters, or a row this many inches long, do if the
projection is sharper than that of the level page."""

_SHARPER, _MUCH_SHARPER = 1.05, 1.15


def run(job: PictureJob) -> None:
    """Find the possible directions of a page's lines; if most writing is light, on the positive and on the original."""
    positive = job.positive
    pictures = [positive.picture if positive else job.picture]
    if positive and positive.mostly:
        pictures.append(job.picture)
    job.views = [_view(one.showing(grey(one.pixels)), job.settings.dpi) for one in pictures]


def _view(picture: Picture, dpi: float) -> View:
    """Return a grey page, not finer than the resolution of reading, and the possible directions of its lines."""
    directions = _directions(shrunk(picture, max(1, int(picture.dpi / _COARSE))))
    return View(resized(picture, dpi) if picture.dpi > dpi else picture, tuple(directions))


def _directions(picture: Picture) -> list[tuple[Turn, float]]:
    """Return the turns, 0 or 90, that may make a page's lines level, each with its skew: the likeliest first."""
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
    # Along its columns, a page with clockwise skew still has clockwise skew.
    across, down = _Projection(rows, columns, picture.dpi), _Projection(columns, -rows, picture.dpi)
    large = letters & (np.maximum(components.heights, components.widths) > _LETTER * picture.dpi)
    count = int(np.count_nonzero(large))
    angle = across.lean(_least_sharper(count, mask, picture.dpi))
    angle_down = down.lean(_least_sharper(count, np.asarray(cv2.transpose(mask), np.uint8), picture.dpi))
    unrest, unrest_down = across.unrest(angle), down.unrest(angle_down)
    found: list[tuple[float, Turn, float]] = [(unrest, 0, angle), (unrest_down, 90, angle_down)]
    found.sort(key=lambda one: -one[0])
    return [(turn, skew) for much, turn, skew in found if much > 0.4 * found[0][0]]


def _least_sharper(letters: int, mask: Pixels, dpi: float) -> float:
    """Return how many times sharper than that of the level page the projection must be to show the skew.

    Projections of a word or two are sharp at any angle by chance: no sharpness is enough.
    """
    if letters >= _MANY:
        return 1.0
    gap = np.ones((1, round(_WORD_GAP * dpi)), np.uint8)
    rows = Components.of(np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, gap), np.uint8)).widths / dpi
    if letters >= _SOME or rows.max() >= _LONG:
        return _SHARPER
    return _MUCH_SHARPER if rows.max() >= _SHORT else math.inf


class _Projection:
    """The projection of ink on the edge of its page, at any angle."""

    def __init__(self, rows: NDArray[np.float32], columns: NDArray[np.float32], dpi: float) -> None:
        self._smooth = _LINE * dpi
        # Spread over their pixel; otherwise angle 0, where rows fall on rows, would look sharper than it is.
        self._rows = (rows + np.linspace(0, 1, rows.size) * 7919 % 1).astype(np.float32)
        self._columns = (columns - columns.mean()).astype(np.float32)
        step = max(1, rows.size // _POINTS)
        self._some = np.ascontiguousarray(self._rows[::step]), np.ascontiguousarray(self._columns[::step])

    def _cast(self, angle: float, *, roughly: bool = False) -> NDArray[np.float64]:
        rows, columns = self._some if roughly else (self._rows, self._columns)
        # Lines with a clockwise skew descend to the right by the tangent of the angle.
        at = rows - columns * math.tan(math.radians(angle))
        projection = np.bincount((at - at.min()).astype(np.intp)).astype(np.float64)
        return np.convolve(projection, (0.25, 0.5, 0.25))

    def _sharpness(self, angle: float) -> float:
        return float(np.square(np.diff(self._cast(angle))).sum())

    def _rough_sharpness(self, angle: float) -> float:
        return float(np.square(np.diff(self._cast(angle, roughly=True))).sum())

    def unrest(self, angle: float) -> float:
        """Return how much the projection rises and falls from line to line: one straight margin counts little."""
        projection = self._cast(angle)[:, np.newaxis]
        smooth = cv2.GaussianBlur(projection, (0, 0), self._smooth, borderType=cv2.BORDER_CONSTANT)
        return float(np.square(np.diff(smooth, axis=0)).sum())

    def lean(self, sharper: float) -> float:
        """Return the skew in degrees, 0 unless its projection is this many times sharper than the level page's."""
        if math.isinf(sharper):
            return 0.0
        steps = round(self.sharpest() / _STEP)
        if abs(steps) * _STEP > _USUAL:
            # So much skew is rare, and the more angles are tried, the sharper a projection is by chance.
            sharper = max(sharper, _MUCH_SHARPER)
        if abs(steps) <= 1 or self._sharpness(steps * _STEP) < sharper * self._sharpness(0.0):
            return 0.0
        return round(steps * _STEP, 2)

    def sharpest(self) -> float:
        """Return the angle, in degrees, of the sharpest projection.

        A page with more skew than in a scanner was photographed, and its lines may have different skews. Of the angles
        near the sharpest, the angle of most lines is used: its projection is sharp when smoothed.
        """
        best = max(np.arange(-_WIDEST, _WIDEST + 0.01, 0.5), key=self._rough_sharpness)
        if abs(best) > _USUAL:
            best = max(np.arange(best - _UNLIKE, best + _UNLIKE + 0.01, 0.5), key=self.unrest)
        best = max(np.arange(best - 0.4, best + 0.41, 2 * _STEP), key=self._sharpness)
        best = max((best - _STEP, best, best + _STEP), key=self._sharpness)
        return float(best)
