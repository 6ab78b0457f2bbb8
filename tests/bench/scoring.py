"""Line error rate, independent of reading order.

Each printed line of the ground truth is searched anywhere in the text that was read: it costs the fewest edits that
turn it into some part of that text, and never more than its own length. White space and invisible characters do not
count, and the subscripts DA and TA, which have one shape, are treated as the same. (The measure of the project's
evaluation pages.)
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import edlib

_UNSEEN = re.compile(r"[\s\u200b-\u200d\u2060\ufeff]")


@dataclass
class Rate:
    """Edits over the characters of the ground truth."""

    edits: int = 0
    characters: int = 0

    @property
    def share(self) -> float:
        """Return edits for each character."""
        return self.edits / self.characters if self.characters else 0.0


def fold(text: str) -> str:
    """Return a text as it is compared."""
    normal = _UNSEEN.sub("", unicodedata.normalize("NFC", text))
    return normal.replace("\u17d2\u178a", "\u17d2\u178f")


def edits_within(line: str, text: str) -> int:
    """Return the fewest edits that turn a folded line into some part of a folded text."""
    if not line or not text:
        return len(line)
    # edlib distinguishes 256 characters: those that are not in the line count as one.
    held = set(line)
    plain = "".join(character if character in held else "\0" for character in text)
    return min(len(line), int(edlib.align(line, plain, mode="HW", task="distance")["editDistance"]))


def rates(truth: Mapping[str, str], read: Mapping[str, str]) -> dict[str, Rate]:
    """Return the rate of each layout (the part after the last ``-`` of a page's name), and of ``ALL``."""
    found: dict[str, Rate] = {}
    for name, printed in truth.items():
        text = fold(read.get(name, ""))
        for line in _lines(printed):
            cost = edits_within(line, text)
            for key in (name.split("-")[-1], "ALL"):
                rate = found.setdefault(key, Rate())
                rate.edits += cost
                rate.characters += len(line)
    return {key: found[key] for key in sorted(found, key=lambda key: (key == "ALL", key))}


def _lines(text: str) -> Iterable[str]:
    return filter(None, map(fold, text.split("\n")))
