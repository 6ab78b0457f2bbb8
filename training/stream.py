"""The order in which the lines of a block are used; the same each time it is read, so that a run can continue."""

import math
from collections.abc import Sequence

import cv2
import numpy as np

from pipeline.page.network.picture import HEIGHT
from pipeline.page.picture import Pixels
from training.lines import Line

_COLUMNS = 15000
_LINES = 36
"""Columns of the pictures of one batch, and its lines: with more at once, each line would teach less."""

_STEP = 48
"""Batches are so many columns wide, or twice as many, and so on: PyTorch compiles for each new shape."""

_PASSES = 2
"""How often each line is used, each time distorted differently: making it takes half as long as learning."""

SHORT_BLOCKS = 10
"""In so many first blocks only short lines are used."""

_SHORT = 330
"""The widest picture of the first blocks."""


def width_of(lines: Sequence[Line]) -> int:
    """Return how wide the batch of some lines is, in columns."""
    return -(-max(int(line.pixels.shape[1]) for line in lines) // _STEP) * _STEP


def batches(lines: Sequence[Line], seed: int, block: int) -> list[list[Line]]:
    """Return a block's lines in batches of similar widths, in random order, each line in two of them.

    Batches of one width have as many lines; the few shortest lines that do not fill a batch are left out.
    """
    rng = np.random.default_rng([seed, block])
    if block < SHORT_BLOCKS:
        lines = [line for line in lines if line.pixels.shape[1] <= _SHORT]
    return [group for _ in range(_PASSES) for group in _once(lines, rng)]


def _once(lines: Sequence[Line], rng: np.random.Generator) -> list[list[Line]]:
    chances = rng.random(len(lines))
    order = sorted(range(len(lines)), key=lambda number: (width_of([lines[number]]), chances[number]))
    left = [lines[number] for number in order]
    groups: list[list[Line]] = []
    while left:
        count = min(_LINES, _COLUMNS // width_of(left[-1:]))
        if len(left) < count:
            break
        groups.append(left[-count:])
        del left[-count:]
    return [groups[number] for number in rng.permutation(len(groups))]


def shaken(pixels: Pixels, rng: np.random.Generator, widest: int) -> Pixels:
    """Return a picture a little higher or lower, wider or narrower, as the layout may have cut it."""
    if rng.random() < 0.4:
        return pixels
    stretch = min(math.exp(float(rng.normal(0, 0.05))), widest / pixels.shape[1])
    matrix = np.array([[stretch, 0, 0], [0, 1, float(rng.normal(0, 1.3))]], np.float32)
    size = (min(widest, max(8, math.ceil(pixels.shape[1] * stretch))), HEIGHT)
    return np.asarray(cv2.warpAffine(pixels, matrix, size, flags=cv2.INTER_LINEAR), np.uint8)
