"""A page's pixels, and how many of them make an inch."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels, ``(height, width)`` grey or ``(height, width, 3)`` RGB, or a mask; and their dots per inch."""

    pixels: Pixels
    dpi: float

    def showing(self, pixels: Pixels) -> "Picture":
        """Return other pixels of the same resolution."""
        return replace(self, pixels=pixels)
