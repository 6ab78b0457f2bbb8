"""A page's pixels and their resolution."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels, ``(height, width)`` grey or ``(height, width, 3)`` RGB, or a mask; and their dots per inch."""

    pixels: Pixels
    dpi: float

    def showing(self, pixels: Pixels) -> "Picture":
        """Return other pixels at the same resolution."""
        return replace(self, pixels=pixels)


def extremes(pixels: Pixels) -> tuple[Pixels, Pixels]:
    """Return the strongest and the weakest channel of each pixel of an RGB picture.

    numpy's own ``max(axis=2)`` takes ten times as long, because it goes through three values at a time.
    """
    red, green, blue = (pixels[..., channel] for channel in range(3))
    return np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)


def medians(pixels: Pixels) -> tuple[float, ...]:
    """Return the median of each channel of a picture, grey or RGB, by its histogram: numpy would sort all pixels."""
    whole = np.ascontiguousarray(pixels)
    count = whole.shape[0] * whole.shape[1]
    found = []
    for channel in range(1 if whole.ndim == 2 else whole.shape[2]):
        sums = np.cumsum(cv2.calcHist([whole], [channel], None, [256], [0, 256]).astype(np.int64))
        found.append(float(np.searchsorted(sums, ((count - 1) // 2, count // 2), side="right").mean()))
    return tuple(found)
