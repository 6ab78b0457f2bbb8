"""What is in a TIFF: its directories, which of them are pages, and whether these can be read."""

import struct
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from PIL.TiffImagePlugin import ImageFileDirectory_v2

from models.errors import ScanError
from models.failure import Code

BIG_ENDIAN_BIG = b"MM\x00+"
TIFF_BEGINNINGS = (b"II*\x00", b"MM\x00*", b"II+\x00", BIG_ENDIAN_BIG)
SUBFILE, OLD_SUBFILE = 254, 255
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
STRIPS, TILES, STRIP_BYTES = 273, 324, 279
ORIENTATION, SAMPLES, PLANAR = 274, 277, 284
ACROSS, DOWN, UNIT, COLOURS = 282, 283, 296, 320
SUB_DIRECTORIES, EXTRA, FORMAT = 330, 338, 339
FILL_ORDER, OLD_JPEG_START, OLD_JPEG_BYTES = 266, 513, 514
_DNG = 50706
_CANON_RAW = b"CR"

FAX, JPEG, OLD_JPEG = (2, 3, 4, 32771), 7, 6
# What the libtiff of Debian decompresses.
_COMPRESSIONS = {1, 2, 3, 4, 5, 6, 7, 8, 32766, 32771, 32773, 32809, 32909, 32946, 34661, 34887, 34925, 50000, 50001}
_COMPRESSION_NAMES = {
    **dict.fromkeys((33003, 33004, 33005, 34712), "JPEG 2000"),
    **dict.fromkeys((22610, 34934), "JPEG XR"),
    **dict.fromkeys((50002, 52546), "JPEG XL"),
    **dict.fromkeys((34676, 34677), "LogLuv"),
}
MASK = 4
_PHOTOMETRICS = {0, 1, 2, 3, MASK, 5, 6, 8, 9}
_RAW = {32803, 34892}  # a camera's sensor, not developed
_INTEGER, _FLOAT, _VOID = (1, 2), 3, 4
_MOST_SAMPLES = 8

_REDUCED_BIT, _MASK_BIT = 1, 4
_OLD_REDUCED = 2
# A reduced copy is at most this part of its page each way, and has its shape; or it is too small to hold a page at all.
_REDUCED = 0.8
_SHAPE = 0.04
_TOO_SMALL = 320


@dataclass(frozen=True, slots=True)
class Directory:
    """One picture of a TIFF: where its tags are, and what they say."""

    offset: int
    tags: ImageFileDirectory_v2
    inside: Sequence["Directory"] = ()

    def one(self, tag: int, default: int = 0) -> int:
        """Return the number that a tag holds, the first if it holds several."""
        return next(iter(self.all(tag)), default)

    def all(self, tag: int) -> tuple[int, ...]:
        """Return the numbers that a tag holds."""
        try:
            value = self.tags.get(tag, ())
        except (struct.error, ValueError, TypeError) as error:
            raise ScanError(Code.DAMAGED, f"its tag {tag} cannot be read") from error
        return tuple(value) if isinstance(value, tuple) else (value,)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, as they are stored."""
        return self.one(WIDTH), self.one(HEIGHT)

    @property
    def bits(self) -> tuple[int, ...]:
        """Bits of each sample of a pixel."""
        count = self.one(SAMPLES, 3 if self.one(PHOTOMETRIC, -1) in {2, 6} else 1)
        bits = self.all(BITS) or (1,)
        return (bits * count if len(bits) == 1 else bits)[:count]

    @property
    def photometric(self) -> int:
        """What the samples mean; if no tag says so, what libtiff assumes."""
        if PHOTOMETRIC in self.tags:
            return self.one(PHOTOMETRIC)
        if self.one(SAMPLES, 1) >= 3:
            return 2
        return 0 if self.one(COMPRESSION, 1) in FAX else 1

    @property
    def reduced(self) -> bool:
        """Whether it claims to be a reduced copy of another picture of the file."""
        if SUBFILE in self.tags:
            return bool(self.one(SUBFILE) & _REDUCED_BIT)
        return self.one(OLD_SUBFILE) == _OLD_REDUCED

    @property
    def mask(self) -> bool:
        """Whether it says which part of another picture is visible."""
        return bool(self.one(SUBFILE) & _MASK_BIT) or self.one(PHOTOMETRIC, -1) == MASK


def tiff_pages(file: Path) -> list[Directory]:
    """Return the directories of a TIFF that are its pages, in their order.

    Reduced copies and masks of pages are not pages. A picture that is not clearly one of these stays a page: if a file
    calls every picture a reduced copy, all are kept.

    Raises:
        ScanError: the file is damaged.
        OSError: the file cannot be read.
    """
    every = list(directories(file))
    pictures = [one for one in every if not one.mask] or every
    whole = [one for one in pictures if not one.reduced]
    if whole:
        pictures = [one for one in pictures if not (one.reduced and _is_copy(one, whole))]
    return [_the_larger_inside(one) for one in pictures]


def directories(file: Path) -> Iterator[Directory]:
    """Give the directories of a TIFF, one after another, each with those inside it.

    Raises:
        ScanError: the file is damaged, or a camera's raw photograph.
        OSError: the file cannot be read.
    """
    with file.open("rb") as stream:
        beginning = stream.read(16)
        if beginning[8:10] == _CANON_RAW:
            raise _raw()
        header = beginning if is_big(beginning) else beginning[:8]
        try:
            offset = _tags(header).next
        except (SyntaxError, struct.error) as error:
            raise ScanError(Code.DAMAGED, "its header is cut off") from error
        if not offset:
            raise ScanError(Code.DAMAGED, "it has no pages")
        seen: set[int] = set()
        while offset and offset not in seen:
            seen.add(offset)
            found = _read(stream, header, offset)
            inside = [
                _read(stream, header, at) for at in dict.fromkeys(found.all(SUB_DIRECTORIES)) if at and at not in seen
            ]
            if _DNG in found.tags or any(one.photometric in _RAW for one in (found, *inside)):
                raise _raw()
            yield Directory(offset, found.tags, inside)
            offset = found.tags.next


def is_big(header: bytes) -> bool:
    """Whether a TIFF's first bytes say that it is a BigTIFF."""
    return header.startswith((b"II+\x00", BIG_ENDIAN_BIG))


