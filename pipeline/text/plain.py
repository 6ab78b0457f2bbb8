"""The plain text of a page, and the place of each of its words in it."""

from collections.abc import Iterator
from typing import NamedTuple

from models.page import Block, Page, Word


class Placed(NamedTuple):
    """A word and its place ``[start, end)`` in the page's text."""

    start: int
    end: int
    word: Word


def page_text(page: Page) -> tuple[str, list[Placed]]:
    """Return the text of a page and the place of every word in it.

    A line of the page is a line of the text. An empty line separates blocks. The cells of a table's row are on one line
    with tabs between them; the lines within a cell are joined by a space.
    """
    pieces: list[str] = []
    placed: list[Placed] = []
    length = 0

    def add(piece: str) -> None:
        nonlocal length
        pieces.append(piece)
        length += len(piece)

    previous: Block | None = None
    for block in page.blocks:
        if previous is not None:
            add(_between(previous, block))
        for number, line in enumerate(block.lines):
            if number:
                add(" " if block.cell else "\n")
            for word, last in _with_last(line.words):
                placed.append(Placed(length, length + len(word.text), word))
                add(word.text)
                if word.space and not last:
                    add(" ")
        previous = block
    return "".join(pieces), placed


def _between(before: Block, after: Block) -> str:
    if before.cell and after.cell and before.cell.table == after.cell.table:
        return "\t" if before.cell.row == after.cell.row else "\n"
    return "\n\n"


def _with_last(words: tuple[Word, ...]) -> Iterator[tuple[Word, bool]]:
    for number, word in enumerate(words, 1):
        yield word, number == len(words)
