"""Boxes and scans: what an archive team puts in."""

from enum import StrEnum
from pathlib import Path, PurePosixPath

from models.record import Record


class Kind(StrEnum):
    """The kind of file of a scan, recognised by its content, never by its name."""

    PDF = "pdf"
    TIFF = "tiff"
    JPEG = "jpeg"
    PNG = "png"
    JPEG2000 = "jpeg2000"
    WEBP = "webp"
    AVIF = "avif"
    HEIC = "heic"
    BMP = "bmp"
    GIF = "gif"
    PNM = "pnm"


class Scan(Record):
    """One source file of a box. ``path`` is relative to the box, ``sha256`` is hexadecimal."""

    path: PurePosixPath
    sha256: str
    size: int
    kind: Kind
    pages: int


class ScanState(StrEnum):
    """The state of a scan in the ledger; *gone* is one that left its box before any of it was kept."""

    PENDING = "pending"
    ARCHIVED = "archived"
    FAILED = "failed"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    GONE = "gone"


class Box(Record):
    """A folder of scans: ``id`` names it in the archive, ``root`` is its path."""

    id: str
    root: Path
