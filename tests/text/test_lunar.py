"""The Khmer lunar calendar, checked against public holidays in Cambodia, and for consistency over 200 years."""

from datetime import date, timedelta

import pytest

from pipeline.text.lunar import MONTHS, YEARS, buddhist_year, lunar_days, years_in_era, years_of


@pytest.mark.parametrize(
    "day",
    ["2017-05-10", "2018-04-29", "2019-05-18", "2020-05-06", "2021-04-26", "2022-05-15", "2023-05-04", "2024-05-22"],
)
def test_visak_bochea_is_the_full_moon_of_pisakh(day):
    """In years with a thirteenth month, with one more day, and with neither."""
    wanted = date.fromisoformat(day)
    assert lunar_days(wanted.year, "ពិសាខ", waxing=True, day=15) == [wanted]


@pytest.mark.parametrize(
    "day",
    ["2016-10-01", "2017-09-20", "2018-10-09", "2019-09-28", "2020-09-17", "2021-10-06", "2022-09-25", "2023-10-14"],
)
def test_pchum_ben_is_the_new_moon_of_photrobot(day):
    """It is after the leap months."""
    wanted = date.fromisoformat(day)
    assert lunar_days(wanted.year, "ភទ្របទ", waxing=False, day=15) == [wanted]


def test_the_thirteenth_month_comes_when_it_came():
    """The years with two months of Asath, as in the almanacs of these years."""
    years = [year for year in range(1990, 2027) if lunar_days(year, "ទុតិយាសាឍ", waxing=True, day=1)]
    assert years == [1991, 1993, 1996, 1999, 2002, 2004, 2007, 2010, 2012, 2015, 2018, 2021, 2023, 2026]


def test_every_day_of_two_centuries_has_one_lunar_day():
    """No day is left out, and no day occurs twice."""
    days = sorted(
        found
        for year in range(1900, 2101)
        for month in MONTHS
        for waxing in (True, False)
        for number in range(1, 16)
        for found in lunar_days(year, month, waxing=waxing, day=number)
    )
    assert days == [date(1900, 1, 1) + timedelta(number) for number in range(len(days))]
    assert days[-1] == date(2100, 12, 31)


@pytest.mark.parametrize(
    ("year", "month", "waxing", "day"),
    [(2022, "ទុតិយាសាឍ", True, 1), (2023, "អាសាឍ", True, 1), (2023, "មាឃ", False, 15), (2023, "មាឃ", True, 16)],
)
def test_a_day_that_a_year_has_not_is_not_found(year, month, waxing, day):
    """A leap month in a year without one, the 30th of a short month, a sixteenth day of the waxing moon."""
    assert lunar_days(year, month, waxing=waxing, day=day) == []


def test_an_animal_and_a_sak_come_together_every_sixty_years():
    """Half of the pairs never occur."""
    assert list(years_of("ថោះ", "បញ្ចស័ក")) == [1903, 1963, 2023, 2083]
    assert list(years_of("ថោះ", "ឆស័ក")) == []


def test_the_buddhist_year_begins_after_visak_bochea():
    """The day itself is the last of the old year."""
    assert buddhist_year(date(2023, 5, 4)) == 2566
    assert buddhist_year(date(2023, 5, 5)) == 2567


def test_the_buddhist_year_changes_in_april_or_may():
    """So in all other months a Gregorian day determines its Buddhist year without the moon."""
    turns = [lunar_days(year, "ពិសាខ", waxing=True, day=15) for year in YEARS]
    assert all(turn.month in {4, 5} for (turn,) in turns)


@pytest.mark.parametrize("day", [date(1967, 1, 1), date(1966, 9, 12), date(2023, 5, 4), date(2018, 4, 29)])
def test_a_day_is_found_in_its_buddhist_year(day):
    """Before the full moon of Pisakh in the later of the two Gregorian years, after it in the earlier."""
    assert years_in_era(buddhist_year(day), day.month, day.day) == [day.year]


def test_a_day_about_the_turn_may_be_in_its_buddhist_year_twice_or_never():
    """Because the Buddhist year is some days shorter or longer than the solar year."""
    assert years_in_era(2567, 5, 5) == [2024, 2023]
    assert years_in_era(2566, 5, 5) == []
    assert years_in_era(2567, 5, None) == [2024, 2023]
