"""The round zero, which looks the same among Khmer digits and European ones, made one with the number it stands in."""

from collections.abc import Iterable
from dataclasses import replace

from pipeline.page.recognise import Sign, Signs

_KHMER = "០១២៣៤៥៦៧៨៩"
_EUROPEAN = "0123456789"
_INSIDE = _KHMER + _EUROPEAN + ".,/:-"


def with_even_zeros(signs: Signs) -> Signs:
    """Return signs with each zero in the script of the other digits of its number.

    Print never mixes the digits of two scripts in one number, and no other digit is alike in both.
    """
    found: list[Sign] = []
    for number in _runs(signs):
        text = "".join(sign.text for sign in number)
        khmer = any(char in _KHMER[1:] for char in text)
        european = any(char in _EUROPEAN[1:] for char in text)
        if khmer and not european:
            found += [replace(sign, text=sign.text.replace("0", "០")) for sign in number]
        elif european and not khmer:
            found += [replace(sign, text=sign.text.replace("០", "0")) for sign in number]
        else:
            found += number
    return tuple(found)


def _runs(signs: Iterable[Sign]) -> list[list[Sign]]:
    """Part signs into numbers, which end where a word does, and what is between them."""
    runs: list[list[Sign]] = []
    inside = False
    for sign in signs:
        now = all(char in _INSIDE for char in sign.text)
        if not runs or sign.begins or now != inside:
            runs.append([])
        runs[-1].append(sign)
        inside = now
    return runs
