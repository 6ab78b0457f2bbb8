"""Scans that change, disappear, or come back while they are read; clocks that are set back."""

import contextlib
import sqlite3
import subprocess

import pytest

from models.plural import number_of
from pipeline.archive.bag import bags, original, read_bag
from tests.cli.conftest import Bannasar, write_page, write_pages
from tests.faults.conftest import results, until
from tests.gate import Gate

# What runs in this process needs no sandbox of its own; most tests here start other processes.
pytestmark = pytest.mark.usefixtures("warm_sandboxes")


@pytest.fixture
def powerless(bannasar):
    """Return ``bannasar`` as called by a user who is bound by permissions, as root is not, with one worker."""
    bound = Bannasar(bannasar.archive)
    # A second sandbox would take longer to start than it saves.
    bound.variables = lambda **more: Bannasar.variables(bound, BANNASAR_RUN__WORKERS="1", **more)  # type: ignore[method-assign]
    bound.command = lambda *arguments: ["unshare", "--user", *bannasar.command(*arguments)]  # type: ignore[method-assign]
    return bound


def _unreadable(archive) -> int:
    """Return how many tries have ended because something could not be read."""
    with contextlib.suppress(sqlite3.OperationalError):  # there is no ledger yet
        with contextlib.closing(sqlite3.connect(f"file:{archive}/ledger.db?mode=ro", uri=True)) as ledger:
            (count,) = ledger.execute("SELECT count(*) FROM attempts WHERE code = 'unreadable'").fetchone()
        return int(count)
    return 0


@pytest.mark.parametrize(
    ("what", "when"), [("file", "ingested"), ("folder", "ingested"), ("folder", "read"), ("file", "archived")]
)
def test_a_scan_that_cannot_be_read_for_a_moment_is_read_within_the_run(powerless, box, what, when):
    """A share or a permission that is lost for a time at night costs time, but needs no second run."""
    write_pages(box / "dossier" / "a.pdf", 6)
    lost = box / "dossier" / "a.pdf" if what == "file" else box / "dossier"
    mode = lost.stat().st_mode
    if when == "ingested":
        lost.chmod(0o000 if what == "file" else 0o600)
    gate = None if when == "ingested" else Gate(box.parent, 1 if when == "read" else 6)
    waits = {"BANNASAR_RUN__RETRY_SECONDS": "0.2", "BANNASAR_RUN__RETRIES": "6"}
    process = powerless.start("run", box, gate=gate, **waits)
    if gate:
        gate.wait(process)
        lost.chmod(0o000)
        gate.open()
    until(lambda: _unreadable(powerless.archive) >= 1, process)
    lost.chmod(mode)
    output, errors = process.communicate(timeout=300)
    if (what, when) == ("folder", "ingested"):  # its size was not recorded yet: the scan seems to be another
        assert _states(powerless) == {"dossier/a.pdf": ("failed", "changed")}
        assert powerless.process("run", box).returncode == 0
    else:
        assert process.returncode == 0, output + errors
        assert "6 archived, 0 failed" in output


def test_a_folder_that_cannot_be_read_does_not_keep_the_other_boxes_waiting(powerless, box):
    """It may come back; if not, its box waits for another run, and is not archived without its content."""
    write_page(box / "a.png", "Première pièce")
    other = box.with_name("box-2")
    write_page(other / "dossier" / "b.png", "Deuxième pièce")
    write_page(other / "dossier" / "annexe" / "c.png", "Son annexe")
    (other / "dossier" / "annexe").chmod(0o000)
    done = powerless.process("run", other, box, BANNASAR_RUN__RETRY_SECONDS="0.1", BANNASAR_RUN__RETRIES="2")
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.count("annexe cannot be read (Permission denied). It is tried again") == 2
    assert "box-2 waits for another run" in done.stdout
    assert "box-1: 1 page in = 1 archived, 0 failed." in done.stdout
    process = powerless.start("run", other, BANNASAR_RUN__RETRY_SECONDS="0.1", BANNASAR_RUN__RETRIES="6")
    assert process.stderr is not None
    assert any("annexe cannot be read" in line for line in process.stderr)
    (other / "dossier" / "annexe").chmod(0o700)
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, output + errors
    assert "box-2: 2 pages in = 2 archived, 0 failed." in output


def test_what_may_not_be_looked_at_is_named(bannasar, powerless, box):
    """A box behind a folder that is locked, a ledger of somebody else: a sentence, no traceback."""
    write_page(box / "a.png", "Première pièce")
    ledger = powerless.archive / "ledger.db"
    powerless.archive.mkdir()
    ledger.touch()
    ledger.chmod(0o000)
    box.chmod(0o000)
    for command, named in ((("run", box / "more"), box / "more"), (("status",), ledger), (("failures",), ledger)):
        done = powerless.process(*command)
        assert done.returncode == 1
        assert done.stderr.startswith(f"bannasar: {named}: ")
        assert "Traceback" not in done.stderr
    bannasar.archive = box / "archive"  # to which powerless passes its arguments on
    assert powerless.process("status").stderr.startswith(f"bannasar: {bannasar.archive}: Permission denied.")
    box.chmod(0o700)


