"""What is shown of a page, in as few bytes as can be read quickly: it was a third of an index.

Numbers are kept as differences, which are small and often the same. A unit's form is kept only where the text of the
page at its place is another one.
"""

import itertools
import operator
import zlib
from array import array
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from models.page import Rect
from pipeline.index.marking import Place
from pipeline.text.units import Columns

# The type codes of arrays, and the largest number that each holds.
_LARGEST = {"b": 0x7F, "h": 0x7FFF, "q": 0x7FFF_FFFF_FFFF_FFFF}
_COUNT_BYTES = 4
# Khmer letters change places with those of Latin-1: so they have two bytes instead of three.
_MOVED = {at: at ^ 0x1780 ^ 0x80 for at in (*range(0x80, 0x100), *range(0x1780, 0x1800))}


class Shown(NamedTuple):
    """What is shown of a page: its text, the units in it, and the places of its words."""

    text: str
    units: Columns
    places: list[Place]


def pack(shown: Shown) -> bytes:
    """Pack what is shown of a page."""
    text, units, places = shown
    forms = zip(units.text, units.start, units.end, strict=True)
    other = [(at, form) for at, (form, start, end) in enumerate(forms) if text[start:end] != form]
    rows = [(place.start, place.end, *place.box) for place in places]
    starts, ends, lefts, tops, rights, bottoms = zip(*rows, strict=True) if rows else ((),) * 6
    columns = (
        _differences([at for at, _ in other]),
        *_gaps(units.start, units.end),
        _differences(units.run),
        _differences(units.block),
        *_gaps(starts, ends),
        *_gaps(lefts, rights),
        _differences(tops),
        list(map(operator.sub, bottoms, tops)),
    )
    # No form contains the end of a line; one may contain a space, such as that of U+FDFA.
    if any("\n" in form for _, form in other):
        raise ValueError("the form of a unit contains the end of a line")
    letters = "\n".join([*(form for _, form in other), text]).translate(_MOVED).encode()
    # Apart, because letters and numbers have little in common: together they are 3 % larger.
    return zlib.compress(letters) + zlib.compress(b"".join(map(_written, columns)))


def unpack(packed: bytes) -> Shown:
    """Return what :func:`pack` packed."""
    stream = zlib.decompressobj()
    letters = stream.decompress(packed).decode().translate(_MOVED)
    other, gaps, sizes, runs, blocks, *placed = _read(zlib.decompress(stream.unused_data))
    *forms, text = letters.split("\n", len(other))
    starts, ends = _spans(gaps, sizes)
    found = [text[start:end] for start, end in zip(starts, ends, strict=True)]
    for at, form in zip(itertools.accumulate(other), forms, strict=True):
        found[at] = form
    units = Columns(found, starts, ends, list(itertools.accumulate(runs)), list(itertools.accumulate(blocks)))
    lefts, rights = _spans(*placed[2:4])
    tops = list(itertools.accumulate(placed[4]))
    boxes = map(Rect, lefts, tops, rights, map(operator.add, tops, placed[5]))
    return Shown(text, units, list(map(Place, *_spans(*placed[:2]), boxes)))


def _differences(numbers: Sequence[int]) -> list[int]:
    return list(map(operator.sub, numbers, (0, *numbers)))


def _gaps(starts: Sequence[int], ends: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return the gap before each span, and its size."""
    return list(map(operator.sub, starts, (0, *ends))), list(map(operator.sub, ends, starts))


def _spans(gaps: Sequence[int], sizes: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return where each span starts and ends, from the gap before it and its size."""
    ends = list(itertools.accumulate(map(operator.add, gaps, sizes)))
    return list(map(operator.sub, ends, sizes)), ends


def _written(numbers: Sequence[int]) -> bytes:
    """Return numbers in the narrowest array that holds them, behind its type code and their count."""
    largest = max(map(abs, numbers), default=0)
    code = next(code for code, most in _LARGEST.items() if largest <= most)
    return code.encode() + len(numbers).to_bytes(_COUNT_BYTES, "little") + array(code, numbers).tobytes()


def _read(content: bytes) -> "Iterator[array[int]]":
    at = 0
    while at < len(content):
        numbers = array(chr(content[at]))
        begin = at + 1 + _COUNT_BYTES
        at = begin + numbers.itemsize * int.from_bytes(content[at + 1 : begin], "little")
        numbers.frombytes(content[begin:at])
        yield numbers
