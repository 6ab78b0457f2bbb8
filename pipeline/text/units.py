"""The units of search: Khmer clusters, and whole words and numbers of other scripts.

Khmer has no spaces between words, recognisers insert some where there are none, and words continue on the next line.
So the unit of Khmer is the cluster (a letter with its subscripts and vowels), and a *run* of clusters continues across
spaces and line ends; a punctuation mark, another script, or the next block ends it. Units in different blocks, cells
or rows of a table are never adjacent. See ``docs/decisions/0002-search-units.md``.

The tokens of an index are made here. A change of these tokens needs a new version of every store; otherwise the
entries in a store can neither be found nor removed.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pipeline.text.normalise import match_segments

# Characters of the private use area, which no unit contains: one separates the clusters of a token, one is itself a
# token between two blocks.
JOINT = "\ue000"
BREAK = "\ue001"
# How :func:`pipeline.text.plain.page_text` separates blocks, cells, and (on the lines that have cells) rows.
_BETWEEN = re.compile(r"\n[^\S\n]*\n|[\t\f]|\n(?=[^\n]*\t)|(?<=\t)[^\t\n]*\n")


class Unit(NamedTuple):
    """A cluster or a word in its match form, and its place ``[start, end)`` in the text.

    ``run`` is the same number for the clusters of one run, -1 for a word; ``block`` counts blocks and cells from 0.
    """

    text: str
    start: int
    end: int
    run: int
    block: int


class Columns(NamedTuple):
    """Units as columns, one sequence for each field: a page has hundreds, and few are used one by one."""

    text: Sequence[str]
    start: Sequence[int]
    end: Sequence[int]
    run: Sequence[int]
    block: Sequence[int]

    @classmethod
    def of(cls, found: Iterable[Unit]) -> "Columns":
        """Return units as columns."""
        return cls(*(list(zip(*found, strict=True)) or [()] * len(cls._fields)))

    @classmethod
    def read(cls, text: str) -> "Columns":
        """Return the units of a text, in order, as columns."""
        texts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        runs: list[int] = []
        blocks: list[int] = []
        breaks = [between.end() for between in _BETWEEN.finditer(text)]
        run, running, block = 0, False, 0
        for form, start, end in match_segments(text):
            while block < len(breaks) and start >= breaks[block]:
                block += 1
                running = False
            first = form[0]
            if is_khmer := _is_khmer(first):
                run += not running
            elif not first.isalnum():
                running = running and first.isspace()
                continue
            running = is_khmer
            texts.append(form)
            starts.append(start)
            ends.append(end)
            runs.append(run if is_khmer else -1)
            blocks.append(block)
        return cls(texts, starts, ends, runs, blocks)

    def units(self) -> list[Unit]:
        """Return the units, one by one."""
        return list(map(Unit._make, zip(*self, strict=True)))


def units(text: str) -> list[Unit]:
    """Return the units of a text, in order."""
    return Columns.read(text).units()


def _is_khmer(character: str) -> bool:
    """Whether a piece is a Khmer cluster; ៗ, which repeats a word, is one. Marks without a letter are not."""
    return "\u1780" <= character <= "\u17b3" or character == "\u17d7"


def sequence(found: Sequence[Unit]) -> list[str]:
    """Return the tokens of units, one for each unit, so that neighbours on the page are neighbours in the index.

    A cluster gives a pair with the next cluster of its run; the last of a run is alone; a word is its own token.
    """
    return _sequence([unit.text for unit in found], [unit.run for unit in found])


def tokens(found: Columns) -> list[str]:
    """Return the tokens of a page's units in order, as :func:`sequence` does, with a break between two blocks."""
    made = _sequence(found.text, found.run)
    if not made or found.block[0] == found.block[-1]:
        return made
    result = []
    block = found.block[0]
    for token, here in zip(made, found.block, strict=True):
        if here != block:
            result.append(BREAK)
            block = here
        result.append(token)
    return result


def _sequence(texts: Sequence[str], runs: Sequence[int]) -> list[str]:
    return [
        text if run < 0 else f"{text}{JOINT}{follower}" if run == next_run else f"{text}{JOINT}"
        for text, run, follower, next_run in zip(texts, runs, [*texts[1:], ""], [*runs[1:], -1], strict=False)
    ]