def test_a_share_that_is_lost_while_many_pages_wait_does_not_stop_the_run(powerless, box):
    """All pages fail very quickly; this counts only if they still fail after the last wait."""
    write_pages(box / "a.pdf", 20)
    mode = (box / "a.pdf").stat().st_mode
    gate = Gate(box.parent, 2)
    waits = {"BANNASAR_RUN__RETRY_SECONDS": "0.2", "BANNASAR_RUN__RETRIES": "6"}
    process = powerless.start("run", box, "--workers", "1", gate=gate, **waits)
    gate.wait(process)
    (box / "a.pdf").chmod(0o000)
    gate.open()
    until(lambda: _unreadable(powerless.archive) >= 15, process)
    (box / "a.pdf").chmod(mode)
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, output + errors
    assert "20 archived, 0 failed" in output


def test_a_scan_that_stays_unreadable_fails_by_itself(powerless, box):
    """After the last wait; the others are done in the meantime."""
    write_page(box / "a.png", "Première pièce")
    write_page(box / "b.png", "Deuxième pièce")
    (box / "b.png").chmod(0o000)
    done = powerless.process("run", box, BANNASAR_RUN__RETRY_SECONDS="0.1", BANNASAR_RUN__RETRIES="2")
    assert done.returncode == 2, done.stdout + done.stderr
    assert _states(powerless) == {"a.png": ("archived", None), "b.png": ("failed", "unreadable")}
    assert _unreadable(powerless.archive) == 3


def _states(bannasar):
    looking = Bannasar(bannasar.archive)  # which no permissions bind
    return {path: (scan["state"], scan["code"]) for path, scan in looking.scans("box-1").items()}


def test_a_scan_that_goes_away_while_it_is_read_fails_and_comes_back(bannasar, box):
    """The other scans are finished; what was read of it is kept."""
    write_pages(box / "a.pdf", 14)
    write_page(box / "b.png", "Une autre pièce")
    gate = Gate(box.parent, 2)
    process = bannasar.start("run", box, "--workers", "1", gate=gate)
    gate.wait(process)
    (box / "a.pdf").rename(box.parent / "elsewhere.pdf")
    gate.open()
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 2, output + errors
    assert _states(bannasar) == {"a.pdf": ("failed", "changed"), "b.png": ("archived", None)}
    kept = results(bannasar.archive)
    (box.parent / "elsewhere.pdf").rename(box / "a.pdf")
    done = bannasar("run", box)
    assert done.returncode == 0
    assert f"{number_of(15 - kept, 'page')} read" in done.stdout


def test_a_scan_that_is_overwritten_while_it_is_read_is_not_archived_as_a_mixture(bannasar, box):
    """What is archived is what was read, byte for byte; the new bytes are ingested by the next run."""
    write_pages(box / "a.pdf", 14)
    gate = Gate(box.parent, 2)
    process = bannasar.start("run", box, "--workers", "1", gate=gate)
    gate.wait(process)
    write_pages(box / "a.pdf", 3, title="d'une autre affaire")
    gate.open()
    process.communicate(timeout=300)
    assert process.returncode == 2
    assert _states(bannasar) == {"a.pdf": ("failed", "changed")}
    assert list(bags(bannasar.archive)) == []
    assert bannasar("run", box).returncode == 0
    (bag,) = bags(bannasar.archive)
    (scan,) = read_bag(bag)[0].scans
    assert original(bag, scan.sha256).read_bytes() == (box / "a.pdf").read_bytes()
    assert len(bannasar.json("search", "affaire")["hits"]) == 3


def test_a_clock_that_was_set_back_changes_nothing(bannasar, box):
    """A machine with an empty clock battery starts years in the past: finished work stays, and new work is done."""
    write_page(box / "a.png", "Première pièce")
    assert bannasar("run", box).returncode == 0
    write_page(box / "b.png", "Deuxième pièce")
    # libfaketime 0.9.10 lets no time.sleep() through where the monotonic clock stays true.
    asleep = "import select, time; time.sleep = lambda seconds: select.select([], [], [], seconds); "
    python, option, script, *arguments = bannasar.command("run", box)
    done = subprocess.run(
        ["faketime", "2001-01-01 00:00:00", python, option, asleep + script, *arguments],
        capture_output=True,
        encoding="utf-8",
        env=bannasar.environment(DONT_FAKE_MONOTONIC="1", NO_FAKE_STAT="1"),
        cwd=bannasar.archive.parent,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 page read" in done.stdout
    assert "Nothing new" in bannasar("run", box).stdout
    assert len(bannasar.json("search", "pièce")["hits"]) == 2
    (attempt, *_) = bannasar.json("show", "b.png")["scans"][0]["attempts"]
    assert attempt["started"] < "2020"
