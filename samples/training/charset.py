"""The letters that the model can output: those of Debian's Khmer script model, and after them those it lacks."""

import unicodedata

ADDED = (
    *"ឪឮឫឍឦឭ៛ឩឰឳ៎៚",
    *("្" + letter for letter in "ឈផឡឬឫឥឯ"),
    *"àâçèêëîïôùûœÀÂÇÈÉÊÎÔŒ–•…№ºª½",
)
"""Letters that are in case files and not in Debian's model."""

_EMPTY_BOX = "0,255,0,255,0,0,0,0,0,0"
_LETTER, _LOWER, _UPPER, _MARK = 1, 3, 5, 10
"""Tesseract's bits for what a sign is: a letter, of lower or upper case, a punctuation mark."""

_DIRECTION = {"L": 0, "ET": 4, "NSM": 17, "ON": 10}
"""ICU's numbers of the directions of writing, as in the unicharset."""


def with_added(unicharset: str) -> str:
    """Return a unicharset, as ``combine_tessdata -u`` writes it, with the added letters at its end.

    The others keep their numbers, so that the network's outputs keep their meaning.
    """
    lines = unicharset.rstrip("\n").split("\n")
    known = {line.split(" ", 1)[0] for line in lines[1:]}
    entries = lines[1:]
    for sign in ADDED:
        if sign not in known:
            entries.append(_entry(sign, len(entries)))
    return "\n".join([str(len(entries)), *entries, ""])


def letters(unicharset: str) -> frozenset[str]:
    """Return the code points of a unicharset's signs."""
    return frozenset("".join(line.split(" ")[0] for line in unicharset.rstrip("\n").split("\n")[4:]))


def _entry(sign: str, number: int) -> str:
    first = sign[-1]
    script = "Khmer" if "\u1780" <= first <= "\u17ff" else "Latin" if first.isalpha() else "Common"
    kind = _kind(first)
    direction = 17 if len(sign) > 1 else _DIRECTION[unicodedata.bidirectional(first)]
    codes = " ".join(f"{ord(character):x}" for character in sign)
    mark = "x" if kind == _LETTER else ""
    return f"{sign} {kind} {_EMPTY_BOX} {script} {number} {direction} {number} {sign}\t# {sign} [{codes} ]{mark}"


def _kind(character: str) -> int:
    category = unicodedata.category(character)
    kinds = {"Lo": _LETTER, "Ll": _LOWER, "Lu": _UPPER, "Po": _MARK, "Pd": _MARK}
    return kinds.get(category, 0)
