"""A picture of a line as the network takes it: letters of one size, the row of letters at one height, ink 255."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.page.picture import Pixels

HEIGHT = 48
LETTER = 15.0
"""Pixels of a letter's height, as :func:`pipeline.page.components.letter_height` measures it."""

_MIDDLE = 21
"""Row for the middle of the row of letters: there is more below it than above."""

_EDGE = 8
"""Columns without ink at both ends of a line."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """The picture ``(HEIGHT, width)`` of a line, and where the columns of the line's own picture are in it."""

    pixels: Pixels
    left: int
    scale: float

    def column(self, own: float) -> float:
        """Return the column in the line's picture of a column in this one."""
        return self.left + (own - _EDGE) / self.scale


def fitted(line: Pixels, letter: float) -> Fitted:
    """Return the network's picture for a grey picture of a line, dark on white.

    A line that is higher than the network's picture is made smaller. The paper becomes 0 and the ink about 255.

    Args:
        line: The picture, as ``PreparedPage.picture_of`` gives it.
        letter: The height of its letters in its pixels.
    """
    ink = cv2.bitwise_not(line)
    dark = ink > 70
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    if not len(rows):
        return Fitted(np.zeros((HEIGHT, 2 * _EDGE), np.uint8), 0, 1.0)
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = min(LETTER / letter, (HEIGHT - 2) / ink.shape[0])
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    ink = cv2.resize(ink, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    black = float(np.percentile(ink, 99))
    ink = cv2.convertScaleAbs(ink, alpha=255 / max(80.0, black))
    band = np.convolve(ink.sum(axis=1, dtype=np.float64), np.ones(round(LETTER)), "same")
    top = min(max(0, _MIDDLE - int(band.argmax())), HEIGHT - ink.shape[0])
    framed = np.zeros((HEIGHT, ink.shape[1] + 2 * _EDGE), np.uint8)
    framed[top : top + ink.shape[0], _EDGE:-_EDGE] = ink
    return Fitted(framed, int(columns[0]), scale)


def batch(pictures: Sequence[Pixels], wide: int = 0) -> NDArray[np.float32]:
    """Return pictures ``(HEIGHT, width)`` as one array ``(batch, 1, HEIGHT, widest)``, ink being 1.

    It is at least ``wide`` columns wide, and a multiple of eight.
    """
    widest = -(-max(wide, *(picture.shape[1] for picture in pictures)) // 8) * 8
    together = np.zeros((len(pictures), 1, HEIGHT, widest), np.float32)
    for picture, place in zip(pictures, together, strict=True):
        place[0, :, : picture.shape[1]] = picture
    together /= 255
    return together
