"""Dates as they are written in case files."""

import pytest

from pipeline.text.dates import IMPOSSIBLE, NO_CENTURY, NO_YEAR, NOT_RECKONED, TURN, WEEKDAY, dates, with_century
from pipeline.text.normalise import match_form


def _found(text):
    return [(one.value, one.doubt) for one in dates(match_form(text))]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ធ្វើនៅភ្នំពេញ ថ្ងៃទី ១២ ខែ ឧសភា ឆ្នាំ ១៩៦៣", "1963-05-12"),
        ("ថ្ងៃទី០៤\nខែកុម្ភៈ ឆ្នាំ១៩៩៨", "1998-02-04"),
        ("ខែមេសា ឆ្នាំ១៩៧៥", "1975-04"),
        ("ថ្ងៃទី១ ខែមករា ឆ្នាំ ព.ស. ២៥១០", "1967-01-01"),
        ("ថ្ងៃទី១២ ខែកញ្ញា ឆ្នាំ ព.ស. ២៥១០", "1966-09-12"),
        ("ខែកញ្ញា ឆ្នាំ ព.ស. ២៥១០", "1966-09"),
        ("12/09/2510", "1966-09-12"),
        ("ថ្ងៃទី៤ ខែឧសភា ឆ្នាំ ព.ស. ២៥៦៦", "2023-05-04"),  # Visak Bochea, the year's last day
        ("ថ្ងៃទី២២ ខែមិថនា ឆ្នាំ១៩៩៨", "1998-06-22"),  # without its U
        ("le 1er août 1999", "1999-08-01"),
        ("L'an mil neuf cent soixante-trois et le douze mai", "1963-05-12"),
        ("L'an mil neuf cent quatre-vingt-dix-huit, le vingt et un mars", "1998-03-21"),
        ("on May 12, 2003", "2003-05-12"),
        ("12 June 1975", "1975-06-12"),
        ("12/05/1998", "1998-05-12"),
        ("ថ្ងៃព្រហស្បតិ៍ ១៥កើត ខែពិសាខ ឆ្នាំថោះ បញ្ចស័ក ព.ស.២៥៦៧", "2023-05-04"),
        ("១៥រោច ខែភទ្របទ ព.ស. ២៥៦៦", "2022-09-25"),
        ("ថ្ងៃទី២៣ ខែកុម្ភៈ ឆ្នំ១៩៧០", "1970-02-23"),  # without its A
        ("ថ្ងៃទី១៦ ខែសីហា ឆ្បំ១៩៧៧", "1977-08-16"),
        ("ថ្ងៃ១៤រោច ខែចេត្រ ឆ្នាំខាល ឆស័ក ព.ស.២៥១៨", "1975-04-10"),  # 1974 has such a day in the same animal's year
    ],
)
def test_a_date_is_read_in_its_normal_form(text, value):
    """Khmer, French and English, in figures and in words, Gregorian and lunar; a letter may be misread."""
    assert _found(text) == [(value, "")]


@pytest.mark.parametrize(
    ("text", "value", "doubt"),
    [
        ("ថ្ងៃទី៣១ ខែកុម្ភៈ ឆ្នាំ២០០១", "", IMPOSSIBLE),
        ("31/04/1999", "", IMPOSSIBLE),
        ("31/04/99", "", IMPOSSIBLE),
        ("ថ្ងៃទី៥ ខែឧសភា ឆ្នាំ ព.ស. ២៥៦៧", "2024-05-05", TURN),  # 5 May 2023 is in that year, too
        ("ថ្ងៃទី៥ ខែឧសភា ឆ្នាំ ព.ស. ២៥៦៦", "2023-05-05", TURN),  # that year has no 5 May
        ("ថ្ងៃចន្ទ ១៥កើត ខែពិសាខ ឆ្នាំថោះ បញ្ចស័ក ព.ស.២៥៦៦", "2023-05-04", WEEKDAY),
        ("១៦កើត ខែពិសាខ ព.ស.២៥៦៦", "", IMPOSSIBLE),
        ("១៦កើត ខែពិសាខ", "", IMPOSSIBLE),
        ("៥រោច ខែកត្តិក", "", NO_YEAR),
        ("៥រោច ខែកត្តិក ឆ្នាំថោះ", "", NO_YEAR),  # this animal comes every twelfth year
        ("៥រោច ខែកត្តិក ព.ស.២៤៣០", "", NOT_RECKONED),
        ("០៥ ខែមិថុនា ឆ្នាំ៩៨", "??98-06", NO_CENTURY),
        ("05/06/98", "??98-06-05", NO_CENTURY),
    ],
)
def test_what_is_wrong_with_a_date_is_told_and_nothing_is_dropped(text, value, doubt):
    """A day that did not exist, another weekday, a year without century, a date near the turn of a Buddhist year."""
    ((found, reason),) = _found(text)
    assert reason == doubt
    assert found == value


@pytest.mark.parametrize("text", ["១២៣/៩៨ ក.ប", "002/19-09-2007-ECCC/TC", "ខែនេះ ឆ្នាំក្រោយ", "page 12 of 98", "1.2.3"])
def test_what_is_no_date_is_none(text):
    """Case numbers, and words about time."""
    assert _found(text) == []


def test_a_year_of_two_digits_is_that_which_lies_nearest_to_the_files_other_dates():
    """A file of 1998 is not from 1898; without other dates nobody can know."""
    assert with_century("??98-06-05", ["1997-01-01", "1999", "1998-05"]) == "1998-06-05"
    assert with_century("??03-06-05", ["1999-12-01"]) == "2003-06-05"
    assert with_century("??98-06-05", []) == "??98-06-05"
    assert with_century("??00-02-29", ["1899-12-01"]) == ""
    assert with_century("??00-02-29", ["1999-12-01"]) == "2000-02-29"
