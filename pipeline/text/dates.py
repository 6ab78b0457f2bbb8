"""Dates in texts: Gregorian in Khmer, French and English, and days of the Khmer lunar calendar.

Texts and patterns are in their match form (``pipeline.text.normalise``): digits are ASCII, and forms that look the same
are one form.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from pipeline.text.lunar import (
    ANIMALS,
    MONTHS,
    SAKS,
    YEARS,
    animal_of,
    buddhist_year,
    lunar_days,
    years_in_era,
    years_of,
)
from pipeline.text.normalise import match_form

_KHMER = (
    "មករា", "កុម្ភៈ", "មីនា", "មេសា", "ឧសភា", "មិថុនា", "កក្កដា", "សីហា", "កញ្ញា", "តុលា", "វិច្ឆិកា", "ធ្នូ",
)  # fmt: skip
_FRENCH = (
    "janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre",
    "decembre",
)  # fmt: skip
_ENGLISH = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_WEEKDAYS = ("ចន្ទ", "អង្គារ", "ពុធ", "ព្រហស្បតិ៍", "សុក្រ", "សៅរ៍", "អាទិត្យ")
_UNITS = {
    "un": 1, "premier": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9,
    "dix": 10, "onze": 11, "douze": 12, "treize": 13, "quatorze": 14, "quinze": 15, "seize": 16, "vingt": 20,
    "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "septante": 70, "quatre-vingt": 80, "nonante": 90,
}  # fmt: skip
# The years of court files: the French protectorate began in 1863.
_FIRST_YEAR, _LAST_YEAR = 1863, 2100
# ឆ្នាំ, whose signs are often misread: between a month and a number it can be nothing else.
_YEAR = r"ឆ[\u1780-\u17d3]{1,5}?"
# A month's name may have this share of its characters misread, and must be nearer to one month than to all others.
_MISREAD = 0.34
_BUDDHIST = 543
IMPOSSIBLE = "there is no such day"
WEEKDAY = "the weekday is another one"
NO_CENTURY = "the century is not told"
TURN = "the Buddhist year changes about then"
NO_YEAR = "its year is not told"
NOT_RECKONED = "the lunar calendar is reckoned for 1900 to 2100 only"


class Dated(NamedTuple):
    """A date and its place ``[start, end)`` in the text.

    ``value`` is ``YYYY-MM-DD``, ``YYYY-MM`` or ``YYYY``. With ``doubt``, it is the date as written, or "" if that is no
    date. If the year has only two digits, ``value`` begins with ``??``.
    """

    value: str
    start: int
    end: int
    doubt: str = ""


def dates(text: str) -> list[Dated]:
    """Return the dates of a text in its match form, in order; none overlaps another."""
    found = [*_khmer(text), *_numeric(text), *_latin(text), *_french_words(text), *_lunar(text)]
    kept: list[Dated] = []
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


def with_century(value: str, others: Sequence[str]) -> str:
    """Complete a date without a century with the century that brings it nearest to the other dates of its file.

    If there are no other dates, it stays as it is; if that century has no such day, the result is "".
    """
    years = sorted(int(other[:4]) for other in others if other[:4].isdigit())
    if not value.startswith("??") or not years:
        return value
    middle = years[len(years) // 2]
    century = min((18, 19, 20), key=lambda century: abs(int(f"{century}{value[2:4]}") - middle))
    whole = f"{century}{value[2:]}"
    try:
        date.fromisoformat(f"{whole}-01"[:10])
    except ValueError:
        return ""
    return whole


@cache
def _alternatives(names: Sequence[str]) -> str:
    """Return a pattern for any of these names, the longest first."""
    return "|".join(re.escape(form) for form in sorted(map(match_form, names), key=len, reverse=True))


@cache
def _forms(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(match_form, names))


def _place(name: str, names: Sequence[str]) -> int | None:
    """Return the index of the name that a slightly misread name is; None if it may be none of them or two of them."""
    plain = "".join(name.split())
    nearest = process.extract(plain, _forms(names), scorer=OSA.normalized_distance, limit=2)
    best, second = nearest[0], nearest[1]
    return best[2] if best[1] <= _MISREAD and (best[1] < second[1] or best[1] == 0) else None


def _khmer(text: str) -> Iterator[Dated]:
    """Find ថ្ងៃទី១២ ខែឧសភា ឆ្នាំ១៩៦៣, also without the day."""
    for found in _pattern_khmer().finditer(text):
        day, name, year = found["day"], found["month"], found["year"]
        month = _place(name, _KHMER)
        if month is None:
            continue
        yield _dated(year, month + 1, int(day) if day else None, found, bool(found["era"]))


@cache
def _pattern_khmer() -> re.Pattern[str]:
    day, month, year = match_form("ថ្ងៃ"), match_form("ខែ"), _YEAR
    era = match_form("ព.ស").replace(".", r"\.?\s?")
    return re.compile(
        rf"(?:{day}\s*(?:{match_form('ទី')})?\s*(?P<day>\d{{1,2}})\s*)?{month}\s*(?P<month>[\u1780-\u17d3\s]{{2,12}}?)\s*"
        rf"{year}\s*(?P<era>{era}\.?\s*)?(?P<year>\d{{4}}|\d{{2}})(?!\d)"
    )


def _numeric(text: str) -> Iterator[Dated]:
    for found in re.finditer(
        r"(?<![\d/.-])(?P<day>\d{1,2})(?P<mark>[/.-])(?P<month>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})(?![\d/-])", text
    ):
        if int(found["month"]) <= 12 or int(found["day"]) <= 31:
            yield _dated(found["year"], int(found["month"]), int(found["day"]), found)


def _latin(text: str) -> Iterator[Dated]:
    months = rf"(?P<month>{_alternatives(_FRENCH)}|{_alternatives(_ENGLISH)})"
    day = r"(?P<day>\d{1,2})\s*(?:er|st|nd|rd|th)?"
    for pattern in (
        rf"(?<!\d){day}\s*(?:of\s+)?{months}\s*,?\s*(?P<year>\d{{4}})(?!\d)",
        rf"{months}\s+{day}\s*,\s*(?P<year>\d{{4}})(?!\d)",
    ):
        for found in re.finditer(pattern, text):
            names = _FRENCH if found["month"] in _forms(_FRENCH) else _ENGLISH
            yield _dated(found["year"], _forms(names).index(found["month"]) + 1, int(found["day"]), found)


def _french_words(text: str) -> Iterator[Dated]:
    """Find `l'an mil neuf cent soixante-trois et le douze mai`, with which French deeds begin."""
    word = rf"(?:{_alternatives((*_UNITS, 'mille', 'mil', 'cents', 'cent', 'vingts', 'et'))})"
    number = rf"{word}(?:[\s-]+{word})*"
    month = _alternatives(_FRENCH)
    pattern = rf"l\s?['’]\s?an\s+(?P<year>{number})\s*,?\s*(?:et\s+)?le\s+(?P<day>{number})\s+(?P<month>{month})"
    for found in re.finditer(pattern, text):
        year, day = _in_words(found["year"]), _in_words(found["day"])
        yield _dated(str(year), _forms(_FRENCH).index(found["month"]) + 1, day, found)


def _in_words(words: str) -> int:
    """Return the value of a French number below 10,000."""
    total = part = 0
    for word in re.sub(r"quatre[\s-]+vingts?", "quatre-vingt", words).split():
        for piece in [word] if word == "quatre-vingt" else re.split("-", word.replace("quatre-vingt-", "80-")):
            if piece in {"mil", "mille"}:
                total, part = total + 1000 * max(part, 1), 0
            elif piece in {"cent", "cents"}:
                part = 100 * max(part, 1)
            else:
                part += int(piece) if piece.isdigit() else _UNITS.get(piece, 0)
    return total + part


def _lunar(text: str) -> Iterator[Dated]:
    """Find ថ្ងៃពុធ ១២កើត ខែពិសាខ ឆ្នាំថោះ បញ្ចស័ក ព.ស.២៥៦៧; the era gives the year, or the animal and the sak."""
    for found in _pattern_lunar().finditer(text):
        month = _place(found["month"], MONTHS)
        if month is None:
            continue
        waxing = found["half"] == match_form("កើត")
        days = _days(MONTHS[month], waxing, found)
        if len(days) != 1:
            yield Dated("", found.start(), found.end(), NO_CENTURY if days else _no_day(found))
            continue
        weekday = _place(found["weekday"], _WEEKDAYS) if found["weekday"] else None
        wrong = weekday is not None and weekday != days[0].weekday()
        yield Dated(days[0].isoformat(), found.start(), found.end(), WEEKDAY if wrong else "")


@cache
def _pattern_lunar() -> re.Pattern[str]:
    word = r"[\u1780-\u17d3]{1,14}"
    era = match_form("ព.ស").replace(".", r"\.?\s?")
    year = _YEAR
    return re.compile(
        rf"(?:{match_form('ថ្ងៃ')}\s*(?P<weekday>{_alternatives(_WEEKDAYS)})\s*)?(?P<day>\d{{1,2}})\s*"
        rf"(?P<half>{_alternatives(('កើត', 'រោច'))})\s*{match_form('ខែ')}\s*(?P<month>{word})\s*"
        rf"(?:{year}\s*(?P<animal>{_alternatives(ANIMALS)})\s*(?P<sak>{_alternatives(SAKS)})?\s*)?"
        rf"(?:{era}\.?\s*(?P<era>\d{{4}})(?!\d))?"
    )


def _days(month: str, waxing: bool, found: re.Match[str]) -> list[date]:
    """Return the days that a lunar date may mean, from its animal and era, or its animal and sak."""
    animal, sak = _name(found["animal"], ANIMALS), _name(found["sak"], SAKS)
    if found["era"]:
        later = int(found["era"]) - _BUDDHIST
        years: Sequence[int] = (later - 1, later)
    elif animal and sak:
        today = date.today().year  # only the year is needed
        years = [year + more for year in years_of(animal, sak) for more in (0, 1) if year <= today]
    else:
        return []
    days = [day for year in years for day in lunar_days(year, month, waxing=waxing, day=int(found["day"]))]
    if animal and (fitting := [day for day in days if animal_of(day) == animal]):
        if len(fitting) == 1 or not found["era"]:
            return fitting
        days = fitting  # days in April, in which an animal's year both begins and ends
    return [day for day in days if buddhist_year(day) == int(found["era"])] if found["era"] else []


def _no_day(found: re.Match[str]) -> str:
    """Return why a lunar date matches no day."""
    if 1 <= int(found["day"]) <= 15:  # the days of half a lunar month
        if not found["era"] and not found["sak"]:
            return NO_YEAR
        if found["era"] and int(found["era"]) - _BUDDHIST not in YEARS[1:]:
            return NOT_RECKONED
    return IMPOSSIBLE


def _name(read: str | None, names: Sequence[str]) -> str:
    place = _place(read, names) if read else None
    return "" if place is None else names[place]


def _dated(year: str, month: int, day: int | None, found: re.Match[str], buddhist: bool = False) -> Dated:
    start, end = found.span()
    number, doubt = int(year), ""
    try:
        if len(year) <= 2 and not buddhist:
            date(2000 + number, month, day or 1)  # if any century has this day, this one has it
            return Dated(f"??{number:02}-{month:02}" + (f"-{day:02}" if day else ""), start, end, NO_CENTURY)
        if buddhist or number > _LAST_YEAR + _BUDDHIST - 200:
            years = years_in_era(number, month, day)
            doubt = "" if len(years) == 1 else TURN
            number = years[0] if years else number - _BUDDHIST
        whole = date(number, month, day or 1)
    except ValueError:
        return Dated("", start, end, IMPOSSIBLE)
    if not _FIRST_YEAR <= number <= _LAST_YEAR:
        return Dated("", start, end, IMPOSSIBLE)
    return Dated(whole.isoformat() if day else f"{whole:%Y-%m}", start, end, doubt)
