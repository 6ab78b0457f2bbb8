"""Texts as the numbers of the symbols that the network can output."""

import re
from collections.abc import Iterable

from pipeline.page.network.symbols import SYMBOLS
from pipeline.text.normalise import tidy

CLASSES = len(SYMBOLS) + 1

_NUMBER = {symbol: number for number, symbol in enumerate(SYMBOLS, 1)}
_SYMBOL = re.compile("\u17d2[\u1780-\u17b3]|.", re.DOTALL)


class UnsayableError(ValueError):
    """The text holds a character that the network has no symbol for."""


def printed_form(text: str) -> str:
    """Return a text in its printed form: normalised, one space instead of several, no zero-width space.

    Subscript DA and TA have one shape: it is always TA here.
    """
    return " ".join(tidy(text).replace("\u200b", "").replace("\u17d2\u178a", "\u17d2\u178f").split())


def to_numbers(text: str) -> list[int]:
    """Return the numbers of the symbols of a text in its printed form.

    Raises:
        UnsayableError: A character has no symbol.
    """
    try:
        return [_NUMBER[symbol] for symbol in _SYMBOL.findall(text)]
    except KeyError as error:
        raise UnsayableError(str(error)) from error


def can_say(text: str) -> bool:
    """Return whether each character has a symbol."""
    return all(symbol in _NUMBER for symbol in _SYMBOL.findall(text))


def to_text(numbers: Iterable[int]) -> str:
    """Return the text of the best output of each frame: repeats are one symbol, blanks none."""
    symbols, before = [], 0
    for number in numbers:
        if number not in {before, 0}:
            symbols.append(SYMBOLS[number - 1])
        before = number
    return "".join(symbols)
