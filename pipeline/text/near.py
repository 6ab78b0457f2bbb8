"""Tokens by which text is found that was misread, or is spelt another way: pieces of Khmer, sounds of Latin words.

A stretch of Khmer gives its pieces of three characters, each overlapping the next by two, so that a wrong character
spoils three of them and leaves what stands before and behind it. A word in Latin letters gives its sound. Whoever
changes what comes out must raise the version of every store; see ``pipeline.text.units``.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from pipeline.text.units import BREAK, Unit

# Characters of a piece. Shorter ones stand on every page, longer ones are spoilt by every error.
PIECE = 3
_SHORTEST_NAME = 3

# How Khmer names are written in Latin letters: the first of each two sounds like the second.
_SPELLINGS = (
    (re.compile("tch|ch|ts|tj|dj"), "c"),
    (re.compile("ph"), "p"),
    (re.compile("(?<=.)h"), ""),
    (re.compile("[kqx]|c(?=[kaou])"), "k"),
    (re.compile("w"), "v"),
    (re.compile("[ou]+(?=[^aeiouy]|$)|eu|au|oeu|oo"), "o"),
    (re.compile("[iy]+e?"), "i"),
    (re.compile("[ae]+"), "a"),
    (re.compile(r"(.)\1+"), r"\1"),
)


class Near(NamedTuple):
    """A token, and the units ``[first, last]`` it stands for."""

    token: str
    first: int
    last: int


def near_tokens(found: Sequence[Unit]) -> Iterator[Near]:
    """Yield the near tokens of units, in order; a break between two blocks."""
    block = found[0].block if found else 0
    for _, numbers in itertools.groupby(range(len(found)), lambda at: (found[at].run, found[at].run < 0 and at)):
        part = list(numbers)
        if found[part[0]].block != block:
            block = found[part[0]].block
            yield Near(BREAK, part[0], part[0])
        if found[part[0]].run < 0:
            if heard := sound(found[part[0]].text):
                yield Near(heard, part[0], part[0])
        else:
            yield from _pieces(found, part)


def _pieces(found: Sequence[Unit], part: Sequence[int]) -> Iterator[Near]:
    text = "".join([found[at].text for at in part])
    owners = [at for at in part for _ in found[at].text]
    for start in range(len(text) - PIECE + 1):
        yield Near(text[start : start + PIECE], owners[start], owners[start + PIECE - 1])


def pieces(text: str) -> list[str]:
    """Return the pieces of a stretch of Khmer in its match form."""
    return [text[start : start + PIECE] for start in range(len(text) - PIECE + 1)]


@lru_cache(maxsize=65536)
def sound(word: str) -> str:
    """Return what a word in its match form sounds like, the same for `phnom` and `pnom`; "" for numbers and the like.

    The rules are those by which romanised Khmer names differ from one another in French and English papers: aspirates
    with and without h, doubled letters, o and u, i and y, e and a.
    """
    if len(word) < _SHORTEST_NAME or not (word.isascii() and word.isalpha()):
        return ""
    for pattern, instead in _SPELLINGS:
        word = pattern.sub(instead, word)
    return f"{BREAK}{word}" if len(word) > 1 else ""


def joined(found: Iterable[Unit]) -> str:
    """Return the match form of units, one after another."""
    return "".join(unit.text for unit in found)
