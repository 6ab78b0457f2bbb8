"""The symbols of the small line reader, and texts as their numbers."""

import re
import tomllib
from pathlib import Path

import pytest

import training
from pipeline.page.network.symbols import SYMBOLS
from training.tokens import CLASSES, UnsayableError, can_say, printed_form, to_numbers, to_text

TEXTS = (
    "មាត្រា ១២.- ស្ត្រីនិងឪពុកម្តាយ ត្រូវបង់ប្រាក់ ៥០.០០០៛ ។",
    "ឥឡូវ ឧកញ៉ា ឫស ឮសូរ រំឭក ឦសាន អឌ្ឍ ឱ្យ ៕",
    "L’audience du 3 août 1952 « à huis clos » – Œuvre n° 4, §2",
    "No. 12/07 E-mail: a_b@c.org (50%) US$ 3.50",
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_comes_back_from_its_numbers(text):
    """Also where a symbol stands twice: between the two is a frame that says nothing."""
    text = printed_form(text)
    numbers = to_numbers(text)
    assert all(0 < number < CLASSES for number in numbers)
    frames = [frame for number in numbers for frame in (0, number, number)]
    assert to_text(frames) == text


def test_no_sign_stands_twice_among_the_outputs():
    """Each output has a meaning of its own, and a coeng none without its letter."""
    assert len(set(SYMBOLS)) == len(SYMBOLS)
    assert "្" not in SYMBOLS


def test_a_subscript_is_one_sign_and_da_under_a_letter_is_ta():
    """On paper both look alike."""
    assert len(to_numbers("ត្រ")) == 2
    assert printed_form("កណ្ដាល\u200bការ") == "កណ្តាលការ"


def test_a_character_that_has_no_sign_is_refused():
    """A text that cannot be said is no text to learn from."""
    assert not can_say("漢字")
    with pytest.raises(UnsayableError):
        to_numbers("漢")


def test_the_phrases_of_laws_can_be_said():
    """Whatever is put into their slots, the rest of each is a text to learn from."""
    phrases = tomllib.loads(Path(training.__file__).with_name("law.toml").read_text("utf-8"))
    for phrase in (phrase for some in phrases.values() for phrase in some):
        assert can_say(printed_form(re.sub(r"\{\w+\}", "", phrase))), phrase
