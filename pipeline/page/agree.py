"""Two readings of a line made one, and what a reading is worth."""

import math
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from pipeline.page.recognise import Sign, Signs

_STRETCH = 20

_UNSAYABLE = frozenset("ឪឮឫឍឦឭ៛")
"""Signs that the models of the second readings do not know: that they read something else there says nothing."""


def khmer_share(signs: Sequence[Sign]) -> float:
    """Return the Khmer share of the letters of both scripts, digits and marks left out; 1 where there are none."""
    khmer = sum("\u1780" <= char <= "\u17d3" for sign in signs for char in sign.text)
    latin = sum(char.isalpha() and char < "\u1780" for sign in signs for char in sign.text)
    return khmer / (khmer + latin) if khmer + latin else 1.0


def certainty(signs: Sequence[Sign]) -> float:
    """Return the chance, 0–1, that all the signs are right, or twenty of them where there are more.

    So a line of two hundred signs with five doubtful ones is not worth nothing.
    """
    if not signs:
        return 0.0
    doubt = sum(1 - sign.confidence for sign in signs) / len(signs)
    return math.exp(-doubt * min(len(signs), _STRETCH))


def worst(signs: Sequence[Sign]) -> float:
    """Return the confidence of the least sure sign; 0 where there is none."""
    return min((sign.confidence for sign in signs), default=0.0)


def agreed(first: Signs, second: Signs) -> Signs:
    """Make one reading of two of the same line.

    Where they agree, a sign has the better of its two confidences. Where they differ, the stretch whose worst sign is
    the surer one is taken, and is in doubt: Two different readings cannot both be right. A stretch that one of them
    leaves out counts as sure as the signs beside the gap. Where the first has a sign that the models of the second
    cannot say, it stands.
    """
    matcher = SequenceMatcher(None, [one.text for one in first], [one.text for one in second], autojunk=False)
    found: list[Sign] = []
    for what, start, end, start2, end2 in matcher.get_opcodes():
        mine, theirs = first[start:end], second[start2:end2]
        if what == "equal":
            both = zip(mine, theirs, strict=True)
            found += [replace(one, confidence=max(one.confidence, other.confidence)) for one, other in both]
            continue
        sure = worst(mine or first[max(0, start - 1) : end + 1])
        sure2 = worst(theirs or second[max(0, start2 - 1) : end2 + 1])
        unsayable = any(one.text in _UNSAYABLE for one in mine)
        chosen = mine if unsayable or sure > sure2 else theirs
        found += [replace(one, confidence=min(one.confidence, 0.5)) for one in chosen]
    return tuple(found)
