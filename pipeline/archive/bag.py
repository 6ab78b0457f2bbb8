"""The bag of a case file (BagIt, RFC 8493): the archive proper. Where everything is in it, and how it is read.

```
bags/BOX/CASE/
  bagit.txt, bag-info.txt, manifests
  data/originals/…            the scans, bit-identical, under their paths in the case file
  data/documents/001.pdf      a searchable PDF/A of each document
  data/alto/0001/000001.xml   ALTO of each page, by scan and page
  data/pages/0001/000001.json the page records
  data/case.json              the record of the case file
  data/mets.xml               all of it as METS, with PREMIS: who did what with which versions and settings
```

:mod:`pipeline.archive.building` builds a bag, :mod:`pipeline.archive.placing` moves it into its place.
"""

import json
import os
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path, PurePosixPath

from models.case import CaseFile
from models.errors import BagError
from models.page import Outline, Page, PageRef
from models.scan import Scan
from pipeline.archive.places import bag_place, bags_folder
from pipeline.archive.withdrawal import is_withdrawn

# The path in a bag of the record of its case file.
RECORD = "data/case.json"
_UNREADABLE = (OSError, KeyError, ValueError)

_BEGINNING = 2048  # bytes of a page's record
_LONGEST_NAME = 255  # bytes, of the usual file systems
_LONGEST_ENDING = 16  # bytes; a longer part after a dot is not an ending


def bag_folder(archive: Path, case: CaseFile) -> Path:
    """Return the folder of a case file's bag."""
    return bag_place(archive, case.box, case.id)


def read_bag(bag: Path) -> tuple[CaseFile, list[Page]]:
    """Return the case file of a bag and its pages, in the order of its documents.

    Raises:
        BagError: a part of it cannot be read.
    """
    case = read_case(bag)
    return case, _pages(bag, case, (ref for document in case.documents for ref in document.pages))


def has_record(bag: Path) -> bool:
    """Whether there is a bag with the record of a case file, even if the rest is damaged."""
    return (bag / RECORD).is_file()


def read_page(bag: Path, case: CaseFile, ref: PageRef) -> Page:
    """Return one page of a case file from its bag, without a look at the others.

    Raises:
        BagError: it cannot be read.
    """
    (page,) = _pages(bag, case, [ref])
    return page


def read_outlines(bag: Path, case: CaseFile, refs: Iterable[PageRef]) -> list[Outline]:
    """Return what a list of pages shows of each, in a twentieth of the time in which their words are read.

    Raises:
        BagError: it cannot be read.
    """
    try:
        return list(map(_outline, _records(bag, case, refs)))
    except _UNREADABLE as error:
        raise _unreadable(bag, error) from None


def _outline(record: Path) -> Outline:
    """Return the outline of a page from the beginning of its record: the words are the longest part, and come last."""
    with record.open("rb") as stream:
        before, blocks, first = stream.read(_BEGINNING).partition(b'"blocks":[')
    if not first:
        return Page.model_validate_json(record.read_bytes()).outline
    known = json.loads(before + blocks + b"]}")
    return Outline(known["scan"], known["number"], known["width"], known["height"], not first.startswith(b"]"))


def _pages(bag: Path, case: CaseFile, refs: Iterable[PageRef]) -> list[Page]:
    try:
        return [Page.model_validate_json(file.read_bytes()) for file in _records(bag, case, refs)]
    except _UNREADABLE as error:
        raise _unreadable(bag, error) from None


def _records(bag: Path, case: CaseFile, refs: Iterable[PageRef]) -> Iterator[Path]:
    numbers = {scan.sha256: number for number, scan in enumerate(case.scans, 1)}
    return (bag / page_path("pages", numbers[ref.scan], ref.number, "json") for ref in refs)


def read_case(bag: Path) -> CaseFile:
    """Return the case file of a bag, without its pages.

    Raises:
        BagError: it cannot be read.
    """
    try:
        file = bag / RECORD
        state = file.stat()
        return _record(file, (state.st_ino, state.st_size, state.st_mtime_ns))
    except _UNREADABLE as error:
        raise _unreadable(bag, error) from None


@lru_cache(maxsize=64)
def _record(file: Path, _state: tuple[int, int, int]) -> CaseFile:
    """Return the record in a file, which is read again when the file is another or was changed.

    A reader of a case file asks for it again with each page and each picture.
    """
    return CaseFile.model_validate_json(file.read_bytes())


