"""Makes words and lines from symbols, with their places on the upright page and the spaces between them."""

import numpy as np

from models.page import Line, Rect, Word, around
from pipeline.page.merge import line_confidence
from pipeline.page.prepared_page import LinePicture
from pipeline.page.recogniser import Symbol, Symbols
from pipeline.text.script import is_khmer

_KHMER_SPACE = 0.3
"""White in letter heights that is a space between Khmer words; between letters of a word there is a third of it."""


def to_line(symbols: Symbols, picture: LinePicture, letter: float, scale: float) -> Line:
    """Make a line from the symbols read on its picture.

    Args:
        symbols: The symbols read, at least one.
        picture: The picture on which they were read.
        letter: Height of a letter in pixels of the prepared page.
        scale: Pixels of the upright page per pixel of the prepared page.
    """
    starts = [number for number, symbol in enumerate(symbols) if symbol.begins and number] + [len(symbols)]
    words: list[Word] = []
    start = 0
    for end in starts:
        own = symbols[start:end]
        space = end == len(symbols) or _is_space(own[-1], symbols[end], picture, letter)
        text = "".join(symbol.text for symbol in own)
        words.append(Word(text=text, box=_box(own, picture, scale), confidence=line_confidence(own), space=space))
        start = end
    return Line(words=tuple(words), box=around([word.box for word in words]), confidence=line_confidence(symbols))


def runs_down(line: Line) -> bool:
    """Whether the words of a line are below each other: it runs up or down the page."""
    first, last = line.words[0].box, line.words[-1].box
    return len(line.words) > 1 and first.left < last.right and last.left < first.right


def level(line: Line) -> tuple[Line, ...]:
    """Return a line as horizontal lines: each word of a line that runs up or down the page becomes its own line.

    Text layers need lines with their words next to each other; otherwise PDF readers mix up the letters.
    """
    if not runs_down(line):
        return (line,)
    return tuple(Line(words=(word,), box=word.box, confidence=word.confidence) for word in line.words)


def _box(symbols: Symbols, picture: LinePicture, scale: float) -> Rect:
    """Return the box of symbols on the upright page: their columns, and the rows of the line's ink there."""
    left, right = min(symbol.left for symbol in symbols), max(symbol.right for symbol in symbols)
    rows = np.nonzero((picture.pixels[:, max(0, left) : max(right, left + 1)] < 128).any(axis=1))[0]
    top, bottom = (int(rows[0]), int(rows[-1]) + 1) if rows.size else (0, picture.pixels.shape[0])
    return Rect(
        max(0, round((picture.left + left / picture.scale) * scale)),
        max(0, round((picture.top + top / picture.scale) * scale)),
        max(0, round((picture.left + right / picture.scale) * scale)),
        max(0, round((picture.top + bottom / picture.scale) * scale)),
    )


def _is_space(before: Symbol, after: Symbol, picture: LinePicture, letter: float) -> bool:
    """Whether there is a space between two words: always, except between Khmer words, where the paper decides.

    The recogniser also splits Khmer words that are close together, as in its training texts.
    """
    if not (is_khmer(before.text) and is_khmer(after.text)):
        khmer_beside_latin = is_khmer(before.text) or is_khmer(after.text)
        return not khmer_beside_latin or _white(before, after, picture) > _KHMER_SPACE * letter
    return _white(before, after, picture) > _KHMER_SPACE * letter


def _white(before: Symbol, after: Symbol, picture: LinePicture) -> float:
    """Return the width, in pixels of the prepared page, of the widest white near the border of two symbols."""
    middle = (before.right + after.left) / 2
    reach = max(after.left - before.right, round(0.2 * picture.pixels.shape[0]))
    left, right = max(0, round(middle - reach)), round(middle + reach)
    inked = (picture.pixels[:, left:right] < 160).any(axis=0)
    edges = np.concatenate(([-1], np.nonzero(inked)[0], [inked.size]))
    return float(np.diff(edges).max() - 1) / picture.scale
