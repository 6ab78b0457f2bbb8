"""The symbols that the network can output, and texts as their numbers.

A subscript is one symbol: the coeng alone has no shape, and half as many symbols fit a frame better.
"""

import re
from collections.abc import Iterable

from pipeline.text.normalise import tidy

_COENG = "\u17d2"
_KHMER_LETTERS = [chr(code) for code in (*range(0x1780, 0x17A3), *range(0x17A5, 0x17B4)) if code != 0x17A8]
_KHMER_MARKS = [chr(code) for code in range(0x17B6, 0x17D2)]
_KHMER_OTHERS = list("។៕៖ៗ៚៙៛០១២៣៤៥៦៧៨៩")
_UNDER = [_COENG + chr(code) for code in (*range(0x1780, 0x17A3), 0x17A5, 0x17AB, 0x17AF) if code != 0x178A]
_LATIN = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzÀÂÇÈÉÊËÎÏÔÙÛÜŒàâçèéêëîïôùûüœ"
_MARKS = ".,:;!?'\"()[]/\\-–_=+*&%@#$§°º«»“”‘’•…№½<>|"

SYMBOLS: tuple[str, ...] = (" ", *_LATIN, *_MARKS, *_KHMER_LETTERS, *_KHMER_MARKS, *_KHMER_OTHERS, *_UNDER)
"""The meaning of the network's outputs; output 0 is CTC's blank, output ``n`` is ``SYMBOLS[n - 1]``."""

CLASSES = len(SYMBOLS) + 1

_NUMBER = {symbol: number for number, symbol in enumerate(SYMBOLS, 1)}
_SYMBOL = re.compile(f"{_COENG}[\u1780-\u17b3]|.", re.DOTALL)


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
