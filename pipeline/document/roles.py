"""Whether a date, a court or a number that stands on a paper is the paper's own, or one that it tells of.

A paper names the day of a deed, the court below, the number of another file. What stands beside a find, where it
stands, and how it compares with the others of its document tells which is which; the classifier knows what tells how
much (:mod:`pipeline.document.training`).
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
    """What was found on a page of a document, ``[start, end)`` in its match form, before it is known what it is to it.

    ``page`` counts the document's pages from 0; ``sort`` is which of the glossary's courts it is, "" for anything else.
    """

    name: FactName
    value: str
    page: int
    start: int
    end: int
    doubt: str = ""
    sort: str = ""


def role_features(find: Mention, finds: Sequence[Mention], readings: Sequence[MatchText]) -> Features:
    """Return what tells whether a find is the document's own.

    Args:
        find: one of the finds.
        finds: all of the document, in the order in which they stand.
        readings: the document's pages.
    """
    alike = [one for one in finds if one.name is find.name]
    text = readings[find.page].text
    found: dict[str, float] = {"": 1.0}
    found |= _words("before", text[max(0, find.start - _NEAR) : find.start], last=True)
    found |= _words("after", text[find.end : find.end + _NEAR], last=False)
    found |= _place(find, text, len(readings))
    values = sorted({one.value for one in alike if one.value})
    times = Counter(one.value for one in alike)
    told = {
        "first": find is alike[0],
        "last": find is alike[-1],
        "only": len(values) == 1,
        "earliest": len(values) > 1 and find.value == values[0],
        "latest": len(values) > 1 and find.value == values[-1],
        "again": times[find.value] > 1,
        "doubtful": bool(find.doubt),
        f"sort {find.sort}": bool(find.sort),
        f"sorts {' '.join(sorted({one.sort for one in alike}))}": bool(find.sort),
        "in a place": bool(find.sort)
        and any(find.value != one.value and find.value.startswith(one.value) for one in alike),
    }
    found |= {name: 1.5 for name, is_so in told.items() if is_so}
    return {f"{find.name.value} {name}": weight for name, weight in found.items()}


def _words(side: str, text: str, *, last: bool) -> dict[str, float]:
    """Return the units nearest to a find on one side, each with how near it is, the nearest by themselves too."""
    found = [unit.text for unit in units(text)]
    near = list(reversed(found[-_UNITS:])) if last else found[:_UNITS]
    breaks = text.rstrip(" ").endswith("\n") if last else text.lstrip(" .,;").startswith("\n")
    bag = {f"{side} {unit}": 1.0 / (1 + place / 2) for place, unit in reversed(list(enumerate(near)))}
    joined = near[:2][::-1] if last else near[:2]
    bag[f"{side}: {' '.join(joined)}"] = 1.0
    if breaks or not text.strip():
        bag[f"{side} the line"] = 1.5
    return bag


def _place(find: Mention, text: str, pages: int) -> dict[str, float]:
    """Return where on its page and in its document a find stands."""
    above, below = text.count("\n", 0, find.start), text.count("\n", find.end)
    line = text[text.rfind("\n", 0, find.start) + 1 : find.start] + text[find.end :].split("\n", 1)[0]
    found = {
        f"line {min(above // 2, 5)}": 1.5 if find.page == 0 else 0.0,
        f"line from below {min(below // 2, 5)}": 1.5 if find.page == pages - 1 else 0.0,
        f"part {5 * find.start // max(1, len(text))}": 1.0,
        "alone": 1.5 * (len(line.strip(" .,;:៖។()")) < 8),
        "on the first page": float(find.page == 0),
        "on the last page": float(find.page == pages - 1),
    }
    return {name: weight for name, weight in found.items() if weight}
