"""A page of a TIFF, decoded: by Pillow, or by libtiff's own tiffcp if Pillow does not read the kind."""

import io
import struct
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from PIL import Image, ImageOps, TiffImagePlugin, UnidentifiedImageError

from models.errors import ScanError
from models.failure import Code
from pipeline.scan.samples import from_samples
from pipeline.scan.tiff import (
    ACROSS,
    BIG_ENDIAN_BIG,
    BITS,
    COLOURS,
    COMPRESSION,
    DOWN,
    FILL_ORDER,
    FORMAT,
    OLD_JPEG,
    OLD_JPEG_BYTES,
    OLD_JPEG_START,
    ORIENTATION,
    PHOTOMETRIC,
    STRIPS,
    UNIT,
    Directory,
    check_readable,
    directories,
    is_big,
    tiff_pages,
)

# The compressions that the libtiff in Pillow's wheels does not include.
_NOT_IN_PILLOW = {32766, 32771, 32809, 32909, 34661, 34887, 50001}
_YCBCR = 6
_CENTIMETRE, _NO_UNIT = 3, 1
ON_ITS_SIDE = (5, 6, 7, 8)  # of the orientations in TIFF and EXIF


def tiff_picture(file: Path, number: int, seconds: float) -> tuple[Image.Image, float, float]:
    """Return a page of a TIFF, upright as its tags say, and its dots per inch along its rows and its columns.

    Args:
        file: the TIFF.
        number: the page, from 1.
        seconds: time limit of the decoder.

    Returns:
        The picture, and the dots per inch it claims, or 0.

    Raises:
        ScanError: it is damaged, of a kind that cannot be read, or took too long.
        OSError: the file cannot be read, or Pillow finds that it is damaged.
    """
    page = tiff_pages(file)[number - 1]
    check_readable(page, number)
    image = _inner_jpeg(file, page) or (_by_pillow(file, page) if _is_known(page) else None)
    if image is None:
        with tempfile.TemporaryDirectory(prefix="bannasar-") as folder:
            plain = Path(folder) / "plain.tif"
            source = Path(folder) / "source"  # tiffcp does not take a comma as a part of the name
            source.symlink_to(file.resolve())
            _decompress(source, page, plain, number, seconds)
            (copy,) = directories(plain)
            image = (_by_pillow(plain, copy) if _is_plain(page) else None) or _turned(
                from_samples(plain, copy, page), page
            )
    across, down = _dpi(page, ACROSS), _dpi(page, DOWN)
    return (image, down, across) if page.one(ORIENTATION, 1) in ON_ITS_SIDE else (image, across, down)


def _is_known(page: Directory) -> bool:
    """Whether Pillow decodes it. Of old-style JPEG it reads those in colour, which tiffcp does not copy."""
    compression = page.one(COMPRESSION, 1)
    if compression == OLD_JPEG:
        return page.photometric in {2, _YCBCR}
    return compression not in _NOT_IN_PILLOW and _is_plain(page)


def _is_plain(page: Directory) -> bool:
    """Whether Pillow reads the samples correctly: it ignores the polarity above 8 bits, among other things."""
    colours = page.all(COLOURS)
    return (
        PHOTOMETRIC in page.tags
        and max(page.all(BITS) or (1,)) <= 8
        and set(page.all(FORMAT) or (1,)) == {1}
        and not (colours and max(colours) < 256)
    )


def _by_pillow(file: Path, page: Directory) -> Image.Image | None:
    """Return a page as Pillow decodes it, None if Pillow does not read its kind.

    For such a kind Pillow fails when it opens the page, whose directory was already read. If it fails later, the page
    is damaged.
    """
    with _BeginningAt(file, page.offset) as stream:
        if stream.header.startswith(BIG_ENDIAN_BIG):
            return None
        # Pillow's own reader of uncompressed pages accepts wrong tags that libtiff does not; but it reads neither every
        # order of bits nor YCbCr with fewer colours than pixels. It does not map a stream into memory: a mapped page
        # is not turned as its tag says.
        TiffImagePlugin.READ_LIBTIFF = page.photometric == _YCBCR or page.one(FILL_ORDER, 1) != 1
        try:
            image = TiffImagePlugin.TiffImageFile(stream)
        except (SyntaxError, OSError, ValueError):
            return None
        return image.copy()  # Pillow turns it as it decodes it


