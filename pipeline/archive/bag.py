"""The bag of a case file (BagIt, RFC 8493): the archive proper.

```
bags/BOX/CASE/
  bagit.txt, bag-info.txt, manifests
  data/originals/…            the scans, bit-identical, under their paths in the case file
  data/documents/001.pdf      a searchable PDF/A a document
  data/alto/0001/000001.xml   ALTO of each page, by scan and page
  data/pages/0001/000001.json the page records
  data/case.json              the record of the case file
```

A bag is built aside and moved into place by renaming. Where an older one must go first, it is kept aside until the new
one is in place; :func:`recover` puts it back if the machine stopped in between.
"""

import errno
import hashlib
import logging
import os
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import bagit

from models.case import CaseFile
from models.failure import BannasarError, Code
from models.page import Page
from models.scan import Scan
from pipeline.archive.alto import alto
from pipeline.archive.pdf import write_pdf

_CHUNK = 1 << 20
logging.getLogger("bagit").setLevel(logging.CRITICAL)  # what it finds comes as exceptions


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that is wrong with a bag: ``kind`` is changed, missing, unexpected or invalid."""

    kind: str
    path: str
    detail: str = ""


def build_bag(
    case: CaseFile,
    pages: Sequence[Page],
    originals: Mapping[str, Path],
    pictures: Mapping[tuple[str, int], Path],
    archive: Path,
) -> Path:
    """Build the bag of a case file and move it into place, instead of an older one if there is one.

    Args:
        case: the case file.
        pages: every page of its documents.
        originals: where each scan lies, by SHA-256.
        pictures: a JPEG file of each page set upright, by scan and page number.
        archive: the archive's folder.

    Returns:
        The bag's folder.

    Raises:
        BannasarError: a scan is not what it was, a PDF cannot be made, or the disk is full.
    """
    work = archive / "tmp"
    work.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix="bag-", dir=work))
    try:
        _fill(aside, case, pages, originals, pictures)
        _seal(aside, case)
        place = bag_folder(archive, case)
        _move_into_place(aside, place, archive)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise BannasarError(Code.DISK_FULL, str(error.strerror)) from error
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return place


def bag_folder(archive: Path, case: CaseFile) -> Path:
    """Return where the bag of a case file lies."""
    return archive / "bags" / case.box / case.id


def read_bag(bag: Path) -> tuple[CaseFile, list[Page]]:
    """Return the case file of a bag and its pages, in the order of its documents."""
    case = CaseFile.model_validate_json((bag / "data" / "case.json").read_bytes())
    numbers = {scan.sha256: number for number, scan in enumerate(case.scans, 1)}
    return case, [
        Page.model_validate_json((bag / _page_path("pages", numbers[ref.scan], ref.number, "json")).read_bytes())
        for document in case.documents
        for ref in document.pages
    ]


def bags(archive: Path) -> Iterator[Path]:
    """Yield every bag of an archive, in the order of their paths."""
    yield from sorted(file.parent.parent for file in (archive / "bags").glob("*/*/data/case.json"))


def original(bag: Path, sha256: str) -> Path:
    """Return where a scan lies in a bag.

    Raises:
        KeyError: the bag does not hold it.
    """
    case = CaseFile.model_validate_json((bag / "data" / "case.json").read_bytes())
    return bag / "data" / "originals" / stored_paths(case)[sha256]


def stored_paths(case: CaseFile) -> dict[str, PurePosixPath]:
    """Return the path of each scan below ``data/originals``, by SHA-256.

    A name keeps its script, in Unicode's form C, for a Mac writes another form than Linux (bagit-python #51). What a
    manifest would have to escape, and its readers escape differently (%, line breaks, RFC 8493 2.1.3), becomes ``_``.
    Of two scans that would share a path, the later gets eight digits of its SHA-256 into its name.
    """
    paths: dict[str, PurePosixPath] = {}
    for scan in case.scans:
        path = PurePosixPath(*map(_storable, _in_case(scan, case).parts))
        if path in paths.values():
            path = path.with_name(f"{path.stem[:200]}~{scan.sha256[:8]}{path.suffix}")
        paths[scan.sha256] = path
    return paths


def verify_bag(bag: Path) -> list[Damage]:
    """Return what is wrong with a bag, nothing if it is as it was sealed."""
    try:
        bagit.Bag(str(bag)).validate()
    except bagit.BagValidationError as error:
        return [_damage(detail) for detail in error.details] or [Damage("invalid", "", str(error))]
    except (bagit.BagError, OSError, UnicodeDecodeError) as error:
        return [Damage("invalid", "", str(error))]
    return []


def recover(archive: Path) -> None:
    """Mend what a stop in the middle of :func:`build_bag` left; only for whoever holds the archive."""
    work = archive / "tmp"
    for older in (work / "replaced").glob("*/*"):
        place = archive / "bags" / older.relative_to(work / "replaced")
        if not place.exists():
            older.rename(place)
    shutil.rmtree(work, ignore_errors=True)


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
    numbers = {scan.sha256: (number, scan) for number, scan in enumerate(case.scans, 1)}
    for page in pages:
        number, scan = numbers[page.scan]
        _write(aside / _page_path("pages", number, page.number, "json", data=""), page.model_dump_json().encode())
        xml = alto(page, scan.path.name, case.software, case.created)
        _write(aside / _page_path("alto", number, page.number, "xml", data=""), xml)
    (aside / "documents").mkdir()
    by_place = {(page.scan, page.number): page for page in pages}
    for document in case.documents:
        places = [(ref.scan, ref.number) for ref in document.pages]
        file = aside / "documents" / f"{document.number:03}.pdf"
        write_pdf(document.title, [by_place[place] for place in places], [pictures[place] for place in places], file)


def _seal(aside: Path, case: CaseFile) -> None:
    information = {
        "External-Identifier": case.id,
        "External-Description": case.title,
        "Bag-Group-Identifier": case.box,
        "Bagging-Date": case.created.date().isoformat(),
        "Bag-Software-Agent": f"Bannasar {case.software.get('bannasar', '')}".strip(),
    }
    bag = bagit.make_bag(str(aside), information, checksums=["sha256", "sha512"])
    # bagit-python writes the version before the RFC's, whose bags are the same but for the number.
    (aside / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", "ascii")
    bag.save()


def _move_into_place(aside: Path, place: Path, archive: Path) -> None:
    for path in (*aside.rglob("*"), aside):
        _to_disk(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        older = archive / "tmp" / "replaced" / place.parent.name / place.name
        older.parent.mkdir(parents=True, exist_ok=True)
        place.rename(older)
        aside.rename(place)
        _to_disk(place.parent)
        shutil.rmtree(older)
    else:
        aside.rename(place)
        _to_disk(place.parent)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy(source: Path, copy: Path, scan: Scan) -> None:
    """Copy a scan, and make sure that what was copied is what was hashed."""
    digest = hashlib.sha256()
    try:
        with source.open("rb") as read, copy.open("xb") as written:
            while chunk := read.read(_CHUNK):
                digest.update(chunk)
                written.write(chunk)
    except FileNotFoundError as error:
        raise BannasarError(Code.CHANGED, str(error.strerror)) from error
    if digest.hexdigest() != scan.sha256:
        raise BannasarError(Code.CHANGED, "its SHA-256 is another now")


def _in_case(scan: Scan, case: CaseFile) -> PurePosixPath:
    return scan.path.relative_to(case.folder) if case.folder else scan.path


def _storable(name: str) -> str:
    normal = unicodedata.normalize("NFC", name)
    return "".join(
        "_" if character == "%" or unicodedata.category(character) == "Cc" else character for character in normal
    )


def _page_path(kind: str, scan: int, page: int, suffix: str, data: str = "data") -> Path:
    return Path(data, kind, f"{scan:04}", f"{page:06}.{suffix}")


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def _damage(detail: object) -> Damage:
    kinds = {bagit.ChecksumMismatch: "changed", bagit.FileMissing: "missing", bagit.UnexpectedFile: "unexpected"}
    return Damage(kinds.get(type(detail), "invalid"), str(getattr(detail, "path", "")), str(detail))
