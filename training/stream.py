"""In which order the lines of a block are learned from; the same whenever it is read, so that a run can go on."""

import math

import cv2
import numpy as np

from training.lines import Line
from training.picture import HEIGHT, Pixels

_COLUMNS = 15000
_LINES = 36
"""Columns of the pictures of one batch, and its lines: more of them at once would teach less a line."""

_SHORT_BLOCKS = 10
_SHORT = 330
"""The widest picture of the first blocks: short lines are learned from first."""


def batches(lines: list[Line], seed: int, block: int) -> list[list[Line]]:
    """Return a block's lines in batches of like widths, in an order by chance."""
    rng = np.random.default_rng([seed, block])
    if block < _SHORT_BLOCKS:
        lines = [line for line in lines if line.pixels.shape[1] <= _SHORT]
    widths = [line.pixels.shape[1] + rng.uniform(0, 30) for line in lines]
    groups: list[list[Line]] = [[]]
    for number in np.argsort(widths):
        line = lines[number]
        more = len(groups[-1]) + 1
        if more > 1 and (more > _LINES or line.pixels.shape[1] * more > _COLUMNS):
            groups.append([])
        groups[-1].append(line)
    return [groups[number] for number in rng.permutation(len(groups))]


def shaken(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Return a picture a little higher or lower, wider or narrower, as the layout may have cut it."""
    if rng.random() < 0.4:
        return pixels
    stretch = math.exp(float(rng.normal(0, 0.05)))
    matrix = np.array([[stretch, 0, 0], [0, 1, float(rng.normal(0, 1.3))]], np.float32)
    size = (max(8, math.ceil(pixels.shape[1] * stretch)), HEIGHT)
    return np.asarray(cv2.warpAffine(pixels, matrix, size, flags=cv2.INTER_LINEAR), np.uint8)
