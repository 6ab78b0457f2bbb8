"""Two readings of a line are merged, words decide between them, and numbers are in one script."""

import pytest

from pipeline.page.digits import with_even_zeros
from pipeline.page.merge import khmer_share, line_confidence, merged
from pipeline.page.recogniser import Symbol
from pipeline.page.vocabulary import differing, unsure, with_known_words


def symbols(text, confidence=1.0):
    """Symbols of one letter each; a space begins a word."""
    found, begins = [], True
    for place, char in enumerate(text):
        if char != " ":
            found.append(Symbol(char, place * 10, place * 10 + 9, confidence, begins))
        begins = char == " "
    return tuple(found)


def text(reading):
    return "".join(symbol.text for symbol in reading)


def doubt(reading, place, confidence):
    return tuple(
        Symbol(
            symbol.text, symbol.left, symbol.right, confidence if number == place else symbol.confidence, symbol.begins
        )
        for number, symbol in enumerate(reading)
    )


def test_readings_that_agree_are_as_sure_as_the_surer_one():
    """Agreement never lowers the confidence of a symbol."""
    both = merged(symbols("កខគ", 0.6), symbols("កខគ", 0.9))
    assert text(both) == "កខគ"
    assert [symbol.confidence for symbol in both] == [0.9, 0.9, 0.9]


def test_surer_stretch_wins_and_stays_in_doubt():
    """Where readings differ, the one with more confidence is used, and its confidence is lowered."""
    both = merged(doubt(symbols("កខគ"), 1, 0.4), symbols("កឃគ"))
    assert text(both) == "កឃគ"
    assert [symbol.confidence for symbol in both] == [1.0, pytest.approx(0.97, abs=0.03), 1.0]


def test_a_reader_that_knows_the_face_wins_though_the_other_is_as_sure_of_this_sign():
    """The first is unsure of the rest of the line: it is not believed either where it is sure."""
    unsure = tuple(Symbol(one.text, one.left, one.right, 0.5, one.begins) for one in symbols("កខគឃង"))
    both = merged(doubt(unsure, 2, 0.9), symbols("កខតឃង", 0.85))
    assert text(both) == "កខតឃង"


def test_subscripts_that_look_the_same_are_no_difference():
    """The network says TA under the line for DA, too: what the first reading says is kept."""
    first = (Symbol("ណ", 0, 9, 0.8, True), Symbol("\u17d2\u178a", 0, 9, 0.8, False))
    second = (Symbol("ណ", 0, 9, 0.9, True), Symbol("\u17d2\u178f", 0, 9, 0.9, False))
    assert [(symbol.text, symbol.confidence) for symbol in merged(first, second)] == [("ណ", 0.9), ("\u17d2\u178a", 0.9)]


def test_sign_that_one_reading_missed_is_kept_if_it_is_surer_than_the_gap():
    """A dropped symbol comes back if the symbols next to the gap have low confidence."""
    assert text(merged(doubt(symbols("កគ"), 1, 0.3), symbols("កខគ"))) == "កខគ"
    assert text(merged(symbols("កគ"), doubt(symbols("កខគ"), 1, 0.3))) == "កគ"


def test_a_lead_decides_between_readings_that_are_as_sure():
    """A reader that is known to be better in a script is believed there."""
    first, second = symbols("កខគ", 0.9), symbols("កឃគ", 0.9)
    assert (text(merged(first, second, 1.0)), text(merged(first, second, -1.0))) == ("កខគ", "កឃគ")


@pytest.mark.parametrize(
    ("first", "second", "chosen"),
    [
        ("le sanaged major", "le managed major", "le managed major"),
        ("C'est la janbe", "C'est la jambe", "C'est la jambe"),
        ("the court", "tke court", "the court"),
        ("Mrs Zadek", "Mrs Zadck", "Mrs Zadek"),
        ("Mr Sok", "Mr Sol", "Mr Sok"),
        ("in 1945", "in 1943", "in 1945"),
        ("to morrcw", "tomorrow", "tomorrow"),
        ("", "the court", ""),
    ],
    ids=[
        "a word",
        "after an apostrophe",
        "the first is one",
        "a name",
        "a name like a word",
        "a number",
        "parted",
        "nothing",
    ],
)
def test_of_two_readings_of_typescript_the_one_that_is_a_word_is_taken(first, second, chosen):
    """Names, numbers and what both read alike stay as the better reader read them."""
    assert text(with_known_words(symbols(first), symbols(second))) == chosen.replace(" ", "")


@pytest.mark.parametrize(
    ("read", "confidence", "is_unsure"),
    [
        ("the court", 0.7, False),
        ("the court", 0.5, True),
        ("the cuort", 0.9, True),
        ("the cuort", 0.98, False),
        ("in 1945", 0.9, True),
        ("(the court", 0.7, True),
        ("", 1.0, True),
    ],
)
def test_a_word_of_the_list_needs_less_confidence_than_a_name_or_a_number(read, confidence, is_unsure):
    """No list says whether a number is right."""
    assert unsure(symbols(read, confidence)) is is_unsure


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        ("the court of Kandal", "the court of Kandal", 0),
        ("the court of Kandal", "the ccurt of Kandal", 0),
        ("in 1945 in Kandal", "in 1943 in Kandel", 2),
        ("form the court", "from the court", 1),
        ("the court", "", 2),
        ("tothecourt", "to the court", 3),
    ],
)
def test_words_differ_where_the_list_does_not_say_which_one_is_right(first, second, count):
    """A line with several of them is worth another reading."""
    assert differing(symbols(first), symbols(second)) == count


def test_certainty_falls_with_each_doubtful_sign():
    """One doubtful symbol in twenty costs three quarters; without doubt nothing; a line without symbols has 0."""
    assert line_confidence(symbols("ក" * 20)) == 1
    assert line_confidence(doubt(symbols("ក" * 20), 3, 0.0)) == pytest.approx(0.22, abs=0.01)
    assert line_confidence(()) == 0


def test_digits_belong_to_no_script():
    """A line of a number and Latin letters is Latin; one with only a number is read with the Khmer models."""
    assert khmer_share(symbols("No. 123")) == 0
    assert khmer_share(symbols("១២៣")) == 1


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("២៤០.00០", "២៤០.០០០"),
        ("2០03", "2003"),
        ("លេខ ២0៣", "លេខ ២០៣"),
        ("០៣ 2003", "០៣ 2003"),
        ("00 ០០", "00 ០០"),
        ("១2០0", "១2០0"),
    ],
)
def test_zero_takes_the_script_of_its_number(read, meant):
    """A zero takes the script of the other digits of its number; without other digits, it stays as it was read."""
    assert text(with_even_zeros(symbols(read))) == meant.replace(" ", "")
