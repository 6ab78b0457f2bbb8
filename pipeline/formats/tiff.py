"""The TIFF around a picture in black and white; loads nothing that decodes pictures, as a reading room wants it."""

import struct

_WIDTH, _HEIGHT, _COMPRESSION, _PHOTOMETRIC, STRIPS, ROWS_A_STRIP, SIZES = 256, 257, 259, 262, 273, 278, 279
"""Tags of TIFF."""

_LONG, _GROUP_4, _WHITE_IS_ZERO = 4, 4, 0
_HEADER, _COUNT, _FIELD = "<2sHI", "<H", "<HHII"
_START = struct.calcsize(_HEADER)
_FIELDS = _START + struct.calcsize(_COUNT)


def tiff_of(strip: bytes, width: int, height: int) -> bytes:
    """Return a TIFF with one strip of Group 4 (ITU-T T.6), white as 0 (TIFF 6.0, section 2)."""
    tags = {
        _WIDTH: width,
        _HEIGHT: height,
        _COMPRESSION: _GROUP_4,
        _PHOTOMETRIC: _WHITE_IS_ZERO,
        STRIPS: 0,
        ROWS_A_STRIP: height,
        SIZES: len(strip),
    }
    tags[STRIPS] = _FIELDS + struct.calcsize(_FIELD) * len(tags) + 4
    fields = b"".join(struct.pack(_FIELD, tag, _LONG, 1, value) for tag, value in tags.items())
    return struct.pack(_HEADER, b"II", 42, _START) + struct.pack(_COUNT, len(tags)) + fields + bytes(4) + strip


def strip_of(tiff: bytes) -> bytes:
    """Return the strip of a TIFF that :func:`tiff_of` made.

    Raises:
        ValueError: it is another file.
    """
    start = len(tiff_of(b"", 0, 0))
    if len(tiff) < start:
        raise ValueError("a TIFF that is cut off")
    size = struct.calcsize(_FIELD)
    width, height = (struct.unpack_from(_FIELD, tiff, _FIELDS + place * size)[3] for place in (0, 1))
    if tiff_of(tiff[start:], width, height) != tiff:
        raise ValueError("a TIFF of another kind")
    return tiff[start:]
