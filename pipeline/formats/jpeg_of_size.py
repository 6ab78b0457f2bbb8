"""A JPEG of a given size, as like the picture as that allows."""

import io
import math

import numpy as np
from PIL import Image

from pipeline.formats.jpeg import LONGEST_JPEG
from pipeline.formats.strips import some_rows

# The steps of ITU T.81, table K.1, are for photographs: they keep little of the fine edges that writing has. These are
# in the middle (the geometric mean) between those and the same step for everything; the coarsest, that of smooth
# shades, is halved, because there blocks are seen first.
_OF_PHOTOGRAPHS = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_EVEN = 16
_STEPS = np.sqrt(np.array(_OF_PHOTOGRAPHS, float).reshape(-1) * _EVEN) * np.array([0.5] + [1.0] * 63)
_FINEST, _COARSEST = 0.75, 2.3
"""Multiples of the steps: a finer JPEG looks the same, a coarser one has visible blocks."""

_PROGRESSIVE = 1.07
"""How much larger a JPEG is that is not progressive, at least."""

_GOOD = 1.0
"""Up to this multiple of the steps, a JPEG is not made progressive: that takes three times as long."""

_TRIES = 3
_NEAR = 1.04
_VERY_FEW_MORE = 1.02
_STEEPEST, _SLOPE, _FLATTEST = -2.0, -0.8, -0.4
"""How the size falls with the steps: both in logarithms."""


def jpeg_of_size(pixels: np.ndarray, allowed: float) -> bytes | None:
    """Return a picture, grey or RGB, as the best JPEG of some bytes, or very few more.

    None if it would have visible blocks.
    """
    if max(pixels.shape[:2]) > LONGEST_JPEG:
        return None
    part, share = some_rows(pixels)
    multiple, slope = _multiple(part, share * allowed)
    if multiple > _GOOD:
        multiple *= _PROGRESSIVE ** (1 / slope)
    while multiple <= _COARSEST:
        made = _encoded(pixels, multiple, progressive=multiple > _GOOD)
        if len(made) <= _VERY_FEW_MORE * allowed:
            return made
        multiple *= (allowed / len(made)) ** (1 / slope)
    return None


def _multiple(part: np.ndarray, wanted: float) -> tuple[float, float]:
    """Return with which multiple of the steps a picture takes about so many bytes, and how fast they change there.

    A part of the picture is enough to tell. In logarithms the size falls nearly in a straight line with the steps,
    steeply if the picture is mostly noise.
    """
    slope, multiple = _SLOPE, _GOOD
    size = len(_encoded(part, multiple))
    for _ in range(_TRIES):
        before, last = multiple, size
        multiple = min(max(_FINEST, before * (wanted / size) ** (1 / slope)), 2 * _COARSEST)
        if 1 / _NEAR < multiple / before < _NEAR:
            break
        size = len(_encoded(part, multiple))
        slope = min(max(_STEEPEST, math.log(size / last) / math.log(multiple / before)), _FLATTEST)
    return multiple, slope


def _encoded(pixels: np.ndarray, multiple: float, *, progressive: bool = False) -> bytes:
    steps = [max(1, min(255, round(step * multiple))) for step in _STEPS]
    made = io.BytesIO()
    image = Image.fromarray(pixels)
    image.save(made, "JPEG", qtables=[steps] * (1 if pixels.ndim == 2 else 2), optimize=True, progressive=progressive)
    return made.getvalue()
