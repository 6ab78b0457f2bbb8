"""Line error rate, independent of reading order.

Each printed line of the ground truth is searched anywhere in the text that was read: it costs the fewest edits that
turn it into some part of that text, and never more than its own length. White space and invisible characters do not
count, and the subscripts DA and TA, which have one shape, are treated as the same. (The measure of the project's
evaluation pages.)
"""

import itertools
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import edlib

_SHORT = 2
"""Lines of so many letters are specks, unless the ground truth has them."""

_MOSTLY = 0.75
"""The share of a line's place that must be in one line that was read."""

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


@dataclass
class Answers:
    """How many lines that were read answer a line of the ground truth, and how many of its lines are read in order."""

    lines: int = 0
    unanswered: int = 0
    short: int = 0
    pairs: int = 0
    in_order: int = 0

    @property
    def precision(self) -> float:
        """Return the share of the lines read that answer a line of the ground truth."""
        return 1 - self.unanswered / self.lines if self.lines else 1.0

    @property
    def order(self) -> float:
        """Return the share of the pairs of successive lines of the ground truth that were read in that order."""
        return self.in_order / self.pairs if self.pairs else 1.0


def answers(truth: Mapping[str, str], read: Mapping[str, str]) -> Answers:
    """Compare the lines that were read with the ground truth.

    A line answers if at most half of its characters must be changed to find it in the ground truth; a line of two
    letters or fewer, if it is one of the words there. Those that do not are also counted as ``short``. A line of the
    ground truth is in order if it is found, with at most half of its characters changed, after the line before it.
    """
    found = Answers()
    for name, printed in truth.items():
        text, words = fold(printed), {fold(word) for word in printed.split()}
        for line in _lines(read.get(name, "")):
            is_short = len(line) <= _SHORT
            right = line in words if is_short else 2 * edits_within(line, text) <= len(line)
            found.lines += 1
            found.unanswered += not right
            found.short += is_short and not right
        places = [_place(line, fold(read.get(name, ""))) for line in _lines(printed) if len(line) > _SHORT]
        known = [place for place in places if place is not None]
        found.pairs += max(0, len(known) - 1)
        found.in_order += sum(before < after for before, after in itertools.pairwise(known))
    return found


def answered(printed: str, lines: Sequence[str]) -> list[Rate | None]:
    """Compare each line that was read on a page with the lines of the ground truth that it answers.

    A line of the ground truth is answered where it costs the fewest edits, but at most half of its length; the long
    lines choose first, and no place is taken twice. What a line has beside its answers counts as edits. A ground truth
    may leave out what nobody can read with certainty: so a line of which it has at most half is not compared.

    Args:
        printed: The ground truth of the page.
        lines: The lines that were read on it.

    Returns:
        For each line that was read, its edits and the characters of its answers; None if it is not compared.
    """
    folded = [fold(line) for line in lines]
    text, owner = "".join(folded), [number for number, line in enumerate(folded) for _ in line]
    free, found, covered = [True] * len(text), [Rate() for _ in folded], [0] * len(folded)
    for line in sorted(_lines(printed), key=len, reverse=True):
        held = set(line)
        plain = "".join(one if is_free and one in held else "\0" for one, is_free in zip(text, free, strict=True))
        place = edlib.align(line, plain, mode="HW", task="locations") if plain else None
        if not place or 2 * place["editDistance"] > len(line):
            continue
        start, last = min(place["locations"], key=lambda one: len(set(owner[one[0] : one[1] + 1])))
        own = owner[start : last + 1]
        number = max(set(own), key=own.count)
        if own.count(number) < _MOSTLY * len(own):
            continue  # the layout broke or joined it
        free[start : last + 1] = [False] * len(own)
        covered[number] += own.count(number)
        found[number].edits += place["editDistance"]
        found[number].characters += len(line)
    for line, rate, share in zip(folded, found, covered, strict=True):
        rate.edits += len(line) - share
    return [rate if 2 * share > len(line) else None for line, rate, share in zip(folded, found, covered, strict=True)]


def _place(line: str, text: str) -> int | None:
    """Return where a line ends in a text, None if more than half of it would have to be changed."""
    if not text:
        return None
    held = set(line)
    plain = "".join(character if character in held else "\0" for character in text)
    found = edlib.align(line, plain, mode="HW", task="locations")
    return int(found["locations"][0][1]) if 2 * found["editDistance"] <= len(line) else None


def kind_of(name: str) -> str:
    """Return the kind of a page: the part after the last ``-`` of its name."""
    return name.rsplit("-", 1)[-1]


def rates(truth: Mapping[str, str], read: Mapping[str, str]) -> dict[str, Rate]:
    """Return the rate of each kind of page, and of ``ALL``."""
    found: dict[str, Rate] = {}
    for name, printed in truth.items():
        text = fold(read.get(name, ""))
        for line in _lines(printed):
            cost = edits_within(line, text)
            for key in (kind_of(name), "ALL"):
                rate = found.setdefault(key, Rate())
                rate.edits += cost
                rate.characters += len(line)
    return {key: found[key] for key in sorted(found, key=lambda key: (key == "ALL", key))}


def _lines(text: str) -> Iterable[str]:
    return filter(None, map(fold, text.split("\n")))
