"""Chooses between two readings of French and English words: the one that is a word, where the other is none.

Worn typescript makes e look like c, and m like n. Words with a capital letter may be names, and numbers are no words:
these stay as the better reader read them.
"""

import re
import zlib
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.page.merge import khmer_share
from pipeline.page.recogniser import Symbol, Symbols

WORDS = Path(__file__).with_name("latin_words.npy")
"""The sorted check sums of the words, which ``python -m training words`` takes from Tesseract's models."""

_SURE_WORD, _SURE = 0.6, 0.97
"""From these confidences on, a letter of a listed word is right, or a stop beside it, and any other symbol."""

_KHMER, _SURE_KHMER = 2, 0.7
"""So many Khmer symbols with this mean confidence are a Khmer word in a Latin line."""

_STOPS = frozenset(".,'’-")

_EDGES = re.compile(r"^\W+|\W+$")
_JOINTS = re.compile(r"['’-]")


def check_sums(words: Iterable[str]) -> NDArray[np.uint32]:
    """Return the sorted check sums of words, without those that have anything but letters."""
    return np.unique(np.array([_sum(word.lower()) for word in words if word.isalpha()], np.uint32))


def with_known_words(first: Symbols, second: Symbols) -> Symbols:
    """Return a reading of a Latin line in which words of another are used where only those are known.

    Args:
        first: The better reading.
        second: Another of the same line.
    """
    mine, theirs = _words_of(first), _words_of(second)
    texts, others = [_text(word) for word in mine], [_text(word) for word in theirs]
    found: list[Symbol] = []
    for what, start, end, start2, end2 in SequenceMatcher(None, texts, others, autojunk=False).get_opcodes():
        if what == "replace" and end - start == end2 - start2:
            for number, other in zip(range(start, end), range(start2, end2), strict=True):
                unknown = _is_no_word(texts[number]) and _is_known(others[other])
                found += theirs[other] if unknown or _is_sure_khmer(theirs[other]) else mine[number]
            continue
        unknown = any(map(_is_no_word, texts[start:end])) and not any(map(_is_name, texts[start:end]))
        known = start2 < end2 and all(_is_known(text) for text in others[start2:end2])
        taken = (unknown and known) or any(map(_is_sure_khmer, theirs[start2:end2]))
        found += [symbol for word in (theirs[start2:end2] if taken else mine[start:end]) for symbol in word]
    return tuple(found)


def unsure(symbols: Symbols) -> bool:
    """Return whether any word of a Latin reading may be wrong; also if there is none."""
    return not symbols or bool(unsure_words(symbols))


def unsure_words(symbols: Symbols) -> list[int]:
    """Return the numbers of the words of a Latin reading that may be wrong."""
    return [number for number, word in enumerate(_words_of(symbols)) if not _is_sure(word)]


def words_in(symbols: Symbols) -> list[str]:
    """Return the words of a reading in small letters, without marks before and after them."""
    return [_EDGES.sub("", _text(word).lower()) for word in _words_of(symbols)]


def _is_sure(word: Sequence[Symbol]) -> bool:
    listed = _is_known(_text(word))
    return all(one.confidence >= (_SURE_WORD if listed and _is_usual(one) else _SURE) for one in word)


def _is_usual(symbol: Symbol) -> bool:
    return symbol.text.isalpha() or symbol.text in _STOPS


def differing(first: Symbols, second: Symbols) -> int:
    """Return the number of words on which two readings of a Latin line differ, and the list does not decide."""
    texts, others = [_text(word) for word in _words_of(first)], [_text(word) for word in _words_of(second)]
    count = 0
    for what, start, end, start2, end2 in SequenceMatcher(None, texts, others, autojunk=False).get_opcodes():
        if what == "replace" and end - start == end2 - start2:
            pairs = zip(texts[start:end], others[start2:end2], strict=True)
            count += sum(not _decides(one, other) and not _decides(other, one) for one, other in pairs)
        elif what != "equal":
            count += max(end - start, end2 - start2)
    return count


def _decides(word: str, other: str) -> bool:
    """Return whether the list has a word, and the other reading of it is no word."""
    return bool(_is_known(word)) and _is_no_word(other)


def _is_sure_khmer(word: Sequence[Symbol]) -> bool:
    """Return whether a word is surely Khmer. The Latin models cannot read it: they make Latin letters of it."""
    khmer = [one.confidence for one in word if "\u1780" <= one.text[0] <= "\u17d3"]
    return len(khmer) >= _KHMER and khmer_share(word) == 1 and sum(khmer) >= _SURE_KHMER * len(khmer)


def _words_of(symbols: Symbols) -> list[list[Symbol]]:
    words: list[list[Symbol]] = []
    for symbol in symbols:
        if symbol.begins or not words:
            words.append([])
        words[-1].append(symbol)
    return words


def _text(word: Sequence[Symbol]) -> str:
    return "".join(symbol.text for symbol in word)


def _is_no_word(text: str) -> bool:
    return _is_known(text) is False and not _is_name(text)


def _is_name(text: str) -> bool:
    """Return whether a word may be a name: names are in no list, and Sok must not become Sol."""
    return not text.islower()


def _is_known(text: str) -> bool | None:
    """Return whether all parts of a word are in the list; None if it is none: a number, a mark."""
    word = _EDGES.sub("", text.lower())
    if not word or any(letter.isdigit() for letter in word):
        return None
    return all(len(part) == 1 or _is_listed(part) for part in _JOINTS.split(word) if part)


def _is_listed(word: str) -> bool:
    sums = _sums()
    own = _sum(word)
    place = int(np.searchsorted(sums, own))
    return place < len(sums) and int(sums[place]) == own


@cache
def _sums() -> NDArray[np.uint32]:
    return np.asarray(np.load(WORDS), np.uint32)


def _sum(word: str) -> np.uint32:
    return np.uint32(zlib.crc32(word.encode()))
