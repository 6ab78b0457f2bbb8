"""The units that are searched for: Khmer clusters, and whole words and numbers of other scripts.

Khmer puts no spaces between words, recognisers put some where none are, and words run over the end of a line. So the
unit of Khmer is the cluster (a letter with its subscripts and vowels), and a *run* of clusters goes on over spaces and
line ends; a punctuation mark, another script, or the next block ends it. See ``docs/decisions/0002-search-units.md``.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipeline.text.normalise import match_pieces

# A character of the private use area that no page holds: it parts the clusters of a token.
JOINT = "\ue000"
_BREAK = re.compile(r"\n[^\S\n]*\n|[\t\f]")


class Unit(NamedTuple):
    """A cluster or a word in its match form, and where it stands, ``[start, end)`` in the text.

    ``run`` is the same number for the clusters of one run, -1 for a word.
    """

    text: str
    start: int
    end: int
    run: int


def units(text: str) -> list[Unit]:
    """Return the units of a text, in order."""
    return list(_units(text))


def _units(text: str) -> Iterator[Unit]:
    breaks = {place for found in _BREAK.finditer(text) for place in range(*found.span())}
    run, running = 0, False
    word: list[tuple[str, int, int]] = []
    for piece in match_pieces(text):
        if _is_khmer(piece.text[0]):
            yield from _word(word)
            word = []
            if not running:
                run, running = run + 1, True
            yield Unit(piece.text, piece.start, piece.end, run)
        elif piece.text[0].isalnum():
            running = False
            word.append((piece.text, piece.start, piece.end))
        else:
            yield from _word(word)
            word = []
            if not piece.text.isspace() or piece.start in breaks:
                running = False
    yield from _word(word)


def _word(parts: list[tuple[str, int, int]]) -> Iterator[Unit]:
    if parts:
        yield Unit("".join(part[0] for part in parts), parts[0][1], parts[-1][2], -1)


def _is_khmer(character: str) -> bool:
    """Whether a piece is a Khmer cluster; ៗ, which says a word twice, is one. Marks that stand on nothing are not."""
    return "\u1780" <= character <= "\u17b3" or character == "\u17d7"


def sequence(found: Iterable[Unit]) -> list[str]:
    """Return the tokens of units, one a place: so that what stands side by side on the page does so in the index.

    A cluster gives the pair it makes with the next one of its run; the last of a run stands alone; a word is itself.
    """
    listed = list(found)
    tokens = []
    for number, unit in enumerate(listed):
        follower = listed[number + 1] if number + 1 < len(listed) else None
        if unit.run < 0:
            tokens.append(unit.text)
        elif follower is not None and follower.run == unit.run:
            tokens.append(f"{unit.text}{JOINT}{follower.text}")
        else:
            tokens.append(f"{unit.text}{JOINT}")
    return tokens


def triples(found: Iterable[Unit]) -> list[str]:
    """Return the tokens of three clusters in a row; they tell a word from another that shares its pairs."""
    listed = list(found)
    return [
        JOINT.join((one.text, two.text, three.text))
        for one, two, three in zip(listed, listed[1:], listed[2:], strict=False)
        if one.run >= 0 and one.run == two.run == three.run
    ]
