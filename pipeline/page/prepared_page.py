"""A page made ready for reading: upright, evened, its ink in connected components, its blocks and lines found."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from models.page import Rect
from pipeline.page.clean import flatten, ink_of, shrunk, strengthened, without_solids
from pipeline.page.components import Components, letter_height
from pipeline.page.layout import PrintedBlock, lay_out
from pipeline.page.lines import Indices, PrintedLine
from pipeline.page.picture import Picture, Pixels
from pipeline.page.seal import at_full_size, find_rings, rub_out
from pipeline.page.tables import Rules, find_cells, find_rules

_COARSE = 150.0

LETTER = 23.0
"""Pixels of a letter's height in the pictures that are recognised: smaller is read worse, bigger only slower."""

_MARGIN = 8
"""White pixels round the picture of a line."""


@dataclass(frozen=True, slots=True)
class LinePicture:
    """The picture of a line at ``scale`` times the prepared page, and where its left top corner is on that."""

    pixels: Pixels
    left: float
    top: float
    scale: float


@dataclass(frozen=True, slots=True)
class PreparedPage:
    """A page ready for reading, ``even`` being its evened grey picture at the resolution of reading.

    ``chosen`` are the labels of the components that are text; ``rules`` are those of a smaller picture, on which there
    are ``rules_dpi`` pixels an inch, ``shrunk_by`` times fewer. ``faint`` says that all of its ink was faint.
    """

    even: Pixels
    components: Components
    letter: float
    chosen: Indices
    rules: Rules
    rules_dpi: float
    shrunk_by: int
    faint: bool
    blocks: tuple[PrintedBlock, ...] = ()

    @property
    def lines(self) -> list[PrintedLine]:
        """The lines of all blocks, in reading order."""
        return [line for block in self.blocks for line in block.lines]

    def upside_down(self) -> "PreparedPage":
        """Return the same page turned by 180 degrees and laid out anew, which takes little beside finding its ink."""
        even = np.asarray(cv2.rotate(self.even, cv2.ROTATE_180), np.uint8)
        turned = replace(self, even=even, components=self.components.upside_down(), rules=self.rules.upside_down())
        return _laid_out(turned)

    def picture_of(self, line: PrintedLine, scale: float) -> LinePicture:
        """Return the picture of a line, scaled, with no ink of its neighbours on it."""
        boxes = self.components.boxes[line.components]
        reach = max(2, round(self.letter / 10))
        rows, columns = self.even.shape
        box = Rect(
            max(0, int(boxes[:, 0].min()) - reach),
            max(0, line.top - reach),
            min(columns, int(boxes[:, 2].max()) + reach),
            min(rows, line.bottom + reach),
        )
        labels = self.components.labels[box.top : box.bottom, box.left : box.right]
        whose = np.full(len(self.components.boxes), 2, np.uint8)
        whose[0], whose[line.components] = 0, 1
        ink = np.take(whose, labels)
        own, others = cv2.inRange(ink, (1,), (1,)), cv2.dilate(cv2.inRange(ink, (2,), (2,)), np.ones((3, 3), np.uint8))
        near = cv2.dilate(own, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
        shown = cv2.bitwise_and(near, cv2.bitwise_or(own, cv2.bitwise_not(others)))
        # What is not to be shown becomes white.
        pixels = cv2.bitwise_or(self.even[box.top : box.bottom, box.left : box.right], cv2.bitwise_not(shown))
        size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        framed = cv2.copyMakeBorder(pixels, _MARGIN, _MARGIN, _MARGIN, _MARGIN, cv2.BORDER_CONSTANT, value=(255,))
        return LinePicture(np.asarray(framed, np.uint8), box.left - _MARGIN / scale, box.top - _MARGIN / scale, scale)


def prepare(picture: Picture, dpi: float) -> PreparedPage:
    """Make an upright grey page ready for reading at a resolution, in dots per inch."""
    even, faint = strengthened(flatten(resized(picture.pixels, dpi / picture.dpi), dpi), dpi)
    ink = without_solids(ink_of(even), dpi)
    # Rules and rings are big: they are found on a smaller picture, in a fraction of the time.
    factor = max(1, round(dpi / _COARSE))
    small = np.asarray(cv2.threshold(shrunk(ink, factor), 80, 255, cv2.THRESH_BINARY)[1], np.uint8)
    rules = find_rules(small, dpi / factor)
    text = ink
    if rules.mask.any():
        mask = cv2.resize(rules.mask, (ink.shape[1], ink.shape[0]), interpolation=cv2.INTER_NEAREST)
        text = np.asarray(cv2.subtract(ink, cv2.dilate(mask, np.ones((3, 3), np.uint8))), np.uint8)
    small = np.asarray(cv2.subtract(small, rules.mask), np.uint8)
    rings = [at_full_size(ring, text, factor, dpi) for ring in find_rings(small, dpi / factor)]
    if rings:
        even = rub_out(even, rings)
        text = np.asarray(cv2.bitwise_and(text, ink_of(even)), np.uint8)
    components = Components.of(text)
    letter = letter_height(components, dpi)
    # Smaller is dirt. Much bigger is drawn or written over the page by hand, and would tie lines together.
    chosen = (
        (components.boxes[:, 4] > 0.008 * letter**2)
        & (components.heights < 5 * letter)
        & (components.widths < 12 * letter)
    )
    chosen[0] = False
    return _laid_out(PreparedPage(even, components, letter, np.nonzero(chosen)[0], rules, dpi / factor, factor, faint))


def _laid_out(page: PreparedPage) -> PreparedPage:
    cells = [cell.scaled(page.shrunk_by) for cell in find_cells(page.rules, page.rules_dpi)]
    return replace(page, blocks=tuple(lay_out(page.components, page.chosen, cells, page.letter)))


def resized(pixels: Pixels, factor: float) -> Pixels:
    """Return grey pixels enlarged or made smaller; as they are where that would change next to nothing."""
    if abs(factor - 1) < 0.02:
        return pixels
    size = (max(1, round(pixels.shape[1] * factor)), max(1, round(pixels.shape[0] * factor)))
    how = cv2.INTER_CUBIC if factor > 1 else cv2.INTER_AREA
    return np.asarray(cv2.resize(pixels, size, interpolation=how), np.uint8)
