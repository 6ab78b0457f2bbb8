"""How many rows of tables are kept together: the cells of a printed row are on one line of the text, in their order.

In a ground truth with tabs, a line with tabs is a row. Without tabs each cell is a line, and nothing says which of them
are rows. Then successive lines that are level on the page, each to the right of the one before, are a row: the boxes of
the words that were read show where they are. Two cells are counted only if another row is near, because two headings
may be level by chance. Cells that were not read, and cells of a letter or two, are left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import edlib

from models.page import Page, Rect, around
from pipeline.text.plain import page_text
from tests.bench.scoring import fold

_SHORT = 2
_NEAR = 3
"""So many lines of the ground truth, at most, are between two rows of a table."""


@dataclass
class Kept:
    """How many rows there are, and how many of them are one line of the text."""

    rows: int = 0
    kept: int = 0

    @property
    def share(self) -> float:
        """Return the share of the rows that are kept; 1 if there are none."""
        return self.kept / self.rows if self.rows else 1.0


class _Place(NamedTuple):
    """Where a cell may have been read: its first character, the line of the text, and the box on the page."""

    start: int
    line: int
    box: Rect


class _Text:
    """The text of a page as it is compared, with the word of each character."""

    def __init__(self, page: Page) -> None:
        text, placed = page_text(page)
        self._words = [(text.count("\n", 0, one.start), one.word.box) for one in placed]
        folded = [fold(one.word.text) for one in placed]
        self._owner = [number for number, word in enumerate(folded) for _ in word]
        self._folded = "".join(folded)

    def places(self, cell: str) -> list[_Place]:
        """Return the places that are most like a cell, on one line each; none if half of it would be wrong."""
        if not cell or not self._folded:
            return []
        held = set(cell)
        plain = "".join(character if character in held else "\0" for character in self._folded)
        found = edlib.align(cell, plain, mode="HW", task="locations")
        if 2 * found["editDistance"] > len(cell):
            return []
        places = []
        for start, end in found["locations"]:
            own = sorted(set(self._owner[start : end + 1]))
            lines = {self._words[number][0] for number in own}
            if len(lines) == 1:
                places.append(_Place(start, lines.pop(), around([self._words[number][1] for number in own])))
        return places


def rows_kept(truth: Mapping[str, str], pages: Mapping[str, Page]) -> Kept:
    """Return how many rows of the tables on some pages are kept; the pages and their ground truth by name."""
    found = Kept()
    for name, printed in truth.items():
        if name not in pages:
            continue
        text = _Text(pages[name])
        for row in _marked(printed, text) if "\t" in printed else _level(printed, text):
            found.rows += 1
            found.kept += _is_kept(row)
    return found


def _marked(printed: str, text: _Text) -> list[list[list[_Place]]]:
    """Return the rows that tabs mark, each as the places of its cells."""
    lines = (line.split("\t") for line in printed.split("\n") if "\t" in line)
    rows = [[places for cell in line if (places := text.places(fold(cell)))] for line in lines]
    return [row for row in rows if len(row) > 1]


def _level(printed: str, text: _Text) -> list[list[list[_Place]]]:
    """Return the rows of a ground truth that marks none."""
    cells = [places for line in printed.split("\n") if len(fold(line)) > _SHORT and (places := text.places(fold(line)))]
    rows: list[tuple[int, int]] = []
    start = 0
    ends = cells[0] if cells else []
    for number, (_, after) in enumerate(pairwise(cells), 1):
        ends = [place for place in after if any(_is_beside(end.box, place.box) for end in ends)]
        if not ends:
            rows.append((start, number))
            start, ends = number, after
    rows = [row for row in [*rows, (start, len(cells))] if row[1] - row[0] > 1]
    return [cells[first:end] for first, end in rows if end - first > 2 or _has_neighbour((first, end), rows)]


def _has_neighbour(row: tuple[int, int], rows: Sequence[tuple[int, int]]) -> bool:
    return any(other != row and other[0] - row[1] < _NEAR and row[0] - other[1] < _NEAR for other in rows)


def _is_beside(left: Rect, right: Rect) -> bool:
    """Whether a box is level with another, and to the right of it."""
    shared = min(left.bottom, right.bottom) - max(left.top, right.top)
    lower = min(left.bottom - left.top, right.bottom - right.top)
    return 2 * shared >= lower and right.left + right.right > left.left + left.right and right.left >= left.left


def _is_kept(row: Sequence[Sequence[_Place]]) -> bool:
    """Whether some line of the text has all cells of a row, in their order."""
    for line in {place.line for place in row[0]}:
        at = -1
        for places in row:
            at = min((place.start for place in places if place.line == line and place.start > at), default=-1)
            if at < 0:
                break
        else:
            return True
    return False
