"""The bag of a case file (BagIt, RFC 8493): the archive proper.

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

A bag is built in another folder and moved into place by renaming. An older bag there is moved away first, and kept
until the new one is in place; :func:`recover` puts it back if the machine stopped in between.
"""

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import tempfile
import time
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

import bagit

from models.case import CaseFile
from models.errors import BagError, ScanError
from models.fact import FactName
from models.failure import Code
from models.page import Page, PageRef
from models.scan import Scan
from pipeline.archive.places import bag_place, bags_folder, work_folder
from pipeline.archive.withdrawal import carry_over, is_withdrawn
from pipeline.formats.alto import alto_of
from pipeline.formats.mets import BagFile, mets

# The path in a bag of the record of its case file.
RECORD = "data/case.json"
_UNREADABLE = (OSError, KeyError, ValueError)

_CHUNK = 1 << 20
_LONGEST_NAME = 255  # bytes, of the usual file systems
_LONGEST_ENDING = 16  # bytes; a longer part after a dot is not an ending


@dataclass(frozen=True, slots=True)
class NewBag:
    """A complete, sealed bag in the folder ``aside`` on the archive's disk, and the ``place`` it is for."""

    aside: Path
    place: Path


def build_bag(
    case: CaseFile,
    pages: Sequence[Page],
    originals: Mapping[str, Path],
    pictures: Mapping[tuple[str, int], Path],
    archive: Path,
) -> Path:
    """Build the bag of a case file next to its place, complete and sealed.

    Args:
        case: the case file.
        pages: every page of its documents.
        originals: the file of each scan, by SHA-256.
        pictures: a JPEG or JPEG 2000 file of each page, upright as the case file says, by scan and page number.
        archive: the archive's folder.

    Returns:
        The folder, below ``tmp`` in the archive; :class:`pipeline.archive.commit.Commits` moves it into place.

    Raises:
        ScanError: a scan is not what it was, a PDF cannot be made, or the disk is full.
    """
    work = work_folder(archive)
    work.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix="bag-", dir=work))
    # People who may read the archive may read its bags.
    aside.chmod(stat.S_IMODE(archive.stat().st_mode))
    try:
        _fill(aside, case, pages, originals, pictures)
        _seal(aside, case)
        to_disk(aside)
    except BaseException as error:
        shutil.rmtree(aside, ignore_errors=True)
        if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise ScanError(Code.DISK_FULL, str(error.strerror)) from error
        raise
    return aside


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


def _pages(bag: Path, case: CaseFile, refs: Iterable[PageRef]) -> list[Page]:
    numbers = {scan.sha256: number for number, scan in enumerate(case.scans, 1)}
    try:
        return [
            Page.model_validate_json((bag / _page_path("pages", numbers[ref.scan], ref.number, "json")).read_bytes())
            for ref in refs
        ]
    except _UNREADABLE as error:
        raise _unreadable(bag, error) from None


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


def bags(archive: Path) -> Iterator[Path]:
    """Yield every bag of an archive, in the order of their paths."""
    yield from sorted(file.parent.parent for file in bags_folder(archive).glob("*/*/data/case.json"))


def bags_of_box(archive: Path, box: str) -> Iterator[Path]:
    """Yield every bag of one box, in the order of their paths."""
    yield from sorted(file.parent.parent for file in (bags_folder(archive) / box).glob("*/data/case.json"))


def bag_folders(archive: Path) -> Iterator[Path]:
    """Yield every folder where a bag should be, even a damaged one, in the order of their paths."""
    yield from sorted(folder for folder in bags_folder(archive).glob("*/*") if folder.is_dir())


def shown_bags(archive: Path, box: str | None = None) -> Iterator[Path]:
    """Yield every bag that searches find, those that are not withdrawn; with a box those of that box only."""
    return (bag for bag in bags(archive) if box in {None, bag.parent.name} and not is_withdrawn(bag))


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


def recover(archive: Path) -> None:
    """Repair what a stop in the middle of :func:`build_bag` left; the archive must be held.

    An unfinished bag is renamed at once, before it is removed. If a process still works on it, perhaps on another
    machine, the bag is gone for it, and it cannot move half of it into place.
    """
    work = work_folder(archive)
    if work.exists():
        work.rename(archive / f"tmp-{time.time_ns()}")
    for left in sorted(archive.glob("tmp-*")):
        for older in (left / "replaced").glob("*/*"):
            place = bags_folder(archive) / older.relative_to(left / "replaced")
            if not place.exists():
                older.rename(place)
        shutil.rmtree(left, ignore_errors=True)