def _inner_jpeg(file: Path, page: Directory) -> Image.Image | None:
    """Return the picture of old-style JPEG that is in one piece in the TIFF, None if its parts are in several places.

    libtiff invents the missing parts of such a picture.
    """
    start, length = page.one(OLD_JPEG_START), page.one(OLD_JPEG_BYTES)
    if page.one(COMPRESSION, 1) != OLD_JPEG or not start <= page.one(STRIPS) < start + length:
        return None
    with file.open("rb") as stream:
        stream.seek(start)
        data = io.BytesIO(stream.read(length))
    try:
        image = Image.open(data, formats=["JPEG"])
    except UnidentifiedImageError:
        return None
    if image.size != page.size:
        return None
    image.load()
    return _turned(ImageOps.invert(image) if page.photometric == 0 and image.mode == "L" else image.copy(), page)


def _turned(image: Image.Image, page: Directory) -> Image.Image:
    image.getexif()[ORIENTATION] = page.one(ORIENTATION, 1)
    ImageOps.exif_transpose(image, in_place=True)
    return image


class _BeginningAt(io.FileIO):
    """A TIFF whose header names another directory as the first, for readers that cannot start at one."""

    def __init__(self, file: Path, offset: int) -> None:
        super().__init__(file)
        header = super().read(16)
        order = "<" if header[:2] == b"II" else ">"
        big = is_big(header)
        self.header = header[: 8 if big else 4] + struct.pack(f"{order}{'Q' if big else 'I'}", offset)
        self.seek(0)

    def read(self, size: int | None = -1) -> bytes:
        at = self.tell()
        found = super().read(size) or b""
        return self.header[at : at + len(found)] + found[max(0, len(self.header) - at) :]


def _decompress(source: Path, page: Directory, plain: Path, number: int, seconds: float) -> None:
    """Write one page as an uncompressed TIFF, little-endian, in strips."""
    first_only = f"{source},0"  # of the directories from the offset on
    options = ["-m", "0", "-L", "-s", "-f", "msb2lsb", "-c", "none", "-o", str(page.offset)]
    try:
        done = subprocess.run(
            ["tiffcp", *options, first_only, plain], capture_output=True, timeout=seconds, check=False
        )
    except FileNotFoundError as error:
        raise ScanError(Code.INTERNAL, "the program tiffcp is missing", page=number) from error
    except subprocess.TimeoutExpired as error:
        raise ScanError(Code.TIMEOUT, f"decoding took more than {seconds:.0f} s", page=number) from error
    messages = done.stderr.decode("utf-8", "replace").replace(str(source), "it").strip().splitlines()
    if done.returncode < 0:
        raise ScanError(Code.WORKER_LOST, f"tiffcp was ended by signal {-done.returncode}", page=number)
    # It names no cause, and mentions writing only if it could not write.
    if done.returncode != 0 and any("writ" in line.lower() for line in messages):
        raise ScanError(Code.DISK_FULL, "not enough space on the disk to decode it", page=number)
    # The decoder of a JPEG invents missing parts, and only warns.
    missing = [line for line in messages if "premature" in line.lower()]
    if done.returncode != 0 or missing:
        raise ScanError(Code.DAMAGED, (missing or messages or ["tiffcp could not decode it"])[-1], page=number)


def _dpi(page: Directory, tag: int) -> float:
    with suppress(ZeroDivisionError, ValueError, TypeError, OverflowError):
        unit = page.one(UNIT, 2)
        return 0.0 if unit == _NO_UNIT else float(page.one(tag)) * (2.54 if unit == _CENTIMETRE else 1.0)
    return 0.0
