"""Boxes and scans: what an archive team hands in."""

from enum import StrEnum
from pathlib import Path, PurePosixPath

from models.record import Record


class Kind(StrEnum):
    """What a scan is. Its content decides, never its name."""

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
    """The state of a scan in the ledger; *gone* is one that was taken out of its box before anything of it was kept."""

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
