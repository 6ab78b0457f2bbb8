"""The curve of a page's lines, which was taken out for reading, and the way back."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.page import Rect
from pipeline.page.picture import Picture

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Curl:
    """Where the pixels of a straightened page come from: each from ``rows`` pixels below, in its own column.

    ``rows`` is coarse: one value for each square of ``step`` pixels.
    """

    rows: Floats
    step: int

    def straightened(self, even: Picture) -> Picture:
        """Return a flattened picture with straight lines."""
        height, width = even.pixels.shape
        down = self._full(height, width) + np.arange(height, dtype=np.float32)[:, np.newaxis]
        across = np.broadcast_to(np.arange(width, dtype=np.float32), (height, width))
        pixels = cv2.remap(even.pixels, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return even.showing(np.asarray(pixels, np.uint8))

    def as_it_was(self, place: Rect, scale: float) -> Rect:
        """Return where a box was on the page as it lay; ``scale`` is the box's pixels per pixel of the page."""
        x, y = (place.left + place.right) / 2 / scale, (place.top + place.bottom) / 2 / scale
        rows, columns = self.rows.shape
        row, column = min(int(y / self.step), rows - 1), min(int(x / self.step), columns - 1)
        moved = round(float(self.rows[row, column]) * scale)
        return Rect(place.left, max(0, place.top + moved), place.right, max(0, place.bottom + moved))

    def _full(self, height: int, width: int) -> Floats:
        rows, columns = self.rows.shape
        big = cv2.resize(self.rows, (columns * self.step, rows * self.step), interpolation=cv2.INTER_LINEAR)
        return np.asarray(big[:height, :width], np.float32)
