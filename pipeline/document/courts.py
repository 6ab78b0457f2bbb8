"""Courts that a text names, a letter or two of the name misread, and the province after it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import regex
from rapidfuzz import fuzz, process

from pipeline.document.glossary import Names
from pipeline.text.normalise import match_form

_KHMER = r"\u1780-\u17d3"
# Of a name, one letter of so many may be misread, and so many at most.
_ONE_OF = 10
_MOST_WRONG = 2
_PIECE = 3
# How similar the following text must be to a province's name, in hundredths; after the word “province” a little less.
_LEAST_LIKE = 84
_LEAST_LIKE_AFTER_WORD = 80


@dataclass(frozen=True, slots=True)
class Named:
    """A court at ``[start, end)`` of a text: its first Khmer name, and the same with its province."""

    start: int
    end: int
    court: str
    value: str


def courts_in(text: str, names: Names) -> Iterator[Named]:
    """Yield the courts that a text in match form names, each with its province, also across ends of lines."""
    there = _pieces(text)
    likely = tuple(name for name, own in _known(names).items() if len(own - there) <= _PIECE * _wrong(name))
    if not likely:
        return
    for found in _pattern(likely).finditer(text):
        name = " ".join(found[0].split())
        court = names.courts.get(name) or names.courts[process.extractOne(name, likely)[0]]
        end, province = _province(text, found.end(), names)
        yield Named(found.start(), end, court, court + province)


def court_in(text: str, names: Names) -> str:
    """Return the first court that a text names, with its province; "" if it names none."""
    return next((found.value for found in courts_in(match_form(text), names)), "")


@lru_cache(maxsize=4)
def _known(names: Names) -> dict[str, frozenset[str]]:
    """Return the names of courts, the longest first, each with its pieces."""
    return {name: _pieces(name) for name in sorted(names.courts, key=len, reverse=True)}


def _pieces(text: str) -> frozenset[str]:
    """Return the runs of three letters of a text.

    One misread letter removes three of these from a name. The search for a name with wrong letters is slow, and most
    texts lack too many of its pieces to contain it.
    """
    joined = "".join(text.split())
    return frozenset(joined[at : at + _PIECE] for at in range(len(joined) - _PIECE + 1))


def _wrong(name: str) -> int:
    return min(_MOST_WRONG, len(name) // _ONE_OF)


@lru_cache(maxsize=256)
def _pattern(names: tuple[str, ...]) -> regex.Pattern[str]:
    return regex.compile("|".join(map(_loosely, names)), regex.ENHANCEMATCH)


def _loosely(name: str) -> str:
    """Return a pattern for a name that may go over the end of a line, and be misread."""
    words = r"\s+".join(map(regex.escape, name.split()))
    if wrong := _wrong(name):
        return rf"(?:{words}){{e<={wrong}}}"
    return rf"(?<!\w){words}(?!\w)" if name.isascii() else words


def _province(text: str, at: int, names: Names) -> tuple[int, str]:
    """Return where the province ends that follows a court's name, and its full name; ``at`` and "" if none does."""
    found = re.match(
        rf"[\s,(]*(?:(?:{match_form('ខេត្ត')}|{match_form('រាជធានី')}|{match_form('ក្រុង')})\s*"
        rf"(?P<khmer>[{_KHMER}]{{2,16}})|(?P<bare>[{_KHMER}]{{3,16}})"
        r"|(?:de\s+la\s+province\s+)?(?:de\s+|d['’]|of\s+|in\s+)?(?:the\s+)?(?P<latin>[a-z]+(?:[\s-][a-z]+)?))",
        text[at:],
    )
    if not found:
        return at, ""
    kind = next(name for name in ("khmer", "bare", "latin") if found[name])
    word = "".join(found[kind].split())
    lengths = {len(name) for name in names.provinces}
    # The text may continue without a space: the part of it most similar to a province is taken.
    starts = [word[:length] for length in sorted(lengths) if length <= len(word) + 1]
    best = max(
        (one for start in starts if (one := process.extractOne(start, names.provinces.keys(), scorer=fuzz.ratio))),
        key=lambda one: (one[1], len(one[0])),
        default=None,
    )
    if best is None or best[1] < (_LEAST_LIKE_AFTER_WORD if kind == "khmer" else _LEAST_LIKE):
        return at, ""
    return at + min(found.end(), found.start(kind) + len(best[0])), names.provinces[best[0]]