def _unreadable(bag: Path, error: Exception) -> BagError:
    """Return the error for a bag that cannot be read, without any content of its files."""
    why = error.strerror if isinstance(error, OSError) and error.strerror else "it is damaged"
    return BagError(
        f"The bag of {bag.name} cannot be read: {why}.",
        "`bannasar verify` says what is wrong with it. Put it back from a copy.",
    )


def bags(archive: Path, box: str | None = None) -> Iterator[Path]:
    """Yield every bag of an archive, or of one box, in the order of their paths."""
    folders = _folders_of(bags_folder(archive) / box) if box else bag_folders(archive)
    return (folder for folder in folders if has_record(folder))


def bag_folders(archive: Path) -> Iterator[Path]:
    """Yield every folder where a bag should be, even a damaged one, in the order of their paths."""
    for box in _folders_of(bags_folder(archive)):
        yield from _folders_of(box)


def shown_bags(archive: Path, box: str | None = None) -> Iterator[Path]:
    """Yield every bag that searches find, those that are not withdrawn; with a box those of that box only."""
    return (bag for bag in bags(archive, box) if not is_withdrawn(bag))


def _folders_of(folder: Path) -> list[Path]:
    """Return the folders in one, in the order of their names; none if it is not there."""
    try:
        with os.scandir(folder) as entries:
            return [folder / name for name in sorted(entry.name for entry in entries if entry.is_dir())]
    except (FileNotFoundError, NotADirectoryError):
        return []


def document_file(bag: Path, number: int) -> Path:
    """Return the PDF of a document in a bag."""
    return bag / "data" / "documents" / f"{number:03}.pdf"


def original(bag: Path, sha256: str) -> Path:
    """Return the file of a scan in a bag.

    Raises:
        BagError: the bag cannot be read, or does not hold it.
    """
    try:
        return originals(bag, read_case(bag))[sha256]
    except KeyError:
        raise BagError(
            f"The bag of {bag.name} does not hold the scan {sha256[:8]}…", "`bannasar verify` says more."
        ) from None


def originals(bag: Path, case: CaseFile) -> dict[str, Path]:
    """Return the file of each scan of a case file in its bag, by SHA-256."""
    return {sha256: bag / "data" / "originals" / path for sha256, path in stored_paths(case).items()}


def stored_paths(case: CaseFile) -> dict[str, PurePosixPath]:
    """Return the path of each scan below ``data/originals``, by SHA-256.

    A name keeps its script, in Unicode's form C, because a Mac writes another form than Linux (bagit-python #51).
    Characters that a manifest would have to escape, and its readers escape differently (%, line breaks, RFC 8493
    2.1.3), become ``_``; so does a space at the end of a name, which readers remove. If two scans would have the same
    path, or paths that differ only in case, which a Mac and Windows do not distinguish, the later gets eight digits of
    its SHA-256 into its name.
    """
    paths: dict[str, PurePosixPath] = {}
    taken: set[str] = set()
    for scan in case.scans:
        path = PurePosixPath(*map(_storable, _in_case(scan, case).parts))
        if str(path).casefold() in taken:
            path = path.with_name(fitting(path.name, f"~{scan.sha256[:8]}"))
        taken.add(str(path).casefold())
        paths[scan.sha256] = path
    return paths


def _in_case(scan: Scan, case: CaseFile) -> PurePosixPath:
    return scan.path.relative_to(case.folder) if case.folder else scan.path


def _storable(name: str) -> str:
    normal = unicodedata.normalize("NFC", name)
    kept = "".join("_" if _is_awkward(character) else character for character in normal)
    cut = fitting(kept)
    return cut if cut == cut.rstrip() else f"{cut[:-1]}_"


def _is_awkward(character: str) -> bool:
    return character == "%" or unicodedata.category(character) in {"Cc", "Zl", "Zp"}


def fitting(name: str, mark: str = "") -> str:
    """Return a name with a mark before its ending, shortened before both if it is too long for file systems."""
    ending = PurePosixPath(name).suffix
    if len(ending.encode()) > _LONGEST_ENDING:
        ending = ""
    room = _LONGEST_NAME - len((mark + ending).encode())
    return name.removesuffix(ending).encode()[:room].decode("utf-8", "ignore") + mark + ending


def page_path(kind: str, scan: int, page: int, suffix: str, data: str = "data") -> Path:
    """Return the path in a bag of a file about a page, by the number of its scan and its own."""
    return Path(data, kind, f"{scan:04}", f"{page:06}.{suffix}")
