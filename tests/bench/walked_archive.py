"""An archive of many case files that is made fast: for measuring what walks an archive, not what reads pages.

Bags are as thin as the format allows: the record of the case file and the lists, no scans, PDFs or pages. Ledger and
journal are complete and are filled through their own code, the ledger in one transaction for each box. Each page has
five attempts in it. The scans lie in their boxes as files of one byte.
"""

import base64
import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import numpy as np
from rich.progress import track

from models.actor import Actor, ActorKind
from models.case import CaseFile, Document
from models.failure import Code, Failure
from models.ledger import Attempt, scan_row
from models.page import Block, Line, Page, Rect, Word
from models.scan import Kind, Scan
from pipeline.access.chain import after
from pipeline.archive import journal
from pipeline.archive.archive import Archive
from pipeline.archive.bag import RECORD
from pipeline.archive.journal import Event
from pipeline.archive.keys import Signer
from pipeline.archive.ledger import Ledger
from pipeline.archive.measure import Measure, page_read
from pipeline.index.entry import analysed
from pipeline.page.recipe import fingerprint, versions
from pipeline.services.keys import make
from tests.bench.made_pages import case_file
from tests.conftest import archive_settings, at_the_shell

OPERATOR = Actor(name="bench@here", kind=ActorKind.OPERATOR)
CASES_A_BOX = 500
SCANS_A_CASE = 10
PAGES_A_SCAN = 10
PAGES_A_CASE = SCANS_A_CASE * PAGES_A_SCAN
ATTEMPTS_A_PAGE = 5
_FAILS = 200
"""Of so many case files, one is partial: a page of it failed."""
_WHEN = datetime(2026, 1, 2, tzinfo=UTC)
_MTIME = 1_767_312_000_000_000_000


def walked_archive(folder: Path, cases: int) -> Path:
    """Return the folder of an archive with so many case files of a hundred pages; it is made if it is not there."""
    archive_folder = folder.absolute() / f"walked-{cases}"
    done = archive_folder / "made"
    if done.exists():
        return archive_folder
    key = archive_folder.with_name(f"walked-{cases}.key")
    settings = archive_settings(archive_folder, signing={"key_file": str(key)})
    recipe = fingerprint(settings.page)
    with Archive(settings) as archive:
        archive_folder.mkdir(parents=True)
        archive.ledger.begin_run("run", recipe, versions(settings.page))
        make(archive, at_the_shell(OPERATOR))
        with archive.held(finish=False):
            lines = _Lines(archive)
            for first in track(range(0, cases, CASES_A_BOX), "Making boxes"):
                made = [_case(number, recipe) for number in range(first, min(first + CASES_A_BOX, cases))]
                _write_box(box_of(archive_folder, made[0].box), made)
                for case in made:
                    lines.add(case, write_bag(archive.place_of(case.box, case.id), case))
                enter(archive.ledger, box_of(archive_folder, made[0].box), made, recipe)
            lines.close()
            records = (_case(number, recipe) for number in range(cases))
            archive.index.rebuild(analysed((case, [_blank(case)]) for case in records))
            for row in archive.ledger.cases():
                archive.ledger.case_indexed(row.id)
            archive.ledger.end_run("done")
    done.write_text(f"{cases}\n", "ascii")
    return archive_folder


def many_scans(folder: Path, scans: int) -> Path:
    """Return the folder of an archive whose ledger and boxes have so many archived scans, and which has no bags."""
    archive_folder = folder.absolute() / f"scans-{scans}"
    done = archive_folder / "made"
    if done.exists():
        return archive_folder
    settings = archive_settings(archive_folder)
    recipe = fingerprint(settings.page)
    with Archive(settings) as archive, archive.held(finish=False):
        a_box = CASES_A_BOX * SCANS_A_CASE
        for first in track(range(0, scans, a_box), "Making boxes"):
            box, cases = f"box-{first // a_box:03}", {}
            root = box_of(archive_folder, box)
            archive.ledger.enter_box(_made_folder(root))
            with archive.ledger.transaction():
                for at in range(first, min(first + a_box, scans)):
                    name = f"case-{at // SCANS_A_CASE:06}"
                    if name not in cases:
                        cases[name] = _made_folder(root / name)
                        archive.ledger.enter_case(f"{box}_{name}", box, name, name)
                        archive.ledger.case_archived(f"{box}_{name}", f"bags/{box}/{box}_{name}")
                        archive.ledger.case_indexed(f"{box}_{name}")
                    path = f"{name}/{at % SCANS_A_CASE:03}.pdf"
                    _write_scan(root / path)
                    known = {"sha256": _sha256(at, 0), "kind": Kind.PDF, "pages": PAGES_A_SCAN}
                    row = scan_row(box, path, 1, _MTIME, case_id=f"{box}_{name}", **known)
                    archive.ledger.put(row)
                    archive.ledger.archive(row, recipe, Measure(PAGES_A_SCAN, 0, 0, 0.93))
        case = _case(0, recipe)
        archive.index.put(case, [_blank(case)])
    done.write_text(f"{scans}\n", "ascii")
    return archive_folder


