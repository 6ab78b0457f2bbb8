"""Two letters that the recogniser takes for others, put right where only one word can be meant.

ឦ and ឭ stand in next to no words of today's Khmer but these (Chuon Nath's dictionary): ឦសាន, north-east, and រំឭក, to
remind. What is read in their place, no word has. What other words might hold is left as it was read.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from pipeline.page.recogniser import Symbol, Symbols

_WORDS = (
    (re.compile("[ឍឮ](?=សាន)"), "ឦ"),
    (re.compile("(?<=រំ)ឮ(?=ក)"), "ឭ"),
)
"""What the letter was taken for, between the letters beside it; measured in docs/training.md."""


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
