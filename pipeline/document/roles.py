"""Whether a date, a court or a number on a paper is the paper's own, or another one that it names.

A paper also names the day of an event, a lower court, the number of another file. The words next to a mention, its
place, and how it compares with the others of its document show which is which; the classifier knows the weights
(:mod:`pipeline.document.training`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from models.fact import FactName
from pipeline.document.features import Features
from pipeline.document.match_text import MatchText
from pipeline.text.units import units

ROLES = frozenset({FactName.DATE, FactName.COURT, FactName.CASE_NUMBER})
OWN, OTHER = "own", "other"
_NEAR = 40
_UNITS = 4


@dataclass(frozen=True, slots=True)
class Mention:
    """What was found on a page of a document, ``[start, end)`` in its match form, before its role is known.

    ``page`` counts the document's pages from 0; ``sort`` says which of the glossary's courts it is, "" if it is none.
    """

    name: FactName
    value: str
    page: int
    start: int
    end: int
    doubt: str = ""
    sort: str = ""


def role_features(mention: Mention, mentions: Sequence[Mention], readings: Sequence[MatchText]) -> Features:
    """Return the features for whether a mention is the document's own.

    Args:
        mention: one of the mentions.
        mentions: all of the document, in reading order.
        readings: the document's pages.
    """
    same_name = [one for one in mentions if one.name is mention.name]
    text = readings[mention.page].text
    found: dict[str, float] = {"": 1.0}
    found |= _words("before", text[max(0, mention.start - _NEAR) : mention.start], last=True)
    found |= _words("after", text[mention.end : mention.end + _NEAR], last=False)
    found |= _place(mention, text, len(readings))
    values = sorted({one.value for one in same_name if one.value})
    times = Counter(one.value for one in same_name)
    facts = {
        "first": mention is same_name[0],
        "last": mention is same_name[-1],
        "only": len(values) == 1,
        "earliest": len(values) > 1 and mention.value == values[0],
        "latest": len(values) > 1 and mention.value == values[-1],
        "again": times[mention.value] > 1,
        "doubtful": bool(mention.doubt),
        f"sort {mention.sort}": bool(mention.sort),
        f"sorts {' '.join(sorted({one.sort for one in same_name}))}": bool(mention.sort),
        "in a place": bool(mention.sort)
        and any(mention.value != one.value and mention.value.startswith(one.value) for one in same_name),
    }
    found |= {name: 1.5 for name, is_so in facts.items() if is_so}
    return {f"{mention.name.value} {name}": weight for name, weight in found.items()}


def _words(side: str, text: str, *, last: bool) -> dict[str, float]:
    """Return the units nearest to a mention on one side, each with how near it is, and the nearest ones alone."""
    found = [unit.text for unit in units(text)]
    near = list(reversed(found[-_UNITS:])) if last else found[:_UNITS]
    breaks = text.rstrip(" ").endswith("\n") if last else text.lstrip(" .,;").startswith("\n")
    bag = {f"{side} {unit}": 1.0 / (1 + place / 2) for place, unit in reversed(list(enumerate(near)))}
    joined = near[:2][::-1] if last else near[:2]
    bag[f"{side}: {' '.join(joined)}"] = 1.0
    if breaks or not text.strip():
        bag[f"{side} the line"] = 1.5
    return bag


def _place(mention: Mention, text: str, pages: int) -> dict[str, float]:
    """Return the place of a mention on its page and in its document."""
    above, below = text.count("\n", 0, mention.start), text.count("\n", mention.end)
    line = text[text.rfind("\n", 0, mention.start) + 1 : mention.start] + text[mention.end :].split("\n", 1)[0]
    found = {
        f"line {min(above // 2, 5)}": 1.5 if mention.page == 0 else 0.0,
        f"line from below {min(below // 2, 5)}": 1.5 if mention.page == pages - 1 else 0.0,
        f"part {5 * mention.start // max(1, len(text))}": 1.0,
        "alone": 1.5 * (len(line.strip(" .,;:៖។()")) < 8),
        "on the first page": float(mention.page == 0),
        "on the last page": float(mention.page == pages - 1),
    }
    return {name: weight for name, weight in found.items() if weight}