def long_journal(folder: Path, count: int) -> Path:
    """Return the folder of an archive that has only a key and a journal of so many signed lines."""
    archive_folder = folder.absolute() / "journal"
    archive_folder.mkdir()
    settings = archive_settings(archive_folder, signing={"key_file": str(archive_folder.with_suffix(".key"))})
    with Archive(settings) as archive:
        make(archive, at_the_shell(OPERATOR))
        lines = _Lines(archive)
        for _ in range(count - 1):
            lines.put(Event.CLOCK_CONFIRMED, "", "", _WHEN.isoformat())
        lines.close()
    return archive_folder


def box_of(archive_folder: Path, box: str) -> Path:
    """Return the folder of a box, outside the archive."""
    return archive_folder.with_name(f"{archive_folder.name}-boxes") / box


def boxes_of(archive_folder: Path) -> list[Path]:
    """Return the folders of all boxes."""
    return sorted(box_of(archive_folder, "x").parent.iterdir())


def enter(ledger: Ledger, root: Path, cases: list[CaseFile], recipe: str) -> None:
    """Enter a box with its case files into the ledger, as a run that was interrupted again and again would."""
    ledger.enter_box(root)
    page = page_read(_page())
    with ledger.transaction():
        for case in cases:
            ledger.enter_case(case.id, case.box, case.folder, case.title)
            for scan in case.scans:
                path = str(scan.path)
                failed = int(scan is case.scans[0] and bool(case.missing))
                known = {"sha256": scan.sha256, "kind": scan.kind, "pages": scan.pages, "case_id": case.id}
                row = scan_row(case.box, path, scan.size, _MTIME, **known)
                ledger.put(row)
                for number in range(1, PAGES_A_SCAN + 1):
                    attempt = Attempt("read", case.box, scan.sha256, _WHEN, 1.5, number, recipe, "worker-1")
                    broken = Failure(code=Code.TIMEOUT, page=number)
                    for _ in range(ATTEMPTS_A_PAGE - 1):
                        ledger.attempt(replace(attempt, failure=broken))
                    if failed and number == 1:
                        ledger.attempt(replace(attempt, failure=broken))
                        ledger.page_failed(scan.sha256, number, recipe, 1.5, broken)
                    else:
                        ledger.attempt(attempt)
                        ledger.page_read(replace(page, scan=scan.sha256, number=number), 1.5)
                ledger.archive(row, recipe, Measure(PAGES_A_SCAN - failed, 0, failed, 0.93))
            ledger.case_archived(case.id, f"bags/{case.box}/{case.id}")


def _case(number: int, recipe: str) -> CaseFile:
    rng = np.random.default_rng((41, number))
    case = case_file(number * PAGES_A_CASE, _sha256(number, 0), PAGES_A_SCAN, rng)
    box, folder = f"box-{number // CASES_A_BOX:03}", f"case-{number:06}"
    scans: list[Scan] = []
    documents: list[Document] = []
    for at in range(SCANS_A_CASE):
        sha256 = _sha256(number, at)
        path = f"{folder}/{at:03}.pdf"
        scans.append(Scan(path=path, sha256=sha256, size=1, kind=Kind.PDF, pages=PAGES_A_SCAN))
        drawn = case_file(0, sha256, PAGES_A_SCAN, rng).documents
        documents += [one.model_copy(update={"number": len(documents) + at_}) for at_, one in enumerate(drawn, 1)]
    doubtful = [one.model_copy(update={"kind_confidence": 0.9 - 0.8 * (number % 7 == 0)}) for one in documents]
    made = case.model_copy(
        update={
            "id": f"{box}_{folder}",
            "box": box,
            "folder": folder,
            "scans": tuple(scans),
            "documents": tuple(doubtful),
            "settings": {"recipe": recipe},
        }
    )
    if number % _FAILS:
        return made
    lost = {"path": scans[0].path, "sha256": scans[0].sha256, "page": 1, "code": Code.TIMEOUT, "reason": "made"}
    return CaseFile.model_validate({**made.model_dump(), "missing": (lost,)})


