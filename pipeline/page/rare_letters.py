"""Corrects two letters that the recogniser confuses with others, where only one word is possible.

ឦ and ឭ occur in almost no words of modern Khmer except these (Chuon Nath's dictionary): ឦសាន, north-east, and រំឭក, to
remind. No word has what is read in their place. What could be part of another word is not changed.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from pipeline.page.recogniser import Symbol, Symbols

_WORDS = (
    (re.compile("[ឍឮ](?=សាន)"), "ឦ"),
    (re.compile("(?<=រំ)ឮ(?=ក)"), "ឭ"),
)
"""What was read instead of the letter, between its neighbouring letters; measured in docs/training.md."""


def with_rare_letters(symbols: Sequence[Symbol]) -> Symbols:
    """Return the symbols of a line with ឦ and ឭ in the words that have them."""
    found = list(symbols)
    starts = {}
    text = ""
    for number, symbol in enumerate(found):
        starts[len(text)] = number
        text += symbol.text
    for misread, letter in _WORDS:
        for match in misread.finditer(text):
            place = starts.get(match.start())
            if place is not None and found[place].text == match[0]:
                found[place] = replace(found[place], text=letter)
    return tuple(found)
