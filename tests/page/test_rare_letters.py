"""Letters are corrected where only one word is possible."""

import pytest

from pipeline.page.rare_letters import with_rare_letters
from pipeline.page.recogniser import Symbol


def line(*texts):
    """Symbols with these texts."""
    return tuple(Symbol(text, 10 * number, 10 * number + 9, 0.8, number == 0) for number, text in enumerate(texts))


@pytest.mark.parametrize(
    ("read", "printed"),
    [
        (("ទិ", "ស", "ឍ", "ស", "ា", "ន"), "ទិសឦសាន"),
        (("ឮ", "សា", "ន"), "ឦសាន"),
        (("រ", "ំ", "ឮ", "ក"), "រំឭក"),
    ],
)
def test_words_with_letters_the_recogniser_takes_for_others_come_out_right(read, printed):
    """For every way in which the recogniser splits the word into symbols."""
    found = with_rare_letters(line(*read))
    assert "".join(symbol.text for symbol in found) == printed
    assert [symbol.left for symbol in found] == [symbol.left for symbol in line(*read)]


@pytest.mark.parametrize("read", ["ឮសូរ", "អភិវឌ្ឍ", "រំពុក", "ចេញសាន"])
def test_what_another_word_may_hold_stays_as_it_was_read(read):
    """Nothing is guessed."""
    assert "".join(symbol.text for symbol in with_rare_letters(line(*read))) == read
