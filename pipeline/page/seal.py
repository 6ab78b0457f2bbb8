"""The ring of a seal: found as a circle among the ink and taken out, so that it ties no lines together."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.page.ink import Pieces
from pipeline.page.picture import Pixels

_TRIES = 400
_POINTS = 3000
_BINS = 72


@dataclass(frozen=True, slots=True)
class Ring:
    """A circle drawn in ink: its middle, and the radii in pixels between which the ink of its stroke lies."""

    x: float
    y: float
    inner: float
    outer: float


def find_rings(pieces: Pieces, letter: float, dpi: float) -> list[Ring]:
    """Find the rings of seals: circles 0.4 to 2.4 inches across, most of whose way round is inked.

    Circles through three points of the big pieces are tried at random, always the same (RANSAC: Fischler and Bolles
    1981).

    Args:
        pieces: The pieces of the page's ink.
        letter: Height of a letter in pixels: what is much bigger is no text.
        dpi: Pixels an inch.
    """
    big = (pieces.heights > 4 * letter) | (pieces.widths > 8 * letter)
    big[0] = False
    if not big.any():
        return []
    rows, columns = np.nonzero(big[pieces.labels])
    chance = np.random.default_rng(0)
    rings: list[Ring] = []
    for _ in range(2):
        if rows.size < dpi / 2:
            break
        ring = _ring(columns.astype(np.float64), rows.astype(np.float64), dpi, chance)
        if ring is None:
            break
        rings.append(ring)
        far = np.hypot(columns - ring.x, rows - ring.y)
        outside = (far < ring.inner - 2) | (far > ring.outer + 2)
        rows, columns = rows[outside], columns[outside]
    return rings


def rub_out(picture: Pixels, rings: list[Ring], colour: int) -> Pixels:
    """Return a picture without the strokes of rings, filled with a colour instead."""
    result = picture.copy()
    height, width = picture.shape
    for ring in rings:
        reach = ring.outer + 2
        left, right = max(0, int(ring.x - reach)), min(width, int(ring.x + reach) + 1)
        top, bottom = max(0, int(ring.y - reach)), min(height, int(ring.y + reach) + 1)
        rows, columns = np.ogrid[top:bottom, left:right]
        far = np.hypot(columns - ring.x, rows - ring.y)
        result[top:bottom, left:right][(far >= ring.inner - 1.5) & (far <= ring.outer + 1.5)] = colour
    return result


def _ring(x: NDArray[np.float64], y: NDArray[np.float64], dpi: float, chance: np.random.Generator) -> Ring | None:
    some = chance.choice(x.size, min(_POINTS, x.size), replace=False)
    sx, sy = x[some], y[some]
    three = chance.integers(0, some.size, (_TRIES, 3))
    (x1, x2, x3), (y1, y2, y3) = sx[three].T, sy[three].T
    # The circle through three points, by the crossing of two bisectors.
    slant = 2 * (x1 * (y2 - y3) + x2 * (y3 - y1) + x3 * (y1 - y2))
    fine = np.abs(slant) > 1
    s1, s2, s3 = x1**2 + y1**2, x2**2 + y2**2, x3**2 + y3**2
    slant = np.where(fine, slant, 1)
    cx = (s1 * (y2 - y3) + s2 * (y3 - y1) + s3 * (y1 - y2)) / slant
    cy = (s1 * (x3 - x2) + s2 * (x1 - x3) + s3 * (x2 - x1)) / slant
    radius = np.hypot(x1 - cx, y1 - cy)
    fine &= (radius > 0.2 * dpi) & (radius < 1.2 * dpi)
    best, most = None, 0.0
    for number in np.nonzero(fine)[0]:
        near = np.abs(np.hypot(sx - cx[number], sy - cy[number]) - radius[number]) < dpi / 75
        density = near.sum() / radius[number]
        if density > most:
            best, most = number, density
    if best is None:
        return None
    return _measured(x, y, float(cx[best]), float(cy[best]), float(radius[best]), dpi)


def _measured(
    x: NDArray[np.float64], y: NDArray[np.float64], cx: float, cy: float, radius: float, dpi: float
) -> Ring | None:
    """Fit a circle to the ink near it, and measure its stroke; None when too little of its way round is inked."""
    for reach in (dpi / 40, dpi / 60, dpi / 75):
        near = np.abs(np.hypot(x - cx, y - cy) - radius) < reach
        if near.sum() < 10:
            return None
        # x² + y² = 2·cx·x + 2·cy·y + c is linear in what is sought (Kåsa 1976).
        system = np.stack([x[near], y[near], np.ones(int(near.sum()))], axis=1)
        (a, b, c), *_ = np.linalg.lstsq(system, x[near] ** 2 + y[near] ** 2, rcond=None)
        cx, cy = a / 2, b / 2
        radius = math.sqrt(max(0.0, c + cx * cx + cy * cy))
    far = np.hypot(x - cx, y - cy)
    around = ((np.arctan2(y - cy, x - cx) + math.pi) / (2 * math.pi) * _BINS).astype(int) % _BINS
    near = np.abs(far - radius) < dpi / 75
    inked = np.unique(around[near]).size
    if inked < 0.6 * _BINS or not 0.2 * dpi < radius < 1.2 * dpi:
        return None
    reach = round(dpi / 15)
    profile = np.bincount(
        np.clip(np.round(far - radius).astype(int) + reach, 0, 2 * reach), minlength=2 * reach + 1
    )[1:-1] / (2 * math.pi * radius)
    core = int(profile.argmax())
    low = high = core
    while low > 0 and profile[low - 1] > 0.35 * profile[core]:
        low -= 1
    while high < profile.size - 1 and profile[high + 1] > 0.35 * profile[core]:
        high += 1
    if profile[core] < 0.3 or high - low > dpi / 12:
        return None
    return Ring(cx, cy, radius + low + 1 - reach, radius + high + 1 - reach)
