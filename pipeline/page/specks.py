"""Removes lines that are not text: dirt, pieces of rules and of stamps, which are read as a letter or two."""

from collections.abc import Callable, Sequence

from models.page import Block, Line, Rect, around
from pipeline.page.marks import share_inside

_LETTERS = 2
"""A line of more symbols than this is text."""

_LOW = 0.4
"""In letter heights: only punctuation marks are lower."""

_NARROW = 0.2
"""In letter heights: a piece of a rule or of the paper's edge is narrower, and read as a letter such as I."""

_UNSURE = 0.65
"""Below this confidence of a line, one or two letters alone are not text."""

_ENDS = frozenset("។៕៚")
"""Marks that end a sentence: the last line of a paragraph may contain nothing else."""

_EDGE = 0.3
"""In inches: the margin of a scan, where the edge of the paper is read as letters below each other."""

_TEXT, _SURE, _LINES = 5, 0.35, 3
"""Lines of so many letters, read with this confidence, show where the text of a page is, if there are as many."""

_SENSELESS = 0.003
"""Below this confidence, a line in a seal or a signature is not text: its symbols have less than .8 in the mean. Worn
print, such as a name under a signature, has more."""

_INSIDE = 0.7
"""The share of a line that is in a seal if it belongs to it."""

_AWAY = 3.0
"""In letter heights: one or two letters beside the text are nearer to it than this, such as the number of a line."""


def without_specks(blocks: Sequence[Block], letter: float, width: int, dpi: float) -> tuple[Block, ...]:
    """Return blocks without lines that are not text; unchanged if nothing else is on the page.

    The cells of tables are not changed: a digit or a dash in one is an entry.

    Args:
        blocks: The blocks of a page.
        letter: Height of a letter in pixels of the page.
        width: Width of the page in pixels.
        dpi: Pixels of the page per inch.
    """
    left, right = _EDGE * dpi, width - _EDGE * dpi
    text = [line.box for block in blocks for line in block.lines if _is_text(line)]
    if len(text) >= _LINES:
        left = max(left, min(box.left for box in text) - _AWAY * letter)
        right = min(right, max(box.right for box in text) + _AWAY * letter)
    kept = [
        found
        for block in blocks
        for found in (
            (block,)
            if block.cell
            else _without([block], lambda line: _is_speck(line, letter) or _is_outside(line, left, right))
        )
    ]
    return tuple(kept) or tuple(blocks)


def without_marks(blocks: Sequence[Block], seals: Sequence[Rect], signatures: Sequence[Rect]) -> tuple[Block, ...]:
    """Return blocks without lines that are read in seals, stamps and signatures and make no sense.

    Args:
        blocks: The blocks of a page.
        seals: The places of its seals and stamps.
        signatures: The places of its signatures.
    """

    def is_mark(line: Line) -> bool:
        return line.confidence < _SENSELESS and share_inside(line.box, (*seals, *signatures)) > _INSIDE

    return _without(blocks, is_mark)


def _without(blocks: Sequence[Block], is_wrong: Callable[[Line], bool]) -> tuple[Block, ...]:
    found = []
    for block in blocks:
        lines = tuple(line for line in block.lines if not is_wrong(line))
        if lines:
            box = block.box if lines == block.lines else around([line.box for line in lines])
            found.append(block.model_copy(update={"lines": lines, "box": box}))
    return tuple(found)


def _is_text(line: Line) -> bool:
    return line.confidence >= _SURE and len(_text(line)) >= _TEXT


def _is_speck(line: Line, letter: float) -> bool:
    text = _text(line)
    if len(text) > _LETTERS or not _ENDS.isdisjoint(text):
        return False
    is_low = line.box.bottom - line.box.top < _LOW * letter or line.box.right - line.box.left < _NARROW * letter
    return is_low or line.confidence < _UNSURE or not any(character.isalnum() for character in text)


def _is_outside(line: Line, left: float, right: float) -> bool:
    """Whether a letter or two are in the margin of a scan, or far to the left or the right of its text."""
    return len(_text(line)) <= _LETTERS and (line.box.right < left or line.box.left > right)


def _text(line: Line) -> str:
    return "".join(word.text for word in line.words)
