"""Page results, kept as they come in, so that a stopped run loses only the pages in flight."""

import gzip
import os
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from models.errors import ScanError
from models.failure import Code
from models.ledger import PageRead
from models.page import Page
from pipeline.archive.measure import page_read
from pipeline.archive.places import results_folder

_DAMAGED = "the kept result of its reading is damaged; the next run reads it again"


@dataclass(frozen=True, slots=True)
class Packed:
    """A page as it is kept: ``content`` is its record, compressed where it was read; ``read`` is for the ledger.

    So the process that gets the pages of many workers only writes them.
    """

    read: PageRead
    content: bytes


def packed(page: Page) -> Packed:
    """Return a page as it is kept."""
    return Packed(page_read(page), gzip.compress(page.model_dump_json().encode(), compresslevel=3, mtime=0))


class Results:
    """Page records under scan, recipe and page number; one compressed file each, written completely or not at all."""

    def __init__(self, archive: Path) -> None:
        """Keep the results of the archive in this folder."""
        self._root = results_folder(archive)

    def _folder(self, scan: str, recipe: str) -> Path:
        return self._root / scan[:2] / scan / recipe

    def _file(self, scan: str, recipe: str, number: int) -> Path:
        return self._folder(scan, recipe) / f"{number:06}.json.gz"

    def put(self, page: Packed) -> None:
        """Keep a page; it replaces the one kept for the same scan, recipe and number. Threads may keep others."""
        file = self._file(page.read.scan, page.read.recipe, page.read.number)
        file.parent.mkdir(parents=True, exist_ok=True)
        aside = file.with_suffix(".part")
        with aside.open("wb") as stream:
            stream.write(page.content)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(file)

    def get(self, scan: str, recipe: str, number: int) -> Page:
        """Return a kept page.

        Raises:
            FileNotFoundError: it is not kept.
            ScanError: it is damaged; it is removed, so that the page is read again.
        """
        file = self._file(scan, recipe, number)
        content = file.read_bytes()
        try:
            return Page.model_validate_json(gzip.decompress(content))
        except (gzip.BadGzipFile, EOFError, zlib.error, ValueError) as error:
            file.unlink()
            raise ScanError(Code.INTERNAL, _DAMAGED, page=number) from error

    def are_newer(self, scan: str, recipe: str, than: datetime) -> bool:
        """Whether a page of a scan was kept more than a second after a time: some disks keep only whole seconds."""
        files = self._folder(scan, recipe).glob("*.json.gz")
        return any(file.stat().st_mtime > than.timestamp() + 1 for file in files)

    def forget(self, scan: str, recipe: str) -> None:
        """Forget the pages kept for a scan and a recipe."""
        shutil.rmtree(self._folder(scan, recipe), ignore_errors=True)

    def is_kept(self, scan: str, recipe: str, number: int) -> bool:
        """Whether a page is kept."""
        return self._file(scan, recipe, number).is_file()

    def unusable(self) -> Iterator[tuple[Path, bool]]:
        """Yield every useless file, in the order of their paths, and whether its page was only partly written.

        Such a page was being written when the process died; the other files are damaged.
        """
        for file in sorted(self._root.rglob("*")):
            if file.is_dir():
                continue
            is_half = file.suffix == ".part"
            if is_half or not _can_be_read(file):
                yield file, is_half

    def numbers(self, scan: str, recipe: str) -> set[int]:
        """Return the numbers of the pages kept for a scan and a recipe."""
        folder = self._folder(scan, recipe)
        return {int(file.name.split(".")[0]) for file in folder.glob("*.json.gz")} if folder.is_dir() else set()


def _can_be_read(file: Path) -> bool:
    try:
        Page.model_validate_json(gzip.decompress(file.read_bytes()))
    except (OSError, EOFError, zlib.error, ValueError):
        return False
    return True
