"""Makes curved lines straight: of photographed pages, and next to the spine of a book."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from pipeline.page.curve import Curl, Floats
from pipeline.page.job import PictureJob
from pipeline.page.layout import laid_out
from pipeline.page.picture import Picture, Pixels
from pipeline.page.prepare import separated
from pipeline.page.prepared_page import PreparedPage

_COARSE = 150.0
"""Dots per inch, or a little more, of the picture in which slopes are measured."""

_STRIP, _BAND = 0.5, 0.75
"""In inches: the width of the strips whose lines are compared, and half of the height that is compared at a time."""

_STEEPEST = 0.14
"""The largest slope, as rows per column."""

_ALIKE = 0.4
"""The least correlation of two strips with the same lines."""

_LEAST = 12
"""Slopes found on a page, at least."""

_INK = 200.0
"""The least roughness of a strip with lines."""

_OUTLIER = 0.03
"""Slopes differ by less than this from those near them."""

_STEP = 16
"""Pixels of the coarse picture from one value to the next."""

_CURVED = 0.1
"""In letter heights: lines that leave their level by less than this are straight."""

_SHARPER = 1.15
"""The projection of the straightened page must be this many times sharper."""


def run(job: PictureJob) -> None:
    """Lay a page out again with straight lines if its lines are curved."""
    page = job.page
    curl = find_curl(page)
    if curl:
        straight = separated(curl.straightened(page.even), faint=page.faint, light=page.light)
        job.page = laid_out(replace(straight, curl=curl))


def find_curl(page: PreparedPage) -> Curl | None:
    """Return how the lines of a page are curved; None if they are straight."""
    factor = max(1, int(page.even.dpi / _COARSE))
    keep = np.zeros(len(page.components.boxes), np.uint8)
    keep[page.chosen] = 255
    small = Picture(np.take(keep, page.components.labels[::factor, ::factor]), page.even.dpi / factor)
    slopes = _slopes(small)
    if slopes is None:
        return None
    rows = _followed(slopes, small)
    inked = cv2.resize(small.pixels, rows.shape[::-1], interpolation=cv2.INTER_AREA) > 0
    if float(np.percentile(np.abs(rows[inked]), 90)) < _CURVED * page.letter / factor:
        return None
    curl = Curl(rows * factor, _STEP * factor)
    before, after = _sharpness(small.pixels), _sharpness(Curl(rows, _STEP).straightened(small).pixels)
    return curl if after > _SHARPER * before else None


def _slopes(ink: Picture) -> Floats | None:
    """Return the slopes of the lines, as rows per column, in squares of a step; None if no lines are found.

    The projections of two neighbouring strips of a page are alike when one is moved by the slope of their lines.
    """
    height, width = ink.pixels.shape
    strip, reach = round(_STRIP * ink.dpi), round(_BAND * ink.dpi)
    count = width // strip
    most = round(_STEEPEST * strip)
    if count < 3 or height < 2 * reach:
        return None
    sums = cv2.resize(ink.pixels[:, : count * strip], (count, height), interpolation=cv2.INTER_AREA)
    tall = (1, 2 * round(0.03 * ink.dpi) + 1)
    blurred = cv2.GaussianBlur(sums.astype(np.float32), tall, 0.01, None, 0.012 * ink.dpi)
    profiles = np.asarray(blurred, np.float32)
    centres = range(reach, height - reach + 1, reach // 2)
    found = np.zeros((len(centres), count - 1), np.float32)
    weights = np.zeros_like(found)
    for row, centre in enumerate(centres):
        band = profiles[centre - reach : centre + reach]
        found[row], weights[row] = _slopes_in(band, most)
    found /= strip
    if np.count_nonzero(weights) < _LEAST:
        return None
    return _smooth(found, weights, (reach, reach // 2), strip, (height, width))


def _slopes_in(band: Floats, most: int) -> tuple[Floats, Floats]:
    """Return by how many rows the lines of each strip are lower in the next, and the weights: 0 where they differ.

    Of all strips at once, because calls for each strip would take longer than what they compute.
    """
    inner = band[most : len(band) - most, :-1]
    inner = inner - inner.mean(axis=0)
    power = np.square(inner).sum(axis=0)
    moved = sliding_window_view(band[:, 1:], len(inner), axis=0)
    spread = np.square(moved).sum(axis=2) - np.square(moved.sum(axis=2)) / len(inner)
    likeness = np.einsum("msr,rs->ms", moved, inner) / np.sqrt(np.maximum(spread * power, 1e-6))
    best = likeness.argmax(axis=0)
    strips = np.arange(len(best))
    found = (power >= _INK) & (likeness[best, strips] >= _ALIKE) & (best > 0) & (best < 2 * most)
    before, at, after = (likeness[np.clip(best + step, 0, 2 * most), strips] for step in (-1, 0, 1))
    bent = before - 2 * at + after
    part = np.divide(0.5 * (before - after), bent, out=np.zeros_like(bent), where=bent < 0)
    return np.where(found, best - most + part, 0).astype(np.float32), np.where(found, at**2, 0).astype(np.float32)


def _smooth(found: Floats, weights: Floats, rows: tuple[int, int], strip: int, size: tuple[int, int]) -> Floats:
    """Return slopes in squares of a step, each the mean of the nearest that were found, without outliers."""
    first, apart = rows
    usual = _spread(found, weights)
    weights = np.where(np.abs(found - usual) < _OUTLIER, weights, 0).astype(np.float32)
    usual = _spread(found, weights)
    height, width = size
    # The place of each slope that was found, in pixels: the border of two strips, the middle of a band.
    x = np.arange(-(-width // _STEP)) * _STEP + _STEP / 2
    y = np.arange(-(-height // _STEP)) * _STEP + _STEP / 2
    columns = np.broadcast_to((x / strip - 1).astype(np.float32), (len(y), len(x)))
    lines = np.broadcast_to(((y - first) / apart).astype(np.float32)[:, np.newaxis], (len(y), len(x)))
    return np.asarray(cv2.remap(usual, columns, lines, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _spread(found: Floats, weights: Floats) -> Floats:
    """Return the weighted mean of the slopes near each place."""
    blurred = [
        cv2.GaussianBlur(np.pad(one, 6), (0, 0), sigmaX=1.0, sigmaY=1.5, borderType=cv2.BORDER_CONSTANT)[6:-6, 6:-6]
        + 0.003 * cv2.GaussianBlur(np.pad(one, 40), (0, 0), sigmaX=8, borderType=cv2.BORDER_CONSTANT)[40:-40, 40:-40]
        for one in (found * weights, weights)
    ]
    return np.asarray(blurred[0] / np.maximum(blurred[1], 1e-9), np.float32)


def _followed(slopes: Floats, ink: Picture) -> Floats:
    """Return by how many rows each line is lower than where it crosses the middle of the writing, at every step."""
    rows, columns = slopes.shape
    written = np.nonzero(ink.pixels.any(axis=0))[0]
    middle = int(written.mean()) // _STEP
    level = (np.arange(rows, dtype=np.float32) * _STEP + _STEP / 2).astype(np.float32)
    found = np.zeros_like(slopes)
    for way in (1, -1):
        at = level.copy()
        column = middle
        while 0 <= column + way < columns:
            here = np.interp(at, level, (slopes[:, column] + slopes[:, column + way]) / 2)
            at = (at + way * _STEP * here).astype(np.float32)
            column += way
            found[:, column] = at - level
    return found


def _sharpness(ink: Pixels) -> float:
    return float(np.square(np.diff(ink.sum(axis=1, dtype=np.float64))).sum())
