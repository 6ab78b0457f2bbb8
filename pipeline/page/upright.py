"""The geometry that makes a page upright: a quarter turn, then a small rotation. Nothing else moves its pixels."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from models.page import Rect, Turn
from pipeline.page.picture import Picture, Pixels

_QUARTERS: dict[int, int] = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_CLEARLY_SMALLER = 0.8
"""Below this scale, two pixels a side lie under each new one: more would only make it softer."""


@dataclass(frozen=True, slots=True)
class Upright:
    """A page as scanned, which is made upright at the size in which it is wanted: at 180 dpi that takes a third."""

    picture: Picture
    turn: Turn = 0
    skew: float = 0.0

    @property
    def pixels(self) -> Pixels:
        """The page as scanned."""
        return self.picture.pixels

    @property
    def dpi(self) -> float:
        """Dots per inch, as scanned and upright."""
        return self.picture.dpi

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the page upright."""
        return size_upright(self.picture, self.turn, self.skew)

    def at(self, scale: float, *, crisp: bool = True) -> Pixels:
        """Return the page upright, ``scale`` times as large, 1 at most.

        It is turned and made smaller in one step, because each step makes it softer.

        Args:
            scale: width and height in those of the page upright.
            crisp: whether edges stay sharp. It takes longer, and is not needed if the pixels become black or white.
        """
        if scale >= 1 and crisp:
            return make_upright(self.picture, self.turn, self.skew).pixels
        width, height = (max(1, round(side * scale)) for side in self.size)
        if self.turn in {90, 270}:
            width, height = height, width
        pixels = self.pixels
        whole = int(1 / scale)
        if whole > 1:  # otherwise pixels would be left out
            smaller = [max(1, side // whole) for side in pixels.shape[1::-1]]
            pixels = np.asarray(cv2.resize(pixels, smaller, interpolation=cv2.INTER_AREA), np.uint8)
        how = cv2.INTER_CUBIC if crisp and scale * whole > _CLEARLY_SMALLER else cv2.INTER_LINEAR
        if self.skew:
            pixels = self._turned_back(pixels, width, height, how)
        elif pixels.shape[1::-1] != (width, height):
            pixels = np.asarray(cv2.resize(pixels, (width, height), interpolation=how), np.uint8)
        return pixels if not self.turn else cv2.rotate(pixels, _QUARTERS[self.turn]).astype(np.uint8, copy=False)

    def _turned_back(self, pixels: Pixels, width: int, height: int, how: int) -> Pixels:
        """Return the pixels of the page, maybe made smaller, without the skew, in this size; the quarters are left."""
        was = self.pixels.shape[1], self.pixels.shape[0]
        canvas = np.array(_canvas(*was, self.skew))
        lean = math.radians(self.skew)
        rotation = np.array([[math.cos(lean), -math.sin(lean)], [math.sin(lean), math.cos(lean)]])
        smaller = np.diag(np.divide(pixels.shape[1::-1], was))
        # From the middle of each new pixel to where that is in the page as scanned.
        linear = smaller @ rotation @ np.diag(canvas / (width, height))
        start = smaller @ (np.divide(was, 2) - rotation @ (canvas / 2)) + linear @ (0.5, 0.5) - 0.5
        turned = cv2.warpAffine(
            pixels,
            np.column_stack((linear, start)),
            (width, height),
            flags=how | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=paper_colour(self.pixels),
        )
        return turned.astype(np.uint8, copy=False)


def make_upright(picture: Picture, turn: Turn, skew: float) -> Picture:
    """Turn a picture clockwise by ``turn`` degrees, then rotate it back by its remaining clockwise ``skew`` degrees.

    Nothing is cut off: the canvas is the bounding box of the turned picture, ``ceil(w·cos + h·sin)`` by
    ``ceil(w·sin + h·cos)`` pixels, with both centres on each other; the corners are filled with the paper's colour.
    With ``skew`` 0 no pixel is interpolated.

    Args:
        picture: Grey or RGB pixels; their dpi is kept.
        turn: Clockwise quarter turns in degrees.
        skew: Degrees, clockwise positive.

    Returns:
        The upright picture, of the same kind and dpi.
    """
    pixels = picture.pixels
    if turn:
        pixels = cv2.rotate(pixels, _QUARTERS[turn]).astype(np.uint8, copy=False)
    if skew:
        pixels = _turn_back(pixels, skew)
    return Picture(np.ascontiguousarray(pixels), picture.dpi)


def size_upright(picture: Picture, turn: Turn, skew: float) -> tuple[int, int]:
    """Return width and height in pixels of the result of :func:`make_upright`."""
    height, width = picture.pixels.shape[:2]
    return _canvas(*((height, width) if turn in {90, 270} else (width, height)), skew)


def as_it_lay(place: Rect, size: tuple[int, int], turn: Turn, skew: float) -> Rect:
    """Return where a box of an upright picture was before :func:`make_upright`, with the same size.

    Args:
        place: The box, in pixels of the upright picture.
        size: Width and height of the original picture.
        turn: The turn that was made.
        skew: The skew that was then removed.
    """
    width, height = size
    turned = (height, width) if turn in {90, 270} else (width, height)
    canvas = _canvas(*turned, skew)
    lean = math.radians(skew)
    # From the centre, first the skew, then the quarter turns anticlockwise.
    x = (place.left + place.right - canvas[0]) / 2
    y = (place.top + place.bottom - canvas[1]) / 2
    x, y = x * math.cos(lean) - y * math.sin(lean), x * math.sin(lean) + y * math.cos(lean)
    across, down = place.right - place.left, place.bottom - place.top
    for _ in range(turn // 90):
        x, y = y, -x
        across, down = down, across
    left, top = round(width / 2 + x - across / 2), round(height / 2 + y - down / 2)
    return Rect(max(0, left), max(0, top), max(0, left + across), max(0, top + down))


def paper_colour(pixels: Pixels) -> tuple[float, ...]:
    """Return the most common colour of a picture, one value per channel: its median on a coarse grid."""
    step = max(1, min(pixels.shape[:2]) // 200)
    grid = pixels[::step, ::step].reshape(-1, 1 if pixels.ndim == 2 else pixels.shape[2])
    return tuple(float(value) for value in np.median(grid, axis=0))


def _canvas(width: int, height: int, skew: float) -> tuple[int, int]:
    angle = math.radians(abs(skew))
    new_width = math.ceil(width * math.cos(angle) + height * math.sin(angle))
    new_height = math.ceil(width * math.sin(angle) + height * math.cos(angle))
    return new_width, new_height


def _turn_back(pixels: Pixels, skew: float) -> Pixels:
    height, width = pixels.shape[:2]
    new_width, new_height = _canvas(width, height, skew)
    # OpenCV rotates anticlockwise for positive angles: this removes a clockwise skew.
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), skew, 1.0)
    matrix[0, 2] += (new_width - width) / 2
    matrix[1, 2] += (new_height - height) / 2
    turned = cv2.warpAffine(
        pixels,
        matrix,
        (new_width, new_height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=paper_colour(pixels),
    )
    return turned.astype(np.uint8, copy=False)
