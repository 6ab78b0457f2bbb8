"""Tokens for fuzzy matching: they find text that was misread or is spelled differently.

A run of Khmer text gives its n-grams of three characters. Each overlaps the next by two, so that a wrong character
changes three of them and leaves those before and after it. A word in Latin letters gives a phonetic key. A change of
these tokens needs a new version of every store; see ``pipeline.text.units``.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from pipeline.text.units import BREAK, Columns, Unit

# Characters of an n-gram. Shorter ones occur on every page, and every error changes too many of the longer ones.
NGRAM = 3
_SHORTEST_NAME = 3

# Spellings of Khmer names in Latin letters: each pattern sounds like its replacement.
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


class FuzzyTokens(NamedTuple):
    """Fuzzy tokens as columns, one list for each field: the token, and the units ``[first, last]`` it comes from.

    A page has thousands, and marking a hit reads all of them.
    """

    token: list[str]
    first: list[int]
    last: list[int]


def with_units(found: Columns) -> FuzzyTokens:
    """Return the fuzzy tokens of units, in order, each with the units it comes from; a break between two blocks."""
    made = FuzzyTokens([], [], [])
    for tokens, at, end in _stretches(found):
        if found.run[at] < 0 or tokens[:1] == [BREAK]:
            _add(made, tokens, [at] * len(tokens), [at] * len(tokens))
        else:
            owners = [number for number in range(at, end) for _ in found.text[number]]
            _add(made, tokens, owners[: len(tokens)], owners[NGRAM - 1 :])
    return made


def fuzzy_tokens(found: Columns) -> list[str]:
    """Return the fuzzy tokens of units in the form that the stores take."""
    return [token for tokens, _, _ in _stretches(found) for token in tokens]


def _stretches(found: Columns) -> Iterator[tuple[list[str], int, int]]:
    """Yield the tokens of each run and each word, and of each break, with the units ``[start, end)`` they come from."""
    texts, runs, blocks = found.text, found.run, found.block
    block = blocks[0] if blocks else 0
    at = 0
    while at < len(texts):
        if blocks[at] != block:
            block = blocks[at]
            yield [BREAK], at, at + 1
        end = at + 1
        if (run := runs[at]) < 0:
            if key := phonetic(texts[at]):
                yield [key], at, end
        else:
            while end < len(texts) and runs[end] == run:
                end += 1
            yield ngrams("".join(texts[at:end])), at, end
        at = end


def _add(made: FuzzyTokens, tokens: list[str], first: list[int], last: list[int]) -> None:
    made.token.extend(tokens)
    made.first.extend(first)
    made.last.extend(last)


def ngrams(text: str) -> list[str]:
    """Return the n-grams of Khmer text in its match form."""
    return [text[start : start + NGRAM] for start in range(len(text) - NGRAM + 1)]


@lru_cache(maxsize=65536)
def phonetic(word: str) -> str:
    """Return the phonetic key of a word in its match form, the same for `phnom` and `pnom`; "" for numbers.

    The rules cover the ways in which romanised Khmer names differ in French and English papers: aspirates with and
    without h, doubled letters, o and u, i and y, e and a.
    """
    if len(word) < _SHORTEST_NAME or not (word.isascii() and word.isalpha()):
        return ""
    for pattern, instead in _SPELLINGS:
        word = pattern.sub(instead, word)
    return f"{BREAK}{word}" if len(word) > 1 else ""


def joined(found: Iterable[Unit]) -> str:
    """Return the match form of units, joined."""
    return "".join(unit.text for unit in found)
