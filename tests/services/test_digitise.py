"""A whole archive by calls alone, in this process: no command, no terminal."""

import contextlib
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from models.actor import Actor, ActorKind
from models.correction import About
from models.errors import UsageError
from models.failure import Code
from models.ledger import PageRead
from models.level import Level
from models.scan import ScanState
from models.settings import Settings
from pipeline.access.asker import Asker
from pipeline.archive.archive import Archive
from pipeline.archive.bag import read_case
from pipeline.archive.journal import lines
from pipeline.archive.ledger import Ledger
from pipeline.archive.results import Packed
from pipeline.execution.source import Source
from pipeline.execution.tasks import read_page
from pipeline.index.store import View
from pipeline.services.correct import correct
from pipeline.services.digitise import digitise
from pipeline.services.export import export_documents
from pipeline.services.rerun import Wanted, choose, rerun
from pipeline.services.search import search
from pipeline.services.text_export import export_text
from pipeline.services.withdraw import withdraw
from tests.cli.conftest import write_page
from tests.conftest import archive_settings, at_the_shell

pytestmark = pytest.mark.usefixtures("no_warm_sandboxes")

DARA = Actor(name="Dara", kind=ActorKind.PERSON)
POISON = "poison.png"


def read_or_crash(source: Source, number: int, settings: Settings) -> Packed:
    """Read a page as always, except one that crashes its reader."""
    if source.file.name == POISON:
        os.kill(os.getpid(), signal.SIGSEGV)
    return read_page(source, number, settings)


def read_when_allowed(source: Source, number: int, settings: Settings) -> Packed:
    """Read a page as always, except those of one box, which wait until a test lets them be read."""
    box = source.file.parent
    if box.name == "long":
        (box.parent / "begun").write_text(str(os.getpid()), "utf-8")
        (box.parent / "begun").rename(box.parent / "long.reads")
        while not (box.parent / "long.allowed").exists():
            time.sleep(0.02)
    return read_page(source, number, settings)


@pytest.fixture
def box(tmp_path):
    folder = tmp_path / "box-1"
    folder.mkdir()
    return folder


@pytest.fixture
def archive(tmp_path):
    with Archive(archive_settings(tmp_path / "archive")) as opened:
        yield opened


def _states(archive: Archive, box: str) -> dict[str, tuple[ScanState, str | None]]:
    return {row.path: (row.state, row.code) for row in archive.ledger.scans(box)}


def _found(archive: Archive, text: str) -> list[str]:
    return sorted(hit.path for hit in search(archive, at_the_shell(), text, View()).found.hits)


def _sandboxes() -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # it may just have ended
            if "pipeline.execution.sandbox_process" in child.cmdline():
                found.append(child)
    return found


def _entered_when_it_is_kept(archive: Archive) -> Callable[[Ledger, PageRead, float], None]:
    enter = Ledger.page_read

    def entered(ledger: Ledger, page: PageRead, seconds: float) -> None:
        assert archive.results.is_kept(page.scan, page.recipe, page.number)
        enter(ledger, page, seconds)

    return entered


def test_a_box_from_its_scans_to_its_export(archive, box, tmp_path, monkeypatch):
    """Digitised, searched, corrected, withdrawn, exported: each with one call, and the journal records who did it.

    The workers analyse the pages for the index; the process that commands them does not.
    """
    write_page(box / "dossier" / "1.png", "Le greffier en chef")
    write_page(box / "2.png", "Une lettre seule")
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.index.sqlite.entries", None)
        patched.setattr(Ledger, "page_read", _entered_when_it_is_kept(archive))
        done = digitise(archive, at_the_shell(DARA), [box])
    assert (done.pages_read, done.left, done.index_error) == (2, (), "")
    assert set(_states(archive, "box-1").values()) == {(ScanState.ARCHIVED, None)}
    assert _found(archive, "greffier") == ["dossier/1.png"]
    (restriction,) = read_case(archive.bag("box-1_dossier")).restrictions
    assert (restriction.level, restriction.by) == (Level.STAFF, DARA)

    asker = Asker.operator(DARA, datetime.now(UTC))
    corrected = correct(archive, asker, "box-1_dossier", 1, {About.KIND: "summons"})
    assert [document.kind for document in corrected.case.documents] == ["summons"]
    assert _found(archive, "kind:summons") == ["dossier/1.png"]

    withdraw(archive, asker, "box-1_2.png", "It belongs to another court.")
    assert _found(archive, "lettre") == []

    assert len(export_documents(archive, asker, "box-1_dossier", tmp_path / "documents")) == 1
    assert export_text(archive, asker, tmp_path / "texts").written == 1
    (text,) = (tmp_path / "texts").rglob("*.txt")
    assert "greffier" in text.read_text("utf-8")
    written = [(line.event, line.by) for line in lines(archive.folder)]
    assert written == [("archived", "Dara"), ("archived", "Dara"), ("corrected", "Dara"), ("withdrawn", "Dara")]
    assert digitise(archive, at_the_shell(DARA), [box]).pages_read == 0


