"""The Khmer lunar calendar: which Gregorian day a lunar day is.

A lunar year has twelve months of alternately 29 and 30 days. Some years have a thirteenth month (អាសាឍ twice), some a
30th day in ជេស្ឋ. Three numbers of the Buddhist year, which Khmer astronomers calculate, decide this: the *aharkun*
(days elapsed), the *avoman* (what the moon lacks) and the *bodithey* (the moon's age at the new year). The formulas are
from Roath Kim Soeun, "Pratitin Soryakatik-Chankatik", as Phylypo Tum gives them (cam-cc.org, "Khmer Calendar");
``tests/text/test_lunar.py`` checks them against known festivals and against leap years of 1900 to 2100.
"""

from datetime import date, timedelta
from functools import cache

# In their order in the year, beginning with the month whose first day was 1 January 1900.
MONTHS = (
    "បុស្ស", "មាឃ", "ផល្គុន", "ចេត្រ", "ពិសាខ", "ជេស្ឋ", "អាសាឍ", "បឋមាសាឍ", "ទុតិយាសាឍ", "ស្រាពណ៍", "ភទ្របទ",
    "អស្សុជ", "កត្តិក", "មិគសិរ",
)  # fmt: skip
ANIMALS = ("ជូត", "ឆ្លូវ", "ខាល", "ថោះ", "រោង", "ម្សាញ់", "មមី", "មមែ", "វក", "រកា", "ច", "កុរ")
SAKS = (
    "សំរឹទ្ធិស័ក", "ឯកស័ក", "ទោស័ក", "ត្រីស័ក", "ចត្វាស័ក", "បញ្ចស័ក", "ឆស័ក", "សប្តស័ក", "អដ្ឋស័ក", "នព្វស័ក",
)  # fmt: skip
_EPOCH = date(1900, 1, 1)
YEARS = range(_EPOCH.year, 2101)
"""The Gregorian years that the calendar covers."""
_BUDDHIST = 544  # from a Gregorian year to the Buddhist one that begins in its May
_SAK_ERA = 638  # and to the one that begins in its April
_LONG = {"បុស្ស", "ផល្គុន", "ពិសាខ", "អាសាឍ", "បឋមាសាឍ", "ទុតិយាសាឍ", "ភទ្របទ", "កត្តិក"}
_TURN = (4, 5)  # the months in which the Buddhist year changes
_HALF = 15
_NEW_YEAR = (4, 14)


def lunar_days(year: int, month: str, *, waxing: bool, day: int) -> list[date]:
    """Return the days of a Gregorian year with a lunar date: usually one, at the ends of the year none or two.

    Args:
        year: the Gregorian year of the day, 1900 to 2100.
        month: one of ``MONTHS``.
        waxing: whether it is a day of the waxing moon (កើត) and not of the waning moon (រោច).
        day: 1 to 15.

    """
    if not 1 <= day <= _HALF or year not in YEARS:
        return []
    wanted = day if waxing else _HALF + day
    found = [
        first + timedelta(wanted - 1) for name, first, length in _months(year) if name == month and wanted <= length
    ]
    return [one for one in found if one.year == year]


def buddhist_year(day: date) -> int:
    """Return the Buddhist year of a day: it begins on the day after the full moon of ពិសាខ."""
    (turn,) = lunar_days(day.year, "ពិសាខ", waxing=True, day=_HALF)
    return day.year + _BUDDHIST - (day <= turn)


def years_in_era(era: int, month: int, day: int | None) -> list[int]:
    """Return the Gregorian years in which a Gregorian day or month falls in a Buddhist year, the later first.

    Usually it is one. But the Buddhist year changes in April or May, and for days near that time it may be none or two.

    Args:
        era: the Buddhist year.
        month: 1 for January.
        day: of the month; None where only the month is known.

    Raises:
        ValueError: there is no such day in April or May.
    """
    later = era - _BUDDHIST + 1
    if not _TURN[0] <= month <= _TURN[1]:
        return [later - (month > _TURN[1])]
    ends = (day, day) if day else (1, 30)
    return [
        year
        for year in (later, later - 1)
        if year not in YEARS or any(buddhist_year(date(year, month, one)) == era for one in ends)
    ]


def animal_of(day: date) -> str:
    """Return the animal of a day's year; the year begins with the solar new year, taken here as April 14."""
    return ANIMALS[(day.year - (day < date(day.year, *_NEW_YEAR)) - 4) % 12]


def years_of(animal: str, sak: str) -> range:
    """Return the Gregorian years, each from April on, of an animal and a sak: every sixtieth year, or none."""
    for year in YEARS[:60]:
        if ANIMALS[(year - 4) % 12] == animal and SAKS[(year - _SAK_ERA) % 10] == sak:
            return range(year, YEARS.stop, 60)
    return range(0)


@cache
def _months(year: int) -> tuple[tuple[str, date, int], ...]:
    """Return the lunar months that begin in a Gregorian year or extend into it: name, first day, length in days."""
    found = []
    first = _EPOCH
    for own in range(YEARS.start, year + 2):  # its first month may begin in December
        for name, length in _of_year(own):
            if own >= year - 1:
                found.append((name, first, length))
            first += timedelta(length)
    return tuple(found)


def _of_year(year: int) -> list[tuple[str, int]]:
    """Return the months from បុស្ស to មិគសិរ with their lengths; the leap is that of the Gregorian year's summer."""
    month_more, day_more = _leaps(year + _BUDDHIST)
    months = []
    for name in MONTHS:
        if (name in {"បឋមាសាឍ", "ទុតិយាសាឍ"} and not month_more) or (name == "អាសាឍ" and month_more):
            continue
        months.append((name, 30 if name in _LONG or (name == "ជេស្ឋ" and day_more) else 29))
    return months


@cache
def _leaps(year: int) -> tuple[bool, bool]:
    """Return whether a Buddhist year has a thirteenth month, and whether it has one more day.

    It cannot have both: the day then moves to the next year.
    """
    month, day = _claims(year)
    if month:
        return True, False
    return False, day or all(_claims(year - 1))


def _claims(year: int) -> tuple[bool, bool]:
    moon, following = _bodithey(year), _bodithey(year + 1)
    month = moon >= 25 or moon <= 5
    if (moon, following) == (25, 5):
        month = False
    elif (moon, following) == (24, 6):
        month = True
    lacks = _avoman(year)
    day = lacks <= 126 if _is_solar_leap(year) else lacks <= 137 and not (lacks == 137 and _avoman(year + 1) == 0)
    return month, day


def _aharkun(year: int) -> int:
    return (year * 292207 + 499) // 800 + 4


def _is_solar_leap(year: int) -> bool:
    return 800 - (year * 292207 + 499) % 800 <= 207


def _avoman(year: int) -> int:
    return (11 * _aharkun(year) + 25) % 692


def _bodithey(year: int) -> int:
    days = _aharkun(year)
    return ((11 * days + 25) // 692 + days + 29) % 30
