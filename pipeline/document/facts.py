"""What is read from a document: case numbers, courts, dates, articles of law, people, each with its evidence."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from models.fact import Fact, FactName
from pipeline.document.classifier import Linear
from pipeline.document.courts import courts_in
from pipeline.document.glossary import Names
from pipeline.document.match_text import MatchText
from pipeline.document.roles import OWN, Mention, role_features
from pipeline.text.dates import IMPOSSIBLE, dates, with_century
from pipeline.text.normalise import match_form

_KHMER = r"\u1780-\u17d3"


def facts_of(
    readings: Sequence[MatchText], names: Names, case_numbers: Sequence[str], model: Linear
) -> tuple[Fact, ...]:
    """Return the facts of a document, in reading order.

    The confidence of a date, a court or a case number includes the probability that it is the document's own.

    Args:
        readings: its pages.
        names: the courts and provinces.
        case_numbers: the patterns of case numbers.
        model: the classifier of which mentions are a document's own.
    """
    found = mentions_of(readings, names, case_numbers)
    facts = []
    for mention in found:
        own = model.probabilities(role_features(mention, found, readings))[OWN]
        facts.append(
            readings[mention.page].fact(mention.name, mention.value, (mention.start, mention.end), own, mention.doubt)
        )
    for reading in readings:
        facts += _articles(reading)
        facts += _people(reading)
    return tuple(facts)


def mentions_of(readings: Sequence[MatchText], names: Names, case_numbers: Sequence[str]) -> list[Mention]:
    """Return the case numbers, courts and dates on a document's pages, its own and others.

    Years of two digits get the century that brings them nearest to the document's other dates, and courts that are
    named without a province get the one with which the document names them elsewhere. A date in figures is not a case
    number, though it looks like one.
    """
    found: list[Mention] = []
    for page, reading in enumerate(readings):
        days = list(_dates(reading, page))
        numbers = [mention for mention in _case_numbers(reading, page, case_numbers) if not _is_within(mention, days)]
        own = [*numbers, *_courts(reading, page, names), *days]
        found += sorted(own, key=lambda mention: mention.start)
    known = [mention.value for mention in found if mention.name is FactName.DATE and not mention.doubt]
    places = defaultdict(set)
    for mention in found:
        if mention.sort and mention.sort != mention.value:
            places[mention.sort].add(mention.value)
    return [_in_its_place(_in_its_century(mention, known), places) for mention in found]


def _is_within(mention: Mention, others: Sequence[Mention]) -> bool:
    """Whether a mention is completely inside the words of another one of its page."""
    return any(other.start <= mention.start and mention.end <= other.end for other in others)


def _in_its_place(mention: Mention, places: Mapping[str, set[str]]) -> Mention:
    """Return a court that is named without its province as the one of its kind that the document names with it."""
    named = places.get(mention.value, set())
    return replace(mention, value=min(named)) if mention.sort and len(named) == 1 else mention


def _in_its_century(mention: Mention, known: Sequence[str]) -> Mention:
    if mention.name is not FactName.DATE or not mention.value.startswith("??"):
        return mention
    value = with_century(mention.value, known)
    if not value:
        return replace(mention, value="", doubt=IMPOSSIBLE)
    return replace(mention, value="" if value.startswith("??") else value)


def case_number(text: str) -> str:
    """Return a case number in its normal form."""
    return "".join(match_form(text).split()).upper()


def _case_numbers(reading: MatchText, page: int, patterns: Sequence[str]) -> Iterator[Mention]:
    taken: list[tuple[int, int]] = []
    for pattern in patterns:
        for found in re.finditer(rf"(?<![\d/])(?:{pattern})(?![\d/])", reading.text):
            start, end = found.span()
            if not any(start < other and end > first for first, other in taken):
                taken.append((start, end))
                yield Mention(FactName.CASE_NUMBER, case_number(found[0]), page, start, end)


def _courts(reading: MatchText, page: int, names: Names) -> Iterator[Mention]:
    for found in courts_in(reading.text, names):
        yield Mention(FactName.COURT, found.value, page, found.start, found.end, sort=found.court)


def _dates(reading: MatchText, page: int) -> Iterator[Mention]:
    for found in dates(reading.text):
        yield Mention(FactName.DATE, found.value, page, found.start, found.end, found.doubt)


def _articles(reading: MatchText) -> Iterator[Fact]:
    article = match_form("មាត្រា")
    for found in re.finditer(rf"(?:{article}|\barticles?\b|\bart\.)\s*(?:ទី)?\s*(\d{{1,4}})", reading.text):
        yield reading.fact(FactName.ARTICLE, found[1], found.span(), 1.0)


def _people(reading: MatchText) -> Iterator[Fact]:
    """Yield the people who are named with their role in the case."""
    for name, pattern in _PEOPLE:
        for found in pattern.finditer(reading.text):
            yield _person(reading, name, found.span("name"))
    for found in _SIGNED.finditer(reading.text):
        titles = [name for line in found["titles"].splitlines() for name, title in _TITLES if title.match(line)]
        names = list(_NAME_LINE.finditer(reading.text, *found.span("names")))
        if len(names) >= len(titles):
            for name, signed in zip(titles, names, strict=False):
                yield _person(reading, name, signed.span("name"))


def _person(reading: MatchText, name: FactName, span: tuple[int, int]) -> Fact:
    value = " ".join(reading.fact(name, "", span, 1.0).text.split())
    return reading.fact(name, value, span, 0.8)


_ROLES = "|".join(map(match_form, ("មានក្រឡាបញ្ជី", "ក្រឡាបញ្ជី", "ចៅក្រម", "ព្រះរាជអាជ្ញា", "មេធាវី")))


def _khmer_name(before: Sequence[str], after: str) -> re.Pattern[str]:
    """Return a pattern for a Khmer name of two or three parts after one of these words."""
    words = "|".join(map(match_form, before))
    part = rf"(?!{_ROLES})[{_KHMER}]{{2,14}}"
    return re.compile(rf"(?:{words})\s*(?P<name>{part}\s{part}(?:\s{part})?){after}")


def _latin_name(before: str) -> re.Pattern[str]:
    """Return a pattern for a name in Latin letters after a role: two words, as match forms have no capitals."""
    return re.compile(rf"\b(?:{before})\s+(?P<name>[a-z][a-z'-]+\s[a-z][a-z'-]+)(?=\s*[,.;\n]|\s+(?:and|et)\b)")


def _title(khmer: Sequence[str], latin: str) -> str:
    """Return a pattern for a line that begins with a role, as it stands above a signature."""
    return rf"(?:{'|'.join((*map(match_form, khmer), latin))})[^\n\d]{{0,24}}"


_ENDS = "|".join(map(match_form, ("អាយុ", "ភេទ", "កើត", "ជនជាតិ")))
_PEOPLE = (
    (FactName.PARTY, _khmer_name(["ឈ្មោះ"], rf"\s+(?={_ENDS})")),
    (FactName.JUDGE, _khmer_name(["ដឹកនាំដោយចៅក្រម", "ដោយចៅក្រម", "ចៅក្រមឈ្មោះ"], r"(?=\s)")),
    (FactName.CLERK, _khmer_name(["មានក្រឡាបញ្ជី", "ក្រឡាបញ្ជីឈ្មោះ", "ដោយក្រឡាបញ្ជី"], r"(?=\s)")),
    (FactName.PARTY, _latin_name(r"le nomme|la nommee|the accused|the plaintiff|the complainant")),
    (FactName.JUDGE, _latin_name(r"par (?:m\.|mme|monsieur)|before (?:judge|mr\.? justice)|judge")),
    (FactName.CLERK, _latin_name(r"assiste(?:e)? de (?:me|maitre|m\.)|clerk of the court,")),
)
_JUDGE = _title(["ចៅក្រម", "ប្រធាន"], "le president|le juge|the judge|presiding judge")
_CLERK = _title(["ក្រឡាបញ្ជី"], "le greffier|the clerk|the registrar|clerk of the court")
_TITLES = ((FactName.JUDGE, re.compile(_JUDGE)), (FactName.CLERK, re.compile(_CLERK)))
_NAME = rf"(?!{_JUDGE}|{_CLERK})(?:[{_KHMER}]{{2,14}} [{_KHMER}]{{2,16}}|[a-z'-]+ [a-z'-]+)"
_NAME_LINE = re.compile(rf"^\s*(?P<name>{_NAME})\s*$", re.MULTILINE)
# Side by side on the paper, the titles are read before the names.
_SIGNED = re.compile(
    rf"^(?P<titles>(?:(?:{_JUDGE}|{_CLERK})\n\s*){{1,3}})(?P<names>(?:{_NAME}\s*(?:\n\s*|\Z)){{1,3}})", re.MULTILINE
)
