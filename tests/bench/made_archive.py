"""An archive of as many made pages as are wanted, for measuring the reading room and sealing at size.

Bags are as thin as the format allows: the words of each page are its own, but the pictures, the PDFs, the scans and
the ALTO files are shared by hard links. Bags are written directly, because building each PDF would take days; all else
is done by the archive's own code: METS, ledger, journal and index. Everything is made in one pass, and once.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path, PurePosixPath

import numpy as np
from rich.progress import track

from models.actor import Actor, ActorKind
from models.case import CaseFile
from models.errors import IndexUnreadableError
from models.level import Level
from models.page import Block, Line, Page, Rect, Word
from models.restriction import Reach, Restriction
from pipeline.access.accounts import Accounts
from pipeline.access.roles import Role
from pipeline.archive.adoption import adopt
from pipeline.archive.archive import Archive
from pipeline.archive.bag import RECORD
from pipeline.archive.present import rebuild_index_of
from pipeline.formats.compress import compressed
from pipeline.formats.mets import BagFile, mets
from pipeline.formats.pdf import Description, write_pdf
from pipeline.index.entry import analysed
from pipeline.page.picture import Picture
from pipeline.page.upright import Upright
from samples.age import age
from samples.typeset import render_page
from tests.bench.made_pages import PAGES_A_CASE, PAGES_A_DOCUMENT, case_file, text, written
from tests.conftest import archive_settings
from tests.elastic import Server

OPERATOR = Actor(name="bench@here", kind=ActorKind.OPERATOR)
PASSWORD = "made-for-measuring-1"  # noqa: S105  # of accounts of an archive that nobody else sees
READERS = tuple(f"reader-{number}" for number in range(10))
"""The names of readers who have accounts, beside one who is called *reader*."""
LARGE = 1000
"""The pages of a large case file."""
LARGE_CASES = 2
_PAGES_A_LARGE_DOCUMENT = 20
_PICTURES = 10  # PDFs of each length
_WHEN = datetime(2026, 1, 2, tzinfo=UTC)
# Of twenty case files so many are public, for registered readers, for staff; the last one is sealed.
_LEVELS = (Level.PUBLIC,) * 8 + (Level.REGISTERED,) * 6 + (Level.STAFF,) * 5 + (Level.SEALED,)
_ALGORITHMS = ("sha256", "sha512")
ON_SEALED = "zibeline"
"""A word that is on each sealed page, and nowhere else."""


@dataclass(frozen=True, slots=True)
class _File:
    """A file that many bags share, with its digests."""

    path: Path
    digests: tuple[str, ...]


def big_archive(folder: Path, size: int) -> Path:
    """Return the folder of an archive with so many pages; it is made if it is not there.

    Args:
        folder: where it is kept, in a folder of its own.
        size: how many pages, a multiple of 20 above those of the large case files.
    """
    archive_folder = folder.absolute() / f"archive-{size}"
    done = archive_folder / "made"
    if not done.exists():
        shared = _shared(folder.absolute() / "shared")
        with Archive(archive_settings(archive_folder)) as archive, archive.held(finish=False):
            made = track(_kept(archive, size, shared), "Making pages", total=_count(size))
            rebuild_index_of(archive.index, archive.folder, analysed(made), None)
            for row in archive.ledger.cases():
                archive.ledger.case_indexed(row.id)
        done.write_text(f"{size}\n", "ascii")
    _renew_index(archive_folder, size)
    accounts = Accounts(archive_folder)
    held = {account.name for account in accounts.all()}
    for name in {Role.READER, *READERS} - held:
        accounts.add(name, Role.READER, PASSWORD)
    return archive_folder


def _renew_index(archive_folder: Path, size: int) -> None:
    """Make the index again if another version of Bannasar made it."""
    with Archive(archive_settings(archive_folder)) as archive:
        try:
            if archive.index.count() == size:
                return
        except IndexUnreadableError:
            pass
        made = track(_made(size), "Making the index again", total=_count(size))
        rebuild_index_of(archive.index_to_rebuild(), archive.folder, analysed(made), None)


def in_elasticsearch(archive_folder: Path, server: Server, size: int) -> Mapping[str, str]:
    """Return the settings, as variables of the environment, with which the archive's index is on a server.

    The index is filled if it is not there yet.
    """
    name = f"made-{size}"
    with Archive(archive_settings(archive_folder, index={"url": server.url, "name": name, "seconds": 600})) as archive:
        if archive.index.count() != size:
            records = track(_made(size), "Filling Elasticsearch", total=_count(size))
            rebuild_index_of(archive.index, archive.folder, analysed(records), None)
    return {"BANNASAR_INDEX__URL": server.url, "BANNASAR_INDEX__NAME": name}


def large_case(number: int = 0) -> str:
    """Return the id of a large case file."""
    return _id(number * LARGE)


def small_case(level: Level, number: int = 0) -> str:
    """Return the id of a case file of ordinary size and a level, counted from 0."""
    of_level = (at for at in count(LARGE_CASES) if _LEVELS[at % len(_LEVELS)] is level)
    at = next(islice(of_level, number, None))
    return _id(LARGE_CASES * LARGE + (at - LARGE_CASES) * PAGES_A_CASE)


def scan_of(case: str) -> str:
    """Return the SHA-256 of the scan of a case file."""
    return hashlib.sha256(_scan(int(case.rpartition("-")[2]))).hexdigest()


def _id(first: int) -> str:
    return f"box-{first // 10_000:03}_case-{first:06}"


def _scan(first: int) -> bytes:
    return f"%PDF made {first}\n".encode()


def _count(size: int) -> int:
    return LARGE_CASES + (size - LARGE_CASES * LARGE) // PAGES_A_CASE


def _made(size: int) -> Iterator[tuple[CaseFile, list[Page]]]:
    """Yield the case files, the large ones first, each with its pages."""
    first = 0
    for number in range(_count(size)):
        is_large = number < LARGE_CASES
        pages_of_it = LARGE if is_large else PAGES_A_CASE
        rng = np.random.default_rng((29, first))
        scan = hashlib.sha256(_scan(first)).hexdigest()
        case = case_file(first, scan, pages_of_it, rng, _PAGES_A_LARGE_DOCUMENT if is_large else PAGES_A_DOCUMENT)
        level = Level.PUBLIC if is_large else _LEVELS[number % len(_LEVELS)]
        restriction = Restriction(level=level, reach=Reach.CASE, reason="made", by=OPERATOR, at=_WHEN)
        spoken = [[ON_SEALED]] if level is Level.SEALED else []
        pages = [_page(scan, at + 1, [*spoken, *text(first + at)], rng) for at in range(pages_of_it)]
        yield case.model_copy(update={"restrictions": (restriction,)}), pages
        first += pages_of_it


def _page(scan: str, number: int, rows: list[list[str]], rng: np.random.Generator) -> Page:
    """Return the record of a page, with each word by itself, as Tesseract gives them."""
    lines = []
    for row, words in enumerate(rows):
        left, top, made = 200, 200 + 110 * row, []
        has_spaces = " " in written(words)
        for word in words:
            right = left + 22 * len(word)
            box = Rect(left, top, right, top + 70)
            confidence = round(float(rng.uniform(0.6, 0.99)), 3)
            made.append(Word.model_construct(text=word, box=box, confidence=confidence, space=has_spaces))
            left = right + 20 * has_spaces
        box = Rect(200, top, left, top + 70)
        lines.append(Line.model_construct(words=tuple(made), box=box, confidence=0.9))
    block = Block.model_construct(lines=tuple(lines), box=Rect(200, 200, 2300, 3300), cell=None)
    return Page(scan=scan, number=number, recipe="made", width=2480, height=3508, dpi=300.0, blocks=(block,))


def _kept(archive: Archive, size: int, shared: Mapping[int, list[_File]]) -> Iterator[tuple[CaseFile, list[Page]]]:
    """Yield the case files, each once its bag is in place and in ledger and journal."""
    for number, (case, pages) in enumerate(_made(size)):
        bag = archive.place_of(case.box, case.id)
        _write_bag(bag, case, pages, shared, number)

        def enter(place: str, case: CaseFile = case, pages: list[Page] = pages) -> None:
            adopt(archive.ledger, case, pages, place)

        archive.commits.adopt(bag, OPERATOR, "made", enter=enter, index=lambda _bag: "")
        yield case, pages


def _write_bag(bag: Path, case: CaseFile, pages: list[Page], shared: Mapping[int, list[_File]], number: int) -> None:
    """Write a bag: what its pages say is its own, and PDFs are shared; nothing is flushed to the disk."""
    first = int(case.id.rpartition("-")[2])
    contents = {
        f"data/originals/{case.scans[0].path.name}": _scan(first),
        RECORD: case.model_dump_json(indent=2).encode(),
    }
    contents |= {f"data/pages/0001/{page.number:06}.json": page.model_dump_json().encode() for page in pages}
    alto = b"<alto/>\n"  # the reading room and sealing read only the records
    contents |= {f"data/alto/0001/{page.number:06}.xml": alto for page in pages}
    links = {}
    for document in case.documents:
        pdfs = shared[len(document.pages)]
        links[f"data/documents/{document.number:03}.pdf"] = pdfs[(number + document.number) % len(pdfs)]
    listed = {path: _digests(content) for path, content in contents.items()}
    listed |= {path: file.digests for path, file in links.items()}
    sizes = {path: len(content) for path, content in contents.items()}
    sizes |= {path: file.path.stat().st_size for path, file in links.items()}
    files = [BagFile(PurePosixPath(path).relative_to("data"), sizes[path], listed[path][0]) for path in sorted(listed)]
    originals = {case.scans[0].sha256: PurePosixPath("originals") / case.scans[0].path.name}
    contents["data/mets.xml"] = mets(case, files, originals)
    listed["data/mets.xml"] = _digests(contents["data/mets.xml"])
    octets = sum(sizes.values()) + len(contents["data/mets.xml"])
    tags = {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": (
            f"Bag-Group-Identifier: {case.box}\nBag-Software-Agent: Bannasar bench\nBagging-Date: 2026-01-01\n"
            f"External-Description: {case.title}\nExternal-Identifier: {case.id}\n"
            f"Payload-Oxum: {octets}.{len(listed)}\n"
        ).encode(),
    }
    for place, algorithm in enumerate(_ALGORITHMS):
        lines = (f"{digests[place]}  {path}\n" for path, digests in sorted(listed.items()))
        tags[f"manifest-{algorithm}.txt"] = "".join(lines).encode()
    of_tags = {name: _digests(content) for name, content in sorted(tags.items())}
    for place, algorithm in enumerate(_ALGORITHMS):
        lines = (f"{digests[place]} {name}\n" for name, digests in of_tags.items())
        tags[f"tagmanifest-{algorithm}.txt"] = "".join(lines).encode()
    for folder in {(bag / path).parent for path in listed}:
        folder.mkdir(parents=True, exist_ok=True)
    for path, content in (contents | tags).items():
        (bag / path).write_bytes(content)
    for path, file in links.items():
        (bag / path).hardlink_to(file.path)


def _digests(content: bytes) -> tuple[str, ...]:
    return tuple(hashlib.new(algorithm, content).hexdigest() for algorithm in _ALGORITHMS)


def _shared(folder: Path) -> dict[int, list[_File]]:
    """Return PDFs by their number of pages, with pictures of aged pages as the pipeline keeps them."""
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[int, list[_File]] = {}
    for pages in (PAGES_A_DOCUMENT, _PAGES_A_LARGE_DOCUMENT):
        found[pages] = []
        for number in range(_PICTURES):
            file = folder / f"{pages}-{number}.pdf"
            if not file.exists():
                _write_pdf(file, folder, [number * PAGES_A_DOCUMENT + at % PAGES_A_DOCUMENT for at in range(pages)])
            found[pages].append(_File(file, _digests(file.read_bytes())))
    return found


def _write_pdf(file: Path, folder: Path, numbers: list[int]) -> None:
    pictures, pages = [], []
    for place, number in enumerate(numbers, 1):
        rng = np.random.default_rng((31, number))
        rows = text(number)
        pages.append(_page("0" * 64, place, rows, rng))
        picture = folder / f"{number}.jpg"
        if not picture.exists():
            worn = age(render_page([written(row) for row in rows], size=11), rng)
            picture.write_bytes(compressed(Upright(Picture(worn, 300)), 60, 150))
        pictures.append(picture)
    part = file.with_suffix(".part.pdf")
    write_pdf(Description("made"), pages, pictures, part)
    part.replace(file)