def _sha256(case: int, scan: int) -> str:
    return hashlib.sha256(f"{case} {scan}".encode()).hexdigest()


def _page() -> Page:
    word = Word.model_construct(text="word", box=Rect(200, 200, 400, 260), confidence=0.93, space=True)
    line = Line.model_construct(words=(word,), box=Rect(200, 200, 400, 260), confidence=0.93)
    block = Block.model_construct(lines=(line,), box=Rect(200, 200, 400, 260), cell=None)
    return Page(scan="0" * 64, number=1, recipe="made", width=2480, height=3508, dpi=300.0, blocks=(block,))


def _blank(case: CaseFile) -> Page:
    return _page().model_copy(update={"scan": case.scans[0].sha256, "blocks": ()})


def _write_box(root: Path, cases: list[CaseFile]) -> None:
    for case in cases:
        (root / case.folder).mkdir(parents=True)
        for scan in case.scans:
            _write_scan(root / scan.path)


def _write_scan(file: Path) -> None:
    file.write_bytes(b"x")
    os.utime(file, ns=(_MTIME, _MTIME))


def _made_folder(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def write_bag(bag: Path, case: CaseFile, more: Mapping[str, bytes] = MappingProxyType({})) -> str:
    """Write a bag with some more files in ``data``, and return the SHA-256 of its list of lists."""
    payload = {RECORD: case.model_dump_json(indent=2).encode(), **more}
    size = sum(map(len, payload.values()))
    tags = {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": f"External-Identifier: {case.id}\nPayload-Oxum: {size}.{len(payload)}\n".encode(),
    }
    for algorithm in ("sha256", "sha512"):
        tags[f"manifest-{algorithm}.txt"] = _listed(algorithm, payload, "  ")
    lists = {f"tagmanifest-{algorithm}.txt": _listed(algorithm, tags, " ") for algorithm in ("sha256", "sha512")}
    for name, content in {**payload, **tags, **lists}.items():
        (bag / name).parent.mkdir(parents=True, exist_ok=True)
        (bag / name).write_bytes(content)
    return hashlib.sha256(lists["tagmanifest-sha512.txt"]).hexdigest()


def _listed(algorithm: str, files: Mapping[str, bytes], between: str) -> bytes:
    lines = (f"{hashlib.new(algorithm, files[name]).hexdigest()}{between}{name}\n" for name in sorted(files))
    return "".join(lines).encode()


class _Lines:
    """Writes the journal: signed lines as the archive's own, but not flushed to the disk one by one."""

    def __init__(self, archive: Archive) -> None:
        self._signer: Signer | None = archive.recorder.signer
        self._last = journal.last_line(archive.folder)
        self._stream = (archive.folder / journal.FILE).open("ab")

    def add(self, case: CaseFile, manifest: str) -> None:
        self.put(Event.ARCHIVED, f"bags/{case.box}/{case.id}", manifest)

    def put(self, event: Event, bag: str, manifest: str, reason: str = "") -> None:
        number, previous = after(self._last)
        at, key = _WHEN.isoformat(timespec="seconds"), self._signer.fingerprint if self._signer else ""
        case = bag.rpartition("/")[2]
        line = journal.Line(
            number, at, OPERATOR.name, event, case, bag, manifest, reason, previous, key, "", OPERATOR.kind
        )
        if self._signer:
            signature = self._signer.sign(line.written().encode())
            line = replace(line, signature=base64.b64encode(signature).decode())
        self._stream.write(line.written().encode() + b"\n")
        self._last = line

    def close(self) -> None:
        self._stream.close()