def test_two_archives_are_digitised_at_once_in_one_process(tmp_path, monkeypatch):
    """Each ends only its own sandboxes; when both are done, none is left."""
    for module in ("reading", "run"):
        monkeypatch.setattr(f"pipeline.services.digitising.{module}.read_page", read_when_allowed)
    for name in ("long", "short"):
        write_page(tmp_path / name / "1.png", f"Le greffier {name}")
    done = {}

    def run(name):
        with Archive(archive_settings(tmp_path / f"archive-{name}")) as archive:
            done[name] = digitise(archive, at_the_shell(DARA), [tmp_path / name])
            assert _found(archive, f"greffier {name}") == ["1.png"]

    long = threading.Thread(target=run, args=("long",))
    long.start()
    (at_work,) = _at_work(tmp_path / "long.reads")
    run("short")
    assert [sandbox.pid for sandbox in _sandboxes() if sandbox.pid == at_work] == [at_work]
    (tmp_path / "long.allowed").touch()
    long.join()
    assert {name: (summary.pages_read, summary.left) for name, summary in done.items()} == {
        "long": (1, ()),
        "short": (1, ()),
    }
    assert _sandboxes() == []


def _at_work(file: Path) -> list[int]:
    """Return the sandboxes that have written into a file that they read a page, when one has."""
    end = time.monotonic() + 300
    while not file.exists():
        assert time.monotonic() < end
        time.sleep(0.02)
    return [int(pid) for pid in file.read_text("utf-8").split()]


def test_a_poison_page_kills_its_sandbox_and_nothing_else(archive, box, monkeypatch):
    """It fails by itself; the rest of the box is archived; when its reader works, only that scan is read again."""
    write_page(box / POISON, "Poison")
    write_page(box / "2.png", "Une lettre seule")
    with monkeypatch.context() as patched:
        for module in ("reading", "run"):
            patched.setattr(f"pipeline.services.digitising.{module}.read_page", read_or_crash)
        seen = []
        done = digitise(archive, at_the_shell(DARA), [box], lambda progress: seen.extend(progress.failures))
    assert done.pages_read == 1
    assert [(failed.path, failed.failure.code, failed.failure.page) for failed in seen] == [
        (POISON, Code.WORKER_LOST, 1)
    ]
    assert "SIGSEGV" in seen[0].failure.detail
    assert _states(archive, "box-1") == {
        POISON: (ScanState.FAILED, Code.WORKER_LOST),
        "2.png": (ScanState.ARCHIVED, None),
    }
    assert _sandboxes() == []

    wanted = Wanted(failed=True)
    chosen = choose(archive, at_the_shell(DARA), wanted)
    assert [row.path for row in chosen.rows] == [POISON]
    assert rerun(archive, at_the_shell(DARA), chosen, wanted).pages_read == 1
    assert set(_states(archive, "box-1").values()) == {(ScanState.ARCHIVED, None)}
    assert choose(archive, at_the_shell(DARA), wanted).rows == ()


def test_what_is_refused_is_named_and_a_copy_is_linked(archive, box):
    """Ingesting reads nothing of them."""
    write_page(box / "1.png", "Le greffier en chef")
    shutil.copy(box / "1.png", box / "copy.png")
    (box / "empty.tif").touch()
    assert digitise(archive, at_the_shell(DARA), [box]).pages_read == 1
    assert _states(archive, "box-1") == {
        "1.png": (ScanState.ARCHIVED, None),
        "copy.png": (ScanState.DUPLICATE, None),
        "empty.tif": (ScanState.REFUSED, Code.EMPTY),
    }
    assert [str(scan.path) for bag in archive.bags() for scan in read_case(bag).scans] == ["1.png"]


def test_a_box_inside_its_archive_is_no_box(archive, box):
    """An archive inside its box is refused, too; nothing is made from either."""
    with pytest.raises(UsageError, match="is inside the archive"):
        digitise(archive, at_the_shell(DARA), [_made(archive.folder / "box")])
    with (
        Archive(archive_settings(box / "archive")) as inside,
        pytest.raises(UsageError, match="is inside the box"),
    ):
        digitise(inside, at_the_shell(DARA), [box])
    assert list(box.iterdir()) == []


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder
