"""The ink of a page as connected components."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.page.picture import Pixels

Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Components:
    """Connected components of ink: ``labels`` (0 is paper), and ``left, top, right, bottom, area`` of each label."""

    labels: Ints
    boxes: Ints

    @classmethod
    def of(cls, ink: Pixels) -> "Components":
        """Find the components of a mask."""
        left, top, width, height = cv2.boundingRect(ink)
        if not width:
            return cls(np.zeros(ink.shape, np.int32), np.zeros((1, 5), np.int32))
        # To clear all of it first would take as long as a third of the search.
        labels = np.empty(ink.shape, np.int32)
        labels[:top] = labels[top + height :] = 0
        labels[top : top + height, :left] = labels[top : top + height, left + width :] = 0
        # Margins are left out. This algorithm takes less than half of the default algorithm's time on pages, see
        # docs/recognition.md.
        inside = np.s_[top : top + height, left : left + width]
        _, _, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(
            ink[inside], 8, cv2.CV_32S, cv2.CCL_BBDT, labels=labels[inside]
        )
        boxes = np.array(stats, np.int32)
        boxes[:, 2:4] += boxes[:, :2]
        boxes[:, :4] += (left, top, left, top)
        boxes[0] = 0
        return cls(labels, boxes)

    @property
    def widths(self) -> Ints:
        """The widths of the components."""
        return self.boxes[:, 2] - self.boxes[:, 0]

    @property
    def heights(self) -> Ints:
        """The heights of the components."""
        return self.boxes[:, 3] - self.boxes[:, 1]

    def upside_down(self) -> "Components":
        """Return the components of the same ink rotated by 180 degrees."""
        height, width = self.labels.shape
        boxes = np.array((width, height, width, height, 0), np.int32) - self.boxes[:, (2, 3, 0, 1, 4)]
        boxes[:, 4] = self.boxes[:, 4]
        boxes[0] = 0
        return Components(np.asarray(cv2.rotate(self.labels, cv2.ROTATE_180), np.int32), boxes)

    def mask(self, keep: NDArray[np.bool_]) -> Pixels:
        """Return the mask of some of the components; ``keep`` has one truth value for each label."""
        return np.take(keep.astype(np.uint8) * np.uint8(255), self.labels)


def letter_height(components: Components, dpi: float) -> float:
    """Return the height in pixels of the components that could be letters and contain most of the ink.

    For Khmer that is a base letter with everything joined to it; for Latin about the height of a capital. 0.1 inch if
    there is nothing to measure.
    """
    heights, widths, areas = components.heights, components.widths, components.boxes[:, 4]
    could = (heights > dpi / 40) & (heights < dpi / 2) & (widths > dpi / 100) & (widths < 2 * dpi)
    if not could.any():
        return dpi / 10
    order = np.argsort(heights[could])
    total = np.cumsum(areas[could][order])
    return float(heights[could][order][np.searchsorted(total, total[-1] / 2)])