def check_readable(directory: Directory, number: int) -> None:
    """Check that a page of a TIFF is of a kind that can be read.

    Raises:
        ScanError: it is not.
    """
    compression, bits, photometric = directory.one(COMPRESSION, 1), directory.bits, directory.photometric
    formats = set(directory.all(FORMAT) or (1,))
    if compression not in _COMPRESSIONS:
        name = _COMPRESSION_NAMES.get(compression, f"number {compression}")
        what = f"a TIFF with the compression {name}"
    elif photometric not in _PHOTOMETRICS:
        what = f"a TIFF with the colour space number {photometric}"
    elif compression == JPEG and set(bits) != {8}:
        what = f"a TIFF with JPEG of {bits[0]} bits"
    elif len(bits) > _MOST_SAMPLES or len(set(bits)) != 1 or not formats <= {*_INTEGER, _FLOAT, _VOID}:
        what = "a TIFF with samples of an unusual kind"
    elif (formats == {_FLOAT} and bits[0] not in {16, 32, 64}) or not 1 <= bits[0] <= 64:
        what = f"a TIFF with samples of {bits[0]} bits"
    else:
        return
    raise ScanError(Code.UNSUPPORTED, what, page=number)


def _tags(header: bytes) -> ImageFileDirectory_v2:
    if header.startswith(BIG_ENDIAN_BIG):  # Pillow reads only BigTIFFs of the other order
        return ImageFileDirectory_v2(b"II+\x00" + header[4:], prefix=b"MM")
    return ImageFileDirectory_v2(header)


def _read(stream: BinaryIO, header: bytes, offset: int) -> Directory:
    tags = _tags(header)
    tags.next = -1  # for a directory that is cut off, Pillow only warns, and finds no next one
    stream.seek(offset)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tags.load(stream)
    except (struct.error, ValueError, OverflowError) as error:
        raise ScanError(Code.DAMAGED, "one of its directories cannot be read") from error
    found = Directory(offset, tags)
    if tags.next == -1 or min(found.size) < 1 or not (STRIPS in tags or TILES in tags):
        raise ScanError(Code.DAMAGED, "one of its directories is cut off")
    return found


def _is_copy(small: Directory, whole: Sequence[Directory]) -> bool:
    """Whether a picture that claims to be a reduced copy is smaller than a page, and of its shape."""
    if max(small.size) <= _TOO_SMALL:
        return any(max(one.size) > max(small.size) for one in whole)
    return any(_reduces(small.size, one.size) or _reduces(small.size[::-1], one.size) for one in whole)


def _reduces(small: tuple[int, int], large: tuple[int, int]) -> bool:
    across, down = small[0] / large[0], small[1] / large[1]
    return max(across, down) <= _REDUCED and abs(across - down) <= _SHAPE * max(across, down)


def _the_larger_inside(directory: Directory) -> Directory:
    """Return the page itself if the chain holds its reduced copy, and the page is inside that."""
    larger = [one for one in directory.inside if not (one.reduced or one.mask) and _is_copy(directory, [one])]
    return max(larger, key=lambda one: one.size) if directory.reduced and larger else directory


def _raw() -> ScanError:
    return ScanError(Code.UNSUPPORTED, "a camera's raw photograph")
