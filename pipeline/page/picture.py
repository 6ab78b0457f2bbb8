"""A page's pixels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Picture:
    """A page's pixels, ``(height, width)`` grey or ``(height, width, 3)`` RGB, and their dots per inch."""

    pixels: Pixels
    dpi: float
