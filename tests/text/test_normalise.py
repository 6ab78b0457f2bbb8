"""Texts that a reader would call the same are equal, and no others."""

import pytest

from pipeline.text.normalise import match_form, match_segments, tidy

SAME = [
    # Subscripts and vowels in the order people type them.
    ("ខ្មែរ", "ខែ្មរ", "a vowel before the subscript"),
    ("ស្ត្រី", "ស្រ្តី", "RO before another subscript"),
    ("កន្ត្រៃ", "កន្រ្តៃ", "RO before another subscript, with a vowel"),
    ("កុំ", "កំុ", "sign before vowel"),
    ("កាំ", "កំា", "sign before vowel AA"),
    ("ធម៌ុ", "ធមុ៌", "robat before the vowel"),
    ("ប៉ុន្តែ", "បុ៉ន្តែ", "shifter after the vowel"),
    # Vowels in two halves.
    ("ធ្វើ", "ធ្វេី", "OE of E and II"),
    ("កោះ", "កេាះ", "OO of E and AA"),
    ("ក្រោម", "ក្រេាម", "OO below a subscript"),
    # Two forms that look the same.
    ("ត្ត", "ត្ដ", "subscript DA and TA"),
    ("បណ្តឹង", "បណ្ដឹង", "subscript DA and TA, in a word"),
    ("ឱ្យ", "ឲ្យ", "two shapes of one letter"),
    ("ស៊ី", "សុី", "a shifter under a vowel above"),
    ("ប៉ី", "បុី", "the other shifter"),
    ("ប៉័ង", "បុ័ង", "a shifter under a sign above"),
    ("ញ៉ាំ", "ញុាំ", "a shifter under AA with NIKAHIT"),
    # Deprecated letters.
    ("អ", "\u17a3", "QAQ"),
    ("អា", "\u17a4", "QAA"),
    ("ឧក", "\u17a8", "QUK"),
    ("ក", "ក\u17b4", "the inherent vowel AQ"),
    ("ក", "ក\u17b5", "the inherent vowel AA"),
    # Invisible characters.
    ("ភ្នំពេញ", "ភ្នំ\u200bពេញ", "zero-width space"),
    ("ក្ស", "ក\u200d្ស", "zero-width joiner"),
    ("ក្ស", "ក្\u2060ស", "word joiner"),
    ("ក្សា", "ក្សាា", "a vowel twice"),
    ("ក្ស", "ក\u17d2\u17d2ស", "the sign of subscripts twice"),
    ("កា", "ក\u17d2ា", "the sign of subscripts with no letter below"),
    ("ab", "a\u200eb", "direction mark"),
    ("ក", "ក\ufe00", "variation selector"),
    # Marks of other scripts, which recognisers put on Khmer letters.
    ("កា", "កា\u0301", "an accent on a syllable"),
    ("កា", "ក\u0301ា", "an accent in a syllable"),
    ("កា", "កា\u0301ា", "an accent between a vowel and itself"),
    ("កើ", "កេ\u064bី", "an Arabic mark between two halves of a vowel"),
    ("ក្ក", "ក\u0301\u0327្ក", "accents before a subscript"),
    # Digits, case, accents, compatibility forms.
    ("២០០៣", "2003", "Khmer digits"),
    ("៣", "\u17f3", "numerals for divination"),
    ("Première", "premiere", "accent and case"),
    ("Première", "Premie\u0300re", "accent by itself"),
    ("ŒUVRE", "oeuvre", "ligature of French"),
    ("fin", "ﬁn", "ligature of typesetters"),
    ("２１", "21", "full width"),
    ("STRASSE", "straße", "sharp s"),
]

DIFFERENT = [
    ("កា", "គា"),
    ("ដា", "តា"),
    ("កុ", "កូ"),
    ("ក្ក", "កក"),
    ("កេ", "កែ"),
    ("កើ", "កេ"),
    ("សុខ", "ស៊ុខ"),
    ("ស៊ា", "សុា"),
    ("12", "21"),
    ("ou", "où?"),
    ("ឪពុក", "ឱពុក"),
    ("ឮ", "ឭ"),
]


@pytest.mark.parametrize(("one", "other", "rule"), SAME, ids=[rule for *_, rule in SAME])
def test_what_reads_the_same_matches(one, other, rule):
    """Both spellings have one match form."""
    assert match_form(one) == match_form(other), rule


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_reads_differently_does_not_match(one, other):
    """A form that folds too much finds text that nobody searched for."""
    assert match_form(one) != match_form(other)


def test_the_match_form_is_stable():
    """Applied to itself it changes nothing; otherwise queries and pages would not match."""
    for one, other, _ in SAME:
        assert match_form(match_form(one)) == match_form(one)
        assert match_form(match_form(other)) == match_form(other)


def test_the_tidy_form_keeps_what_is_printed():
    """It orders and corrects, and changes nothing that is visible."""
    assert tidy("ខែ្មរ") == "ខ្មែរ"
    assert tidy("Première ២០០៣ បណ្ដឹង ឲ្យ") == "Première ២០០៣ បណ្ដឹង ឲ្យ"
    assert tidy("ភ្នំ\u200bពេញ") == "ភ្នំ\u200bពេញ"
    assert tidy("ក\u200d្ស") == "ក្ស"
    assert tidy("e\u200d\u0301") == "é"


def test_each_piece_knows_where_it_stood():
    """Hits are marked on the text as read, not on its match form."""
    text = "លេខ\u200b ២១ É"
    segments = list(match_segments(text))
    assert "".join(form for form, _, _ in segments) == match_form(text)
    assert [text[start:end] for _, start, end in segments] == ["លេ", "ខ", " ", "២១", " ", "É"]


def test_marks_on_nothing_are_no_error():
    """Recognisers produce sequences that nobody writes."""
    for text in ("\u17d2", "\u17d2\u17d2ក", "ាាា", "\u17b6abc", "\ud83d"):
        match_form(text)
        tidy(text)
