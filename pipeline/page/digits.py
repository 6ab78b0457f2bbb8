"""Puts the round zero, which looks the same in Khmer and in European digits, into the script of its number."""

from collections.abc import Iterable
from dataclasses import replace

from pipeline.page.recogniser import Symbol, Symbols

_KHMER = "០១២៣៤៥៦៧៨៩"
_EUROPEAN = "0123456789"
_INSIDE = _KHMER + _EUROPEAN + ".,/:-"


def with_even_zeros(symbols: Symbols) -> Symbols:
    """Return symbols with each zero in the script of the other digits of its number.

    Print never mixes the digits of two scripts in one number, and no other digit looks the same in both.
    """
    found: list[Symbol] = []
    for number in _runs(symbols):
        text = "".join(symbol.text for symbol in number)
        khmer = any(char in _KHMER[1:] for char in text)
        european = any(char in _EUROPEAN[1:] for char in text)
        if khmer and not european:
            found += [replace(symbol, text=symbol.text.replace("0", "០")) for symbol in number]
        elif european and not khmer:
            found += [replace(symbol, text=symbol.text.replace("០", "0")) for symbol in number]
        else:
            found += number
    return tuple(found)


def _runs(symbols: Iterable[Symbol]) -> list[list[Symbol]]:
    """Split symbols into numbers, which end at the end of a word, and the symbols between them."""
    runs: list[list[Symbol]] = []
    inside = False
    for symbol in symbols:
        now = all(char in _INSIDE for char in symbol.text)
        if not runs or symbol.begins or now != inside:
            runs.append([])
        runs[-1].append(symbol)
        inside = now
    return runs
