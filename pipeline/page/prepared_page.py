"""A page that is ready for reading: upright, flattened, with the connected components of its ink, blocks and lines."""

from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from models.page import Rect
from pipeline.page.components import Components
from pipeline.page.curve import Curl
from pipeline.page.lines import Indices, PrintedBlock, PrintedLine
from pipeline.page.marks import Marks
from pipeline.page.picture import Picture, Pixels
from pipeline.page.tables import Rules

LETTER = 23.0
"""Height of a letter in pixels in the pictures that are recognised: smaller is read worse, bigger only slower."""

_NEAR = 0.4
"""How far from a line's ink paler marks are shown, in letters: a typewriter prints one side of a letter too faintly."""

PRINT, _DIRT = 0.008, 0.003
"""In squares of a letter: smaller pieces of ink are not print by themselves, and still smaller ones are dirt. Those in
between may be a full stop, or a part of a letter: they are shown near a line's ink."""

_MARGIN = 8
"""White pixels around the picture of a line."""


@dataclass(frozen=True, slots=True)
class LinePicture:
    """The picture of a line at ``scale`` times the prepared page, and the place of its top left corner on the page."""

    pixels: Pixels
    left: float
    top: float
    scale: float


@dataclass(frozen=True, slots=True)
class PreparedPage:
    """A page ready for reading; ``even`` is its flattened grey picture at the resolution of reading.

    ``letter`` is the height of its letters in pixels, ``chosen`` are the labels of the components that are text.
    ``rules`` are those of a picture ``shrunk_by`` times smaller. ``faint``: all of its ink was faint. ``light``: the
    shade between its dark and its light ink, 0 if there is only one. ``marks``: its seals and signatures. ``curl``: how
    its lines were curved. It has ``blocks`` after the layout is found.
    """

    even: Picture
    components: Components
    letter: float
    chosen: Indices
    rules: Rules
    shrunk_by: int
    faint: bool
    light: int = 0
    marks: Marks = field(default_factory=Marks)
    curl: Curl | None = None
    blocks: tuple[PrintedBlock, ...] = ()

    @property
    def lines(self) -> list[PrintedLine]:
        """The lines of all blocks, in reading order."""
        return [line for block in self.blocks for line in block.lines]

    def upside_down(self) -> "PreparedPage":
        """Return the same page rotated by 180 degrees, without layout: this is much cheaper than finding its ink."""
        even = self.even.showing(np.asarray(cv2.rotate(self.even.pixels, cv2.ROTATE_180), np.uint8))
        components, rules = self.components.upside_down(), self.rules.upside_down()
        height, width = even.pixels.shape
        marks = self.marks.upside_down(width, height)
        return replace(self, even=even, components=components, rules=rules, marks=marks, blocks=())

    def on_paper(self, place: Rect, scale: float) -> Rect:
        """Return a place of this page on the upright page as it lay; ``scale`` is its pixels per pixel of this page."""
        placed = Rect(*(round(edge * scale) for edge in place))
        return self.curl.as_it_was(placed, scale) if self.curl else placed

    def picture_of(self, line: PrintedLine, scale: float) -> LinePicture:
        """Return the picture of a line, scaled, without ink of its neighbours.

        What is too pale to be ink, or too small to be print, is shown only near the line's ink: there it is a part of
        a letter, or a full stop.
        """
        boxes, areas = self.components.boxes[line.components], self.components.boxes[:, 4]
        reach = max(2, round(self.letter / 10))
        rows, columns = self.even.pixels.shape
        box = Rect(
            max(0, int(boxes[:, 0].min()) - reach),
            max(0, line.top - reach),
            min(columns, int(boxes[:, 2].max()) + reach),
            min(rows, line.bottom + reach),
        )
        labels = self.components.labels[box.top : box.bottom, box.left : box.right]
        whose = np.full(len(self.components.boxes), 2, np.uint8)
        whose[(areas > _DIRT * self.letter**2) & (areas <= PRINT * self.letter**2)] = 0
        whose[0], whose[line.components] = 0, 1
        ink = np.take(whose, labels)
        own, others = cv2.inRange(ink, (1,), (1,)), cv2.dilate(cv2.inRange(ink, (2,), (2,)), np.ones((3, 3), np.uint8))
        near = cv2.dilate(own, np.ones((2 * round(_NEAR * self.letter) + 1,) * 2, np.uint8))
        shown = cv2.bitwise_and(near, cv2.bitwise_or(own, cv2.bitwise_not(others)))
        # The hidden parts become white.
        pixels = cv2.bitwise_or(self.even.pixels[box.top : box.bottom, box.left : box.right], cv2.bitwise_not(shown))
        size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        framed = cv2.copyMakeBorder(pixels, _MARGIN, _MARGIN, _MARGIN, _MARGIN, cv2.BORDER_CONSTANT, value=(255,))
        return LinePicture(np.asarray(framed, np.uint8), box.left - _MARGIN / scale, box.top - _MARGIN / scale, scale)
