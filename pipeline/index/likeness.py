"""What of a term is looked for where it may have been misread or spelt another way; the same in every store.

A term falls into parts: stretches of Khmer, words, and what cannot differ (numbers, short words). All of its parts must
stand on a page, in any of their forms:

- a stretch of Khmer with a gap: all of it stands there but for one or two characters, whatever is in their place. Of a
  passage, which has room for more errors, half of the short stretches it is made of;
- a word of five letters or more with one letter too many, too few, other, or swapped; asked for with ``~`` two of them;
- a word that sounds the same.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA

from pipeline.index.query import Term
from pipeline.text.near import PIECE, joined, pieces, sound
from pipeline.text.units import Unit

# Characters of a stretch that must stand on the page, at least, and as a part of all; the second where ~ asks for more.
_FEWEST = 5
_SHARE = 0.76
_SHARE_NEAR = 0.4
_MOST_GAPS = 10
# From here on a stretch is a passage, of which any part as long as this will do.
_PASSAGE = 24
_PART = 7
_STEP = 3
_MOST_PARTS = 16
_OF_PASSAGE = 0.45
_OF_PASSAGE_NEAR = 0.2
# Places by which the two sides of a gap may stand further apart than in the query.
_SLACK = 2
_FEWEST_LETTERS = 5


class Gap(NamedTuple):
    """Pieces in a row before a gap and behind it, at most ``apart`` places between them; one side may be empty."""

    before: tuple[str, ...]
    behind: tuple[str, ...]
    apart: int


class Part(NamedTuple):
    """A part of a term: itself, and the forms it may stand in.

    Of ``gaps`` at least ``least`` must stand on a page. ``edits`` is how many letters of ``word`` may be wrong,
    ``sound`` what it sounds like ("" for none).
    """

    itself: Term
    gaps: tuple[Gap, ...] = ()
    least: int = 1
    word: str = ""
    edits: int = 0
    sound: str = ""

    @property
    def may_differ(self) -> bool:
        """Whether it may stand in another form than its own."""
        return bool(self.gaps or self.word)


@lru_cache(maxsize=256)
def parts(term: Term) -> tuple[Part, ...]:
    """Return the parts of a term; none where no other page than one with the term as it is could be an answer."""
    if not term.may_differ or (term.prefix and len(term.units) == 1):
        return ()
    found = tuple(_parts(term))
    if len(found) == 1 and not found[0].may_differ:
        return ()
    return found


def near_word(word: str, other: str, edits: int) -> bool:
    """Whether a word is another with at most so many letters wrong; two that are swapped are one."""
    return OSA.distance(word, other, score_cutoff=edits) <= edits


def _parts(term: Term) -> Iterator[Part]:
    fixed: list[Unit] = []
    for run, group in itertools.groupby(term.units, lambda unit: unit.run):
        stretch = tuple(group)
        for units in [stretch] if run >= 0 else [(unit,) for unit in stretch]:
            last = units[-1] is term.units[-1]
            itself = Term(term.text, units, prefix=term.prefix and last)
            part = Part(itself) if itself.prefix else _part(itself, near=term.near)
            if part.may_differ:
                if fixed:
                    yield Part(Term(term.text, tuple(fixed)))
                    fixed = []
                yield part
            else:
                fixed += units
    if fixed:
        yield Part(Term(term.text, tuple(fixed), prefix=term.prefix))


def _part(itself: Term, *, near: bool) -> Part:
    text = joined(itself.units)
    if itself.units[0].run >= 0:
        share = _SHARE_NEAR if near else _SHARE
        if len(text) < _PASSAGE:
            return Part(itself, gaps=tuple(dict.fromkeys(_gaps(text, share))))
        stretches = tuple(dict.fromkeys(_stretches(text)))
        least = math.ceil((_OF_PASSAGE_NEAR if near else _OF_PASSAGE) * len(stretches))
        return Part(itself, gaps=stretches, least=least)
    if not text.isalpha():
        return Part(itself)
    edits = (len(text) >= _FEWEST_LETTERS) + near
    heard = sound(text)
    return Part(itself, word=text if edits or heard else "", edits=edits, sound=heard)


def _gaps(text: str, share: float) -> Iterator[Gap]:
    width = max(1, -(-len(text) // _MOST_GAPS))
    for start in range(0, len(text), width):
        before, behind = text[:start], text[start + width :]
        kept = sum(len(side) for side in (before, behind) if len(side) >= PIECE)
        if kept >= max(_FEWEST, share * len(text)):
            yield _gap(pieces(before), pieces(behind), width)


def _stretches(text: str) -> Iterator[Gap]:
    step = max(_STEP, -(-(len(text) - _PART) // (_MOST_PARTS - 1)))
    for start in [*range(0, len(text) - _PART, step), len(text) - _PART]:
        yield Gap(tuple(pieces(text[start : start + _PART])), (), 0)


def _gap(before: Sequence[str], behind: Sequence[str], width: int) -> Gap:
    if not before or not behind:
        return Gap(tuple(before or behind), (), 0)
    return Gap(tuple(before), tuple(behind), PIECE - 1 + width + _SLACK)
