"""A page's pixels and their resolution."""

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
        """Return other pixels at the same resolution."""
        return replace(self, pixels=pixels)
