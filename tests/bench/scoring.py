"""Line error rate, free of reading order.

Each printed line of the truth is looked for anywhere in the text that was read: it costs the fewest edits that turn
it into some stretch of that text, and never more than its own length. White space and what cannot be seen do not count,
nor does the difference between the subscripts DA and TA, which have one shape. (The measure of the project's evaluation
pages.)
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import edlib

_UNSEEN = re.compile(r"[\s\u200b-\u200d\u2060\ufeff]")


@dataclass
class Rate:
    """Edits over the characters of the truth."""

    edits: int = 0
    characters: int = 0

    @property
    def share(self) -> float:
        """Return edits a character."""
        return self.edits / self.characters if self.characters else 0.0


def fold(text: str) -> str:
    """Return a text as it is compared."""
    normal = _UNSEEN.sub("", unicodedata.normalize("NFC", text))
    return normal.replace("\u17d2\u178a", "\u17d2\u178f")


def edits_within(line: str, text: str) -> int:
    """Return the fewest edits that turn a folded line into some stretch of a folded text."""
    if not line or not text:
        return len(line)
    # edlib tells 256 characters apart: those that the line does not hold are all the same to it.
    held = set(line)
    plain = "".join(character if character in held else "\0" for character in text)
    return min(len(line), int(edlib.align(line, plain, mode="HW", task="distance")["editDistance"]))


def rates(truth: Mapping[str, str], read: Mapping[str, str]) -> dict[str, Rate]:
    """Return the rate of each layout (what follows the last ``-`` of a page's name), and of ``ALL``."""
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
