"""Fuzzy matching: the forms of a term that are searched because it may be misread or spelled differently.

It is the same in every store.

A term has parts: stretches of Khmer, words, and parts that have no other forms (numbers, short words). A page must
contain all parts, each in one of its forms:

- a stretch of Khmer as skip-grams: all of it except one or two characters, whatever is in their place. A long passage
  can have more errors: half of its short stretches are enough;
- a word of five letters or more with one letter added, missing, different or swapped; with ``~`` two of these;
- a word with the same phonetic key.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA

from pipeline.index.query import Term
from pipeline.text.fuzzy_tokens import NGRAM, joined, ngrams, phonetic
from pipeline.text.units import Unit

# How many characters of a stretch must be on the page, and which share of them; the second share is for ~.
_FEWEST = 5
_SHARE = 0.76
_SHARE_FUZZY = 0.4
_MOST_SKIP_GRAMS = 10
# A stretch of this length or more is a passage; it is searched by parts of this length.
_PASSAGE = 24
_PART = 7
_STEP = 3
_MOST_PARTS = 16
_OF_PASSAGE = 0.45
_OF_PASSAGE_FUZZY = 0.2
# How many places further apart the two sides of a gap may be than in the query.
_SLACK = 2
_FEWEST_LETTERS = 5


class SkipGram(NamedTuple):
    """Successive n-grams before and after a gap of at most ``apart`` places; one side may be empty."""

    before: tuple[str, ...]
    behind: tuple[str, ...]
    apart: int


class Part(NamedTuple):
    """A part of a term, and its other forms.

    A page must contain at least ``least`` of ``skip_grams``. ``edits`` is how many letters of ``word`` may be wrong,
    ``phonetic`` is its phonetic key ("" for none).
    """

    itself: Term
    skip_grams: tuple[SkipGram, ...] = ()
    least: int = 1
    word: str = ""
    edits: int = 0
    phonetic: str = ""

    @property
    def may_differ(self) -> bool:
        """Whether it has other forms."""
        return bool(self.skip_grams or self.word)


@lru_cache(maxsize=256)
def parts(term: Term) -> tuple[Part, ...]:
    """Return the parts of a term; none if it has no other forms."""
    if not term.may_differ or (term.prefix and len(term.units) == 1):
        return ()
    found = tuple(_parts(term))
    if len(found) == 1 and not found[0].may_differ:
        return ()
    return found


def within_edits(word: str, other: str, edits: int) -> bool:
    """Whether two words differ in at most this many letters; two swapped letters count as one."""
    return OSA.distance(word, other, score_cutoff=edits) <= edits


def _parts(term: Term) -> Iterator[Part]:
    fixed: list[Unit] = []
    for run, group in itertools.groupby(term.units, lambda unit: unit.run):
        stretch = tuple(group)
        for units in [stretch] if run >= 0 else [(unit,) for unit in stretch]:
            last = units[-1] is term.units[-1]
            itself = Term(term.text, units, prefix=term.prefix and last)
            part = Part(itself) if itself.prefix else _part(itself, fuzzy=term.fuzzy)
            if part.may_differ:
                if fixed:
                    yield Part(Term(term.text, tuple(fixed)))
                    fixed = []
                yield part
            else:
                fixed += units
    if fixed:
        yield Part(Term(term.text, tuple(fixed), prefix=term.prefix))


def _part(itself: Term, *, fuzzy: bool) -> Part:
    text = joined(itself.units)
    if itself.units[0].run >= 0:
        share = _SHARE_FUZZY if fuzzy else _SHARE
        if len(text) < _PASSAGE:
            return Part(itself, skip_grams=tuple(dict.fromkeys(_skip_grams(text, share))))
        stretches = tuple(dict.fromkeys(_stretches(text)))
        least = math.ceil((_OF_PASSAGE_FUZZY if fuzzy else _OF_PASSAGE) * len(stretches))
        return Part(itself, skip_grams=stretches, least=least)
    if not text.isalpha():
        return Part(itself)
    edits = (len(text) >= _FEWEST_LETTERS) + fuzzy
    key = phonetic(text)
    return Part(itself, word=text if edits or key else "", edits=edits, phonetic=key)


def _skip_grams(text: str, share: float) -> Iterator[SkipGram]:
    width = max(1, -(-len(text) // _MOST_SKIP_GRAMS))
    for start in range(0, len(text), width):
        before, behind = text[:start], text[start + width :]
        kept = sum(len(side) for side in (before, behind) if len(side) >= NGRAM)
        if kept >= max(_FEWEST, share * len(text)):
            yield _skip_gram(ngrams(before), ngrams(behind), width)


def _stretches(text: str) -> Iterator[SkipGram]:
    step = max(_STEP, -(-(len(text) - _PART) // (_MOST_PARTS - 1)))
    for start in [*range(0, len(text) - _PART, step), len(text) - _PART]:
        yield SkipGram(tuple(ngrams(text[start : start + _PART])), (), 0)


def _skip_gram(before: Sequence[str], behind: Sequence[str], width: int) -> SkipGram:
    if not before or not behind:
        return SkipGram(tuple(before or behind), (), 0)
    return SkipGram(tuple(before), tuple(behind), NGRAM - 1 + width + _SLACK)
