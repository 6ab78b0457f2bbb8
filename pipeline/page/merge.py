"""Merges two readings of a line into one, and measures the confidence of a reading."""

import math
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher

import numpy as np

from pipeline.page.recogniser import Symbol, Symbols

_STRETCH = 20

_ON_PAPER = 1.5
"""On real paper more symbols are wrong than readers say, by this factor; docs/recognition.md has the measurement."""

_BY_PART, _BY_LINE = 0.6, 0.6
"""How much the odds of a part and of its whole line count where readings differ."""

_MIXED = 0.2
"""A line with no larger share of Khmer letters is Latin."""

_UNSAYABLE = frozenset("ឪឮឫឍឦឭ៛")
"""Symbols that the models of the second readings do not know: a different reading there is no evidence."""


def khmer_share(symbols: Sequence[Symbol]) -> float:
    """Return the share of Khmer among the letters of both scripts, without digits and marks; 1 if there are none."""
    khmer = sum("\u1780" <= char <= "\u17d3" for symbol in symbols for char in symbol.text)
    latin = sum(char.isalpha() and char < "\u1780" for symbol in symbols for char in symbol.text)
    return khmer / (khmer + latin) if khmer + latin else 1.0


def is_latin(symbols: Sequence[Symbol]) -> bool:
    """Return whether a line is Latin: few of its letters are Khmer."""
    return khmer_share(symbols) <= _MIXED


def line_confidence(symbols: Sequence[Symbol]) -> float:
    """Return the probability, 0–1, that all the symbols are right, or twenty of them if there are more.

    So the confidence of a line of two hundred symbols with five doubtful ones is not almost zero. It is what holds on
    real paper, where readers are less often right than they say.
    """
    if not symbols:
        return 0.0
    doubt = _ON_PAPER * sum(1 - symbol.confidence for symbol in symbols) / len(symbols)
    return math.exp(-doubt * min(len(symbols), _STRETCH))


def min_confidence(symbols: Sequence[Symbol]) -> float:
    """Return the lowest confidence of the symbols; 0 if there are none."""
    return min((symbol.confidence for symbol in symbols), default=0.0)


def mean_confidence(readings: Sequence[Symbols]) -> float:
    """Return the mean confidence, 0–1, of the symbols of several lines; 0 if there are none."""
    confidences = [symbol.confidence for line in readings for symbol in line]
    return float(np.mean(confidences)) if confidences else 0.0


def merged(first: Symbols, second: Symbols, lead: float = 0.4) -> Symbols:
    """Merge two readings of the same line into one.

    Where they agree, a symbol has the higher of its two confidences. Where they differ, a part is used by its minimum
    confidence, and by how sure its reading is of the whole line: a reader that does not know a face is wrong in it even
    where it is sure. The part is then in doubt. A part that one of them leaves out has the minimum confidence of the
    symbols next to the gap. Where the first has a symbol that the models of the second cannot produce, it is kept.

    Args:
        first: One reading.
        second: The other.
        lead: The logarithm of a factor by which the odds of the first reading are better than it says.
    """
    lead += _BY_LINE * (_odds(mean_confidence([first])) - _odds(mean_confidence([second])))
    matcher = SequenceMatcher(None, _shapes(first), _shapes(second), autojunk=False)
    found: list[Symbol] = []
    for what, start, end, start2, end2 in matcher.get_opcodes():
        mine, theirs = first[start:end], second[start2:end2]
        if what == "equal":
            both = zip(mine, theirs, strict=True)
            found += [replace(one, confidence=max(one.confidence, other.confidence)) for one, other in both]
            continue
        confidence = min_confidence(mine or first[max(0, start - 1) : end + 1])
        confidence2 = min_confidence(theirs or second[max(0, start2 - 1) : end2 + 1])
        better = _BY_PART * (_odds(confidence) - _odds(confidence2)) + lead
        unsayable = any(one.text in _UNSAYABLE for one in mine)
        chance = 1 / (1 + math.exp(-abs(better)))
        found += [
            replace(one, confidence=min(one.confidence, chance))
            for one in (mine if unsayable or better > 0 else theirs)
        ]
    return tuple(found)


def _shapes(symbols: Symbols) -> list[str]:
    """Return the texts of symbols as they look: subscript DA has the shape of subscript TA."""
    return [symbol.text.replace("\u17d2\u178a", "\u17d2\u178f") for symbol in symbols]


def _odds(chance: float) -> float:
    """Return the logarithm of the odds of a probability, which is never taken as certain."""
    chance = min(max(chance, 0.002), 0.998)
    return math.log(chance / (1 - chance))
