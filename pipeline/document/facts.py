"""What is read from a document: case numbers, courts, dates, articles of law, parties, each with its evidence."""

import re
from collections.abc import Iterator, Sequence

from rapidfuzz import fuzz, process

from models.fact import Fact, FactName
from pipeline.document.glossary import Names
from pipeline.document.reading import Reading
from pipeline.text.dates import NO_CENTURY, dates, with_century
from pipeline.text.normalise import match_form

_KHMER = r"\u1780-\u17d3"
# How sure the role of a find is where the words around it do not say so.
_UNSAID = 0.6
# Where a paper is dated, in shares of its text.
_HEAD = 0.25
_FOOT = 0.6
_LEAST_LIKE = 84
# What stands before the date of a deed, not of the document.
_TOLD = tuple(map(match_form, ("កាលពី", "កើត", "ចាប់ពី", "មុន", "រហូតដល់")))
_ON = match_form("នៅ")  # what may stand before either: a record begins so, and so does a deed
_BEFORE_NUMBER = tuple(map(match_form, ("សំណុំរឿង", "រឿងព្រហ្មទណ្ឌ", "case", "dossier", "affaire")))
_NUMBER = tuple(map(match_form, ("លេខ", "លេខរឿង", "no", "n°", "numero", "number", "ref", "#")))
_LOOK_BACK = 24


def facts_of(readings: Sequence[Reading], names: Names, case_numbers: Sequence[str]) -> tuple[Fact, ...]:
    """Return the facts of a document, in the order in which they stand.

    Args:
        readings: its pages.
        names: the courts and provinces.
        case_numbers: the patterns of case numbers.
    """
    found: list[Fact] = []
    for place, reading in enumerate(readings):
        found += _case_numbers(reading, case_numbers)
        found += _courts(reading, names, head=not place)
        found += _dates(reading, last=place == len(readings) - 1)
        found += _articles(reading)
        found += _parties(reading)
    known = [fact.value for fact in found if fact.name is FactName.DATE and not fact.doubt]
    return tuple(_in_its_century(fact, known) for fact in found)


def _in_its_century(fact: Fact, known: Sequence[str]) -> Fact:
    if fact.name is not FactName.DATE or not fact.value.startswith("??"):
        return fact
    value = with_century(fact.value, known)
    return fact.model_copy(update={"value": "" if value.startswith("??") else value})


def case_number(text: str) -> str:
    """Return a case number in its normal form."""
    return "".join(match_form(text).split()).upper()


def _case_numbers(reading: Reading, patterns: Sequence[str]) -> Iterator[Fact]:
    taken: list[tuple[int, int]] = []
    for pattern in patterns:
        for found in re.finditer(rf"(?<![\d/])(?:{pattern})(?![\d/])", reading.text):
            span = found.span()
            before = reading.text[max(0, span[0] - _LOOK_BACK) : span[0]].rstrip(" .:៖")
            told = before.endswith(_NUMBER) or any(word in before for word in _BEFORE_NUMBER)
            if not told or any(span[0] < end and span[1] > start for start, end in taken):
                continue
            taken.append(span)
            sure = 1.0 if any(word in before for word in _BEFORE_NUMBER) else 0.9
            yield reading.fact(FactName.CASE_NUMBER, case_number(found[0]), span, sure)


def _courts(reading: Reading, names: Names, *, head: bool) -> Iterator[Fact]:
    """Find courts, each with the province whose it is; the one at the head of the document is the surest."""
    first = True
    for found in names.court.finditer(reading.text):
        name = names.courts[" ".join(found[0].split())]
        end, province = _province(reading.text, found.end(), names)
        sure = 1.0 if head and first else 0.8
        first = False
        yield reading.fact(FactName.COURT, name + province, (found.start(), end), sure)


def _province(text: str, at: int, names: Names) -> tuple[int, str]:
    """Return where the province ends that follows a court's name, and its full name; ``at`` and "" where none does."""
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
    # What follows may go on without a space: as much of it is taken as is likest a province.
    starts = [word[:length] for length in sorted(lengths) if length <= len(word) + 1]
    best = max(
        (one for start in starts if (one := process.extractOne(start, names.provinces.keys(), scorer=fuzz.ratio))),
        key=lambda one: (one[1], len(one[0])),
        default=None,
    )
    if best is None or best[1] < _LEAST_LIKE:
        return at, ""
    return at + min(found.end(), found.start(kind) + len(best[0])), names.provinces[best[0]]


def _dates(reading: Reading, *, last: bool) -> Iterator[Fact]:
    """Find dates; the surest is that of the document: at its head or its foot, and not told of a deed."""
    length = max(1, len(reading.text))
    for found in dates(reading.text):
        before = reading.text[max(0, found.start - _LOOK_BACK) : found.start].rstrip()
        line = before.rsplit("\n", 1)[-1]
        on = line.endswith(_ON)
        if line.endswith(_TOLD):
            sure = 0.5
        elif found.start < _HEAD * length:
            sure = 0.9 if on else 1.0
        elif last and found.end > _FOOT * length and not on:
            sure = 1.0
        else:
            sure = _UNSAID
        yield reading.fact(
            FactName.DATE,
            found.value,
            (found.start, found.end),
            sure * (0.5 if found.doubt and found.doubt != NO_CENTURY else 1),
            found.doubt,
        )


def _articles(reading: Reading) -> Iterator[Fact]:
    article = match_form("មាត្រា")
    for found in re.finditer(rf"(?:{article}|\barticles?\b|\bart\.)\s*(?:ទី)?\s*(\d{{1,4}})", reading.text):
        yield reading.fact(FactName.ARTICLE, found[1], found.span(), 1.0)


def _parties(reading: Reading) -> Iterator[Fact]:
    name, ends = match_form("ឈ្មោះ"), "|".join(map(match_form, ("អាយុ", "ភេទ", "កើត", "ជនជាតិ")))
    pattern = rf"{name}\s*(?P<name>[{_KHMER}]{{2,14}}\s[{_KHMER}]{{2,16}}(?:\s[{_KHMER}]{{2,14}})?)\s+(?:{ends})"
    for found in re.finditer(pattern, reading.text):
        value = " ".join(reading.fact(FactName.PARTY, "", found.span("name"), 1.0).text.split())
        yield reading.fact(FactName.PARTY, value, found.span("name"), 0.8)
