"""Writes TIFFs of any kind, tag by tag."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH = 60, 48
_SUB_DIRECTORIES = 330
_SHORT, _LONG = 3, 4


def page() -> NDArray[np.uint8]:
    """Return grey paper with a dark bar at the top left: every turned or mirrored version is different."""
    grey = np.full((HEIGHT, WIDTH), 240, np.uint8)
    grey[4:14, 4:28] = 20
    return grey


def looks_right(pixels: NDArray[np.uint8], slack: int = 20) -> bool:
    """Whether pixels are those of :func:`page`, grey or RGB."""
    grey = pixels if pixels.ndim == 2 else pixels.mean(axis=2)
    return grey.shape == (HEIGHT, WIDTH) and bool(np.abs(grey - page().astype(int)).mean() < slack)


@dataclass(frozen=True)
class Part:
    """One picture of a TIFF: its samples as bytes, the tags that describe them, and the pictures inside it."""

    data: bytes
    tags: dict[int, Sequence[int] | int]
    inside: Sequence["Part"] = field(default=())


def part(samples: NDArray[np.generic], order: Literal["<", ">"] = "<", /, **tags: Sequence[int] | int) -> Part:
    """Return a picture of uncompressed samples, ``(height, width)`` or with a third axis; tags by ``t262=…``."""
    height, width = samples.shape[:2]
    count = samples.shape[2] if samples.ndim == 3 else 1
    numbered = {int(name[1:]): value for name, value in tags.items()}
    kind = {"u": 1, "i": 2, "f": 3, "b": 1}[samples.dtype.kind]
    own: dict[int, Sequence[int] | int] = {
        256: width,
        257: height,
        258: [samples.itemsize * 8] * count,
        259: 1,
        262: 1,
        277: count,
        339: [kind] * count,
    }
    return Part(samples.astype(samples.dtype.newbyteorder(order)).tobytes(), own | numbered)


def write(file: Path, parts: Sequence[Part], order: str = "<", *, big: bool = False) -> Path:
    """Write a TIFF, or a BigTIFF, of pictures one after another."""
    offset, count = (f"{order}Q", f"{order}Q") if big else (f"{order}I", f"{order}H")
    mark = b"II" if order == "<" else b"MM"
    data = bytearray(mark + struct.pack(f"{order}H", 43 if big else 42))
    data += struct.pack(f"{order}HHQ", 8, 0, 0) if big else bytes(4)
    place = len(data) - struct.calcsize(offset)

    def put(one: Part) -> tuple[int, int]:
        inside = [put(deeper)[0] for deeper in one.inside]
        strip = len(data)
        data.extend(one.data + bytes(len(one.data) % 2))
        planes = one.tags[277] if one.tags.get(284) == 2 else 1
        assert isinstance(planes, int)
        each = len(one.data) // planes
        strips = [strip + each * plane for plane in range(planes)]
        tags = {278: one.tags[257], 273: strips, 279: [each] * planes, **one.tags}
        if inside:
            tags[_SUB_DIRECTORIES] = inside
        entries = b""
        for tag, value in sorted(tags.items()):
            values = [value] if isinstance(value, int) else list(value)
            long = tag in {273, 279, _SUB_DIRECTORIES} or max(values) > 0xFFFF
            packed = struct.pack(f"{order}{len(values)}{'I' if long else 'H'}", *values)
            room = struct.calcsize(offset)
            if len(packed) > room:
                at = len(data)
                data.extend(packed + bytes(len(packed) % 2))
                packed = struct.pack(offset, at)
            kind = struct.pack(f"{order}HH", tag, _LONG if long else _SHORT)
            entries += kind + struct.pack(offset, len(values)) + packed.ljust(room, b"\0")
        start = len(data)
        data.extend(struct.pack(count, len(tags)) + entries + bytes(struct.calcsize(offset)))
        return start, len(data) - struct.calcsize(offset)

    for one in parts:
        start, following = put(one)
        struct.pack_into(offset, data, place, start)
        place = following
    file.write_bytes(data)
    return file