def _fill(
    aside: Path,
    case: CaseFile,
    pages: Sequence[Page],
    originals: Mapping[str, Path],
    pictures: Mapping[tuple[str, int], Path],
) -> None:
    for scan in case.scans:
        copy = aside / "originals" / stored_paths(case)[scan.sha256]
        copy.parent.mkdir(parents=True, exist_ok=True)
        _copy(originals[scan.sha256], copy, scan)
    (aside / "case.json").write_text(case.model_dump_json(indent=2), "utf-8")
    numbers = {scan.sha256: number for number, scan in enumerate(case.scans, 1)}
    for page in pages:
        number = numbers[page.scan]
        _write(aside / _page_path("pages", number, page.number, "json", data=""), page.model_dump_json().encode())
        _write(aside / _page_path("alto", number, page.number, "xml", data=""), alto_of(case, page))
    # OCRmyPDF takes half a second to load, so it is loaded only to make PDFs, not to read bags.
    from pipeline.formats.pdf import Description, write_pdf  # noqa: PLC0415

    (aside / "documents").mkdir()
    by_place = {(page.scan, page.number): page for page in pages}
    for document in case.documents:
        places = [(ref.scan, ref.number) for ref in document.pages]
        file = aside / "documents" / f"{document.number:03}.pdf"
        about = Description(
            title=document.title,
            identifier=f"{case.id}/{document.number}",
            kind="" if document.kind == "unknown" else document.kind,
            dates=_known(document.best_value(FactName.DATE)),
            sources=document.all_of(FactName.CASE_NUMBER),
            courts=_known(document.best_value(FactName.COURT)),
        )
        write_pdf(
            about,
            [by_place[place] for place in places],
            [pictures[place] for place in places],
            file,
            upright=case.upright,
        )
    _write(aside / "mets.xml", mets(case, list(_payload_files(aside)), _paths_of_originals(case)))


def _known(value: str) -> tuple[str, ...]:
    return (value,) if value else ()


def _payload_files(payload: Path) -> Iterator[BagFile]:
    for file in sorted(file for file in payload.rglob("*") if file.is_file()):
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        yield BagFile(PurePosixPath(file.relative_to(payload)), file.stat().st_size, digest)


def _paths_of_originals(case: CaseFile) -> dict[str, PurePosixPath]:
    return {sha256: PurePosixPath("originals") / path for sha256, path in stored_paths(case).items()}


def _seal(aside: Path, case: CaseFile) -> None:
    information = {
        "External-Identifier": _on_one_line(case.id),
        "External-Description": _on_one_line(case.title),
        "Bag-Group-Identifier": _on_one_line(case.box),
        "Bagging-Date": case.created.date().isoformat(),
        "Bag-Software-Agent": f"Bannasar {case.software.get('bannasar', '')}".strip(),
    }
    # bagit-python changes into the bag's folder, and stays there if it fails to save.
    with contextlib.chdir(Path.cwd()):
        bag = bagit.make_bag(str(aside), information, checksums=["sha256", "sha512"])
        # It writes the version before the RFC's; the bags differ only in that number.
        (aside / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", "ascii")
        bag.save()


def _on_one_line(name: str) -> str:
    """Return a name without the characters that end a line for bagit, which reads more of them than it writes."""
    return " ".join(name.splitlines())


def move_into_place(aside: Path, place: Path, archive: Path) -> None:
    """Move a bag that is on the disk to its place, by renaming; only then is the older one removed."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        older = work_folder(archive) / "replaced" / place.parent.name / place.name
        older.parent.mkdir(parents=True, exist_ok=True)
        carry_over(place, aside)
        place.rename(older)
        aside.rename(place)
        sync(place.parent)
        shutil.rmtree(older)
    else:
        aside.rename(place)
        sync(place.parent)


def to_disk(path: Path) -> None:
    """Flush a file, or a folder and all in it, to the disk: if renamed before, it may be empty after a crash."""
    for each in (*path.rglob("*"), path):
        sync(each)


def sync(path: Path) -> None:
    """Flush one file, or the names in one folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy(source: Path, copy: Path, scan: Scan) -> None:
    """Copy a scan, and check that the copy has the SHA-256 of the scan."""
    digest = hashlib.sha256()
    with copy.open("xb") as written:
        for chunk in _chunks(source):
            digest.update(chunk)
            written.write(chunk)
    if digest.hexdigest() != scan.sha256:
        raise ScanError(Code.CHANGED, "its SHA-256 is different now")


def _chunks(source: Path) -> Iterator[bytes]:
    try:
        with source.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
    except FileNotFoundError as error:
        raise ScanError(Code.CHANGED, str(error.strerror)) from error
    except OSError as error:
        raise ScanError(Code.UNREADABLE, str(error.strerror)) from error


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


def _page_path(kind: str, scan: int, page: int, suffix: str, data: str = "data") -> Path:
    return Path(data, kind, f"{scan:04}", f"{page:06}.{suffix}")


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
