"""The parts of a Latin line that are read again: words that may be wrong, with those beside them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from pipeline.page.picture import Pixels
from pipeline.page.recogniser import Symbols
from pipeline.page.vocabulary import unsure_words

_BESIDE = 2
"""So many words on either side of a doubtful one are read with it: Tesseract reads a single word badly."""

_WHOLE = 0.8
"""If the parts were a larger share of their line, all of it is read."""

_MARGIN = 8
"""White columns at both ends of a part, as at those of a line."""


@dataclass(frozen=True, slots=True)
class Part:
    """Whole words of a line: its symbols ``[start, end)``, and their picture.

    ``left`` is the column of the line's picture with which the part's picture begins.
    """

    line: int
    start: int
    end: int
    left: int
    pixels: Pixels

    def own(self, symbols: Symbols) -> Symbols:
        """Return those symbols of the line that are in this part, with their columns in its picture."""
        return _moved(symbols[self.start : self.end], -self.left)

    def on_line(self, symbols: Symbols) -> Symbols:
        """Return symbols of this part with their columns in the line's picture."""
        return _moved(symbols, self.left)


def whole(line: int, pixels: Pixels, symbols: Symbols) -> Part:
    """Return a whole line as a part."""
    return Part(line, 0, len(symbols), 0, pixels)


def parts_of(line: int, pixels: Pixels, symbols: Symbols) -> list[Part]:
    """Return the parts of a line that have words of which a reading is not sure.

    Args:
        line: The number of the line.
        pixels: Its picture.
        symbols: The reading, of one symbol and more.
    """
    starts = [number for number, symbol in enumerate(symbols) if symbol.begins or not number]
    ends = [*starts[1:], len(symbols)]
    chosen = np.zeros(len(starts), np.bool_)
    for word in unsure_words(symbols):
        chosen[max(0, word - _BESIDE) : word + _BESIDE + 1] = True
    widths = np.array([symbols[end - 1].right - symbols[start].left for start, end in zip(starts, ends, strict=True)])
    if widths[chosen].sum() > _WHOLE * widths.sum():
        return [whole(line, pixels, symbols)]
    edges = np.flatnonzero(np.diff(np.concatenate(([False], chosen, [False]))))
    return [_part(line, pixels, symbols, starts[first], ends[after - 1]) for first, after in edges.reshape(-1, 2)]


def put_together(symbols: Symbols, parts: Sequence[tuple[Part, Symbols]]) -> Symbols:
    """Return a reading of a line in which its parts, from the left, have other readings."""
    found: list[Symbols] = []
    done = 0
    for part, own in parts:
        # Whatever else is read of it, a part begins with a word: it must not become one with the word before it.
        begun = (replace(own[0], begins=True), *own[1:]) if own else own
        found += [symbols[done : part.start], part.on_line(begun)]
        done = part.end
    return tuple(symbol for some in (*found, symbols[done:]) for symbol in some)


def _part(line: int, pixels: Pixels, symbols: Symbols, start: int, end: int) -> Part:
    """Return the part with some symbols of a line, cut off in the middle of the white between words."""
    left, right, before, after = 0, pixels.shape[1], 0, 0
    if start:
        left, before = (symbols[start - 1].right + symbols[start].left) // 2, _MARGIN
    if end < len(symbols):
        right, after = -(-(symbols[end - 1].right + symbols[end].left) // 2), _MARGIN
    own = cv2.copyMakeBorder(pixels[:, left:right], 0, 0, before, after, cv2.BORDER_CONSTANT, value=(255,))
    return Part(line, start, end, left - before, np.asarray(own, np.uint8))


def _moved(symbols: Symbols, columns: int) -> Symbols:
    return tuple(replace(one, left=one.left + columns, right=one.right + columns) for one in symbols)
