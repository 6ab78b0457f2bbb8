"""Builds the bag of a case file: the scans, and everything that is made from their pages."""

import contextlib
import errno
import hashlib
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

import bagit

from models.case import CaseFile
from models.errors import ScanError
from models.fact import FactName
from models.failure import Code
from models.page import Page
from models.scan import Scan
from pipeline.archive.bag import page_path, stored_paths
from pipeline.archive.places import work_folder
from pipeline.archive.placing import to_disk
from pipeline.formats.alto import alto_of
from pipeline.formats.mets import BagFile, mets

_CHUNK = 1 << 20


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
        pictures: a JPEG, JPEG 2000 or TIFF file of each page, upright as the case file says, by scan and page number.
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
        _write(aside / page_path("pages", number, page.number, "json", data=""), page.model_dump_json().encode())
        _write(aside / page_path("alto", number, page.number, "xml", data=""), alto_of(case, page))
    # What writes PDFs takes .4 s to load, so it is loaded only to make PDFs, not to read bags.
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


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
