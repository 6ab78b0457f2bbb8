"""A line is cut into parts between words, and put together again from their readings."""

from dataclasses import replace

import numpy as np

from pipeline.page.parts import parts_of, put_together
from pipeline.page.recogniser import Symbol

WIDE = 20


def reading(words, doubtful):
    """A reading of a line whose letters are all as wide, and whose words in ``doubtful`` may be wrong."""
    found, left = [], 8
    for number, word in enumerate(words.split()):
        for at, letter in enumerate(word):
            found.append(Symbol(letter, left, left + WIDE, 0.3 if number in doubtful else 1.0, begins=not at))
            left += WIDE
        left += WIDE
    return tuple(found), np.tile(np.arange(left, dtype=np.uint8), (30, 1))


def texts(symbols):
    return "".join(" " * one.begins + one.text for one in symbols).split()


WORDS = "un deux trois quatre cinq six sept huit neuf dix onze douze"


def test_a_part_has_two_words_on_either_side_of_a_doubtful_one():
    """Tesseract reads single words badly."""
    symbols, pixels = reading(WORDS, {0, 8})
    parts = parts_of(3, pixels, symbols)
    assert [texts(part.own(symbols)) for part in parts] == [WORDS.split()[:3], WORDS.split()[6:11]]
    assert {part.line for part in parts} == {3}


def test_the_picture_of_a_part_begins_and_ends_in_the_white_between_words():
    """With a white margin, as that of a line; the symbols are where they were."""
    symbols, pixels = reading(WORDS, {8})
    (part,) = parts_of(0, pixels, symbols)
    own = part.own(symbols)
    assert part.pixels.shape[1] == own[-1].right - own[0].left + WIDE + 16
    assert (part.pixels[:, :8] == 255).all()
    assert (part.pixels[:, -8:] == 255).all()
    assert (
        part.pixels[:, own[0].left : own[-1].right] == pixels[:, symbols[part.start].left : symbols[part.end - 1].right]
    ).all()
    assert put_together(symbols, [(part, own)]) == symbols


def test_a_line_with_many_doubtful_words_is_read_as_a_whole():
    """Parts that are nearly all of it would take as long, and be read worse."""
    symbols, pixels = reading(WORDS, {1, 5, 9})
    (part,) = parts_of(0, pixels, symbols)
    assert part.pixels is pixels
    assert part.own(symbols) == symbols


def test_readings_of_parts_replace_the_words_of_the_line():
    """However many symbols they have."""
    symbols, pixels = reading(WORDS, {0, 8})
    first, second = parts_of(0, pixels, symbols)
    other = tuple(replace(one, text="x", confidence=0.9) for one in second.own(symbols))
    found = put_together(symbols, [(first, ()), (second, other)])
    assert texts(found) == ["quatre", "cinq", "six", "xxxx", "xxxx", "xxxx", "xxx", "xxxx", "douze"]
    assert [one.left for one in found] == [one.left for one in symbols[first.end :]]


def test_a_part_never_becomes_one_word_with_the_word_before_it():
    """A stroke that Tesseract reads before the first letter may be left out when both readings are merged."""
    symbols, pixels = reading(WORDS, {8})
    (part,) = parts_of(0, pixels, symbols)
    own = part.own(symbols)
    found = put_together(symbols, [(part, (replace(own[0], begins=False), *own[1:]))])
    assert texts(found) == WORDS.split()
