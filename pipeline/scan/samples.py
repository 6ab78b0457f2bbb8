"""The samples of an uncompressed TIFF, of any depth, as a picture of 8 bits."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.errors import ScanError
from models.failure import Code
from pipeline.scan.depth import eight_bits, in_full
from pipeline.scan.tiff import COLOURS, EXTRA, FORMAT, PLANAR, STRIP_BYTES, STRIPS, Directory

_SEPARATE = 2
_KINDS = {1: "u", 2: "i", 3: "f", 4: "u"}  # of SampleFormat
_ASSOCIATED, _UNASSOCIATED = 1, 2
_ROWS = 256


def from_samples(file: Path, plain: Directory, page: Directory) -> Image.Image:
    """Return the picture of an uncompressed TIFF that is little-endian and in strips.

    Args:
        file: the uncompressed TIFF.
        plain: its directory.
        page: the directory of the page that was uncompressed, which says what its samples mean.

    Raises:
        ScanError: samples are missing, or the kind is not read.
    """
    samples = _samples(file, plain)
    bits, photometric, extra = plain.bits[0], page.photometric, page.all(EXTRA)
    count = samples.shape[2]
    expected = {2: 3, 5: 4, 6: 3, 8: 3, 9: 3}.get(photometric, 1)
    if count < expected or (photometric == 6 and page.all(530) not in {(), (1, 1)}):
        raise ScanError(Code.UNSUPPORTED, "a TIFF whose samples and colour space do not agree")
    if photometric == 3:
        pixels, mode = _coloured(samples[..., 0], page.all(COLOURS)), "RGB"
    elif photometric == 5:
        pixels, mode = in_full(samples[..., :4], bits), "CMYK"
    elif photometric in {8, 9}:
        pixels, mode = _lab(samples[..., :3], bits, signed=photometric == 8), "LAB"
    elif expected == 3:
        pixels, mode = eight_bits(samples[..., :3], bits), "YCbCr" if photometric == 6 else "RGB"
    else:
        pixels, mode = eight_bits(samples[..., 0], bits, inverted=photometric == 0), "L"
    image = Image.fromarray(np.ascontiguousarray(pixels), mode=mode)
    return _on_paper(image, samples, expected, bits, extra) if count > expected and extra else image


def _samples(file: Path, plain: Directory) -> NDArray[np.generic]:
    """Return all samples, ``(height, width, samples of a pixel)``."""
    (width, height), bits, count = plain.size, plain.bits[0], len(plain.bits)
    planes = count if plain.one(PLANAR, 1) == _SEPARATE else 1
    across = width * (count // planes)
    row_bytes = (across * bits + 7) // 8
    with file.open("rb") as stream:
        data = bytearray()
        for offset, length in zip(plain.all(STRIPS), plain.all(STRIP_BYTES), strict=True):
            stream.seek(offset)
            data += stream.read(length)
    if len(data) != planes * height * row_bytes:
        raise ScanError(Code.DAMAGED, "some of its samples are missing")
    rows = np.frombuffer(data, np.uint8).reshape(planes * height, row_bytes)
    kind = _KINDS[plain.one(FORMAT, 1)]
    if bits in {8, 16, 32, 64}:
        samples = rows.view(f"<{kind}{bits // 8}")
    else:
        bands = [_unpacked(rows[top : top + _ROWS], bits, across) for top in range(0, len(rows), _ROWS)]
        samples = np.concatenate(bands)
        if kind == "i":
            samples = np.where(samples >> (bits - 1), samples.astype(np.int64) - (1 << bits), samples)
    parted = samples.reshape(planes, height, width, count // planes)
    return parted[0] if planes == 1 else np.moveaxis(parted[..., 0], 0, 2)


def _unpacked(rows: NDArray[np.uint8], bits: int, across: int) -> NDArray[np.generic]:
    """Return the samples of rows that are packed bit by bit, the highest first; whole bytes come the lowest first."""
    if bits % 8 == 0:
        wide = rows.reshape(len(rows), across, bits // 8).astype(np.uint64)
        return sum(wide[..., place] << np.uint64(8 * place) for place in range(bits // 8))  # type: ignore[return-value]
    each = np.unpackbits(rows, axis=1, count=across * bits).reshape(len(rows), across, bits)
    samples = np.zeros(each.shape[:2], np.uint32 if bits <= 32 else np.uint64)
    for place in range(bits):
        samples = (samples << 1) | each[..., place]
    return samples


def _coloured(places: NDArray[np.generic], colours: tuple[int, ...]) -> NDArray[np.uint8]:
    table = np.asarray(colours, np.uint32).reshape(3, -1).T
    if table.max() > 255:  # 16 bits, as the specification says; some programs write 8
        table >>= 8
    coloured: NDArray[np.uint8] = table.astype(np.uint8)[np.minimum(places, len(table) - 1)]
    return coloured


def _lab(samples: NDArray[np.generic], bits: int, *, signed: bool) -> NDArray[np.uint8]:
    """Return CIE L*a*b* as Pillow expects it: the colours around 0."""
    lab = in_full(samples, bits)
    if not signed:
        lab[..., 1:] ^= 0x80
    return lab


def _on_paper(
    image: Image.Image, samples: NDArray[np.generic], at: int, bits: int, extra: tuple[int, ...]
) -> Image.Image:
    """Return a picture with its transparent parts, on white."""
    if image.mode not in {"L", "RGB"} or extra[0] not in {_ASSOCIATED, _UNASSOCIATED}:
        return image
    opacity = Image.fromarray(in_full(samples[..., at], bits))
    if extra[0] == _ASSOCIATED:  # the colours are already darkened where the paper shows through
        shining = 255 - np.asarray(opacity, np.uint16)
        pixels = np.asarray(image, np.uint16) + (shining if image.mode == "L" else shining[..., None])
        return Image.fromarray(np.minimum(pixels, 255).astype(np.uint8))
    return Image.composite(image, Image.new(image.mode, image.size, "white"), opacity)
