"""Removes lines that are not text: dirt, pieces of rules and of stamps, which are read as a letter or two."""

from collections.abc import Sequence

from models.page import Block, Line, around

_LETTERS = 2
"""A line of more symbols than this is text."""

_LOW = 0.4
"""In letter heights: only punctuation marks are lower."""

_UNSURE = 0.5
"""Below this confidence of a line, one or two letters alone are not text."""

_ENDS = frozenset("។៕៚")
"""Marks that end a sentence: the last line of a paragraph may contain nothing else."""


_EDGE = 0.3
"""In inches: the margin of a scan, where the edge of the paper is read as letters below each other."""


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
    found = []
    for block in blocks:
        lines = tuple(
            line for line in block.lines if block.cell or not (_is_speck(line, letter) or _is_edge(line, left, right))
        )
        if lines:
            box = block.box if lines == block.lines else around([line.box for line in lines])
            found.append(block.model_copy(update={"lines": lines, "box": box}))
    return tuple(found) or tuple(blocks)


def _is_speck(line: Line, letter: float) -> bool:
    text = "".join(word.text for word in line.words)
    if len(text) > _LETTERS or not _ENDS.isdisjoint(text):
        return False
    is_low = line.box.bottom - line.box.top < _LOW * letter
    return is_low or line.confidence < _UNSURE or not any(character.isalnum() for character in text)


def _is_edge(line: Line, left: float, right: float) -> bool:
    """Whether a letter or two are in the left or the right margin of a scan."""
    text = "".join(word.text for word in line.words)
    return len(text) <= _LETTERS and (line.box.right < left or line.box.left > right)
