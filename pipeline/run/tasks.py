"""What workers do: each a function from paths and records to a record."""

import io
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
from PIL import Image

from models.case import CaseFile
from models.failure import BannasarError, Code
from models.page import Page
from models.scan import Kind
from models.settings import Settings
from pipeline.archive.bag import build_bag
from pipeline.intake.inspect import Inspection, inspect, sha256_of
from pipeline.page.make import make_page, upright_picture
from pipeline.page.picture import Picture
from pipeline.run.results import Results

# One thread a worker: more of them would wait for one another, for the workers already fill the machine.
cv2.setNumThreads(1)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a scan's bytes lie, and what they were like when they were hashed."""

    file: Path
    kind: Kind
    sha256: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Archived:
    """A bag that is in place: its path in the archive, and for each scan its blank pages and mean confidence."""

    bag: str
    scans: Mapping[str, tuple[int, float | None]]


def inspect_scan(file: Path, size: int, settings: Settings) -> Inspection:
    """Hash and identify a scan.

    Raises:
        BannasarError: it is refused, changed while it was read, or cannot be read now.
    """
    kind, pages = inspect(file, settings.limits, settings.page.dpi)
    sha256, hashed = sha256_of(file)
    if hashed != size:
        raise BannasarError(Code.CHANGED, f"{hashed:,} bytes, {size:,} a moment before")
    return Inspection(sha256, size, kind, pages)


def read_page(source: Source, number: int, settings: Settings) -> Page:
    """Read one page of a scan that still is what it was when it was hashed.

    Raises:
        BannasarError: the page cannot be read, or the scan changed.
    """
    _check_unchanged(source)
    page = make_page(source.file, source.kind, source.sha256, number, settings.page, settings.limits.page_seconds)
    _check_unchanged(source)
    return page


def archive_case(
    case: CaseFile, sources: Mapping[str, Source], recipes: Mapping[str, str], settings: Settings
) -> Archived:
    """Build the bag of a case file from its scans and the kept results of their pages.

    Args:
        case: the case file.
        sources: where each scan lies, by SHA-256.
        recipes: the recipe each scan's pages were read by, by SHA-256.
        settings: all of them.

    Raises:
        BannasarError: a scan changed, a page's result is missing, the disk is full, or a PDF cannot be made.
    """
    archive = settings.archive
    results = Results(archive)
    pages = [
        results.get(ref.scan, recipes[ref.scan], ref.number) for document in case.documents for ref in document.pages
    ]
    work = archive / "tmp"
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pictures-", dir=work) as folder:
        pictures = {}
        for count, page in enumerate(pages):
            source = sources[page.scan]
            picture = upright_picture(source.file, source.kind, page, settings.page.dpi, settings.limits.page_seconds)
            file = Path(folder) / f"{count:06}.jpg"
            file.write_bytes(_jpeg(picture, settings.pdf.jpeg_quality))
            pictures[page.scan, page.number] = file
        originals = {sha256: source.file for sha256, source in sources.items()}
        bag = build_bag(case, pages, originals, pictures, archive)
    return Archived(bag.relative_to(archive).as_posix(), {scan: _measure(scan, pages) for scan in sources})


def _check_unchanged(source: Source) -> None:
    try:
        status = source.file.stat()
    except OSError as error:
        raise BannasarError(Code.CHANGED, str(error.strerror)) from error
    if (status.st_size, status.st_mtime_ns) != (source.size, source.mtime_ns):
        raise BannasarError(Code.CHANGED)


def _jpeg(picture: Picture, quality: int) -> bytes:
    stream = io.BytesIO()
    dots = round(picture.dpi)
    Image.fromarray(picture.pixels).save(stream, "JPEG", quality=quality, optimize=True, dpi=(dots, dots))
    return stream.getvalue()


def _measure(scan: str, pages: list[Page]) -> tuple[int, float | None]:
    own = [page for page in pages if page.scan == scan]
    sure = [word.confidence for page in own for block in page.blocks for line in block.lines for word in line.words]
    return sum(page.blank for page in own), sum(sure) / len(sure) if sure else None
