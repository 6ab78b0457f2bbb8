"""The disk is full or read-only: nothing is lost, nothing is archived in part, and the operator is informed."""

import contextlib
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from pipeline.archive.bag import bags
from pipeline.archive.fixity import verify_bag
from tests.cli.conftest import Bannasar, write_pages
from tests.faults.conftest import APART, results, until
from tests.gate import Gate

# What runs in this process needs no sandbox of its own; most tests here start other processes.
pytestmark = pytest.mark.usefixtures("warm_sandboxes")


@contextlib.contextmanager
def _on_a_small_disk(bannasar: Bannasar, megabytes: int, gate: Gate, *arguments: object, **environment: str):
    """Run ``bannasar`` with its archive on a separate disk; yield the process and the disk as seen from here."""
    bannasar.archive.mkdir(exist_ok=True)
    mount = f'mount -t tmpfs -o size={megabytes}m none {bannasar.archive} && "$@"; status=$?; read wait; exit $status'
    process = subprocess.Popen(
        [*APART, mount, "sh", *gate.within(bannasar.command(*arguments))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=bannasar.environment(**environment, **gate.environment),
        cwd=bannasar.archive.parent,
        start_new_session=True,
    )
    try:
        yield process, Path(f"/proc/{process.pid}/root") / bannasar.archive.relative_to("/")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _said(process: subprocess.Popen[str], words: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return
    pytest.fail(f"it never said {words}")


def _free(disk: Path) -> int:
    status = os.statvfs(disk)
    return status.f_bavail * status.f_frsize


def _fill(disk: Path, leave: int) -> Path:
    ballast = disk / "ballast"
    # The run is also writing: it may use the last space before we do.
    with ballast.open("wb") as stream, contextlib.suppress(OSError):
        left = _free(disk) - leave
        while left > 0:
            left -= os.write(stream.fileno(), bytes(min(left, 1 << 20)))
    return ballast


def test_a_run_pauses_while_the_disk_is_short_and_goes_on(bannasar, box):
    """It reports this at once, in one clear line; when there is space, it does the rest."""
    write_pages(box / "a.pdf", 12)
    limits = {"BANNASAR_RUN__FREE_GIGABYTES": "0.03"}
    gate = Gate(box.parent, 2)
    with _on_a_small_disk(bannasar, 100, gate, "run", box, **limits) as (process, disk):
        gate.wait(process)
        ballast = _fill(disk, 10 << 20)
        gate.open()
        _said(process, "Paused: 0.01 GB is free")
        read = results(disk)
        assert read < 12
        ballast.unlink()
        _said(process, "It continues.")
        until(lambda: list((disk / "bags").glob("*/*/bagit.txt")), process)
        (bag,) = bags(disk)
        until(lambda: verify_bag(bag) == [], process)
        until(lambda: results(disk) == 12, process)


def test_a_run_does_not_begin_without_room(bannasar, box):
    """The operator should know in the evening and not find it in the morning."""
    write_pages(box / "a.pdf", 1)
    done = bannasar("run", box, BANNASAR_RUN__FREE_GIGABYTES="1000000")
    assert done.returncode == 3
    assert "1e+06 GB needed" in done.stderr
    assert not (bannasar.archive / "ledger.db").exists()


def test_a_disk_that_is_full_to_the_last_byte_costs_nothing_that_was_done(bannasar, box):
    """The run waits, or ends and shows why; no bag is incomplete; with space, everything is done."""
    write_pages(box / "a.pdf", 12)
    limits = {"BANNASAR_RUN__FREE_GIGABYTES": "0", "BANNASAR_RUN__RETRY_SECONDS": "0.1"}
    bannasar.archive.mkdir()
    twice = 'm() { "$@" || { echo ENDED >&2; read go; "$@"; }; }; m "$@"'
    command = ["sh", "-c", twice, "sh", *bannasar.command("run", box)]
    again = Bannasar(bannasar.archive)
    again.command = lambda *_: command  # type: ignore[method-assign]
    gate = Gate(box.parent, 2)
    with _on_a_small_disk(again, 60, gate, **limits) as (process, disk):
        gate.wait(process)
        ballast = _fill(disk, 0)
        gate.open()
        assert process.stderr is not None
        for line in process.stderr:
            if "Paused" in line or "ENDED" in line:
                break
            assert "Traceback" not in line
        assert list(disk.glob("bags/*/*")) == []
        kept = results(disk)
        assert 2 <= kept < 12
        ballast.unlink()
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        until(lambda: list((disk / "bags").glob("*/*/bagit.txt")), process)
        (bag,) = bags(disk)
        until(lambda: verify_bag(bag) == [], process)
        assert results(disk) == 12


def _call_read_only(bannasar: Bannasar, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run it where the archive is mounted read-only."""
    mount = (
        f'mount --bind {bannasar.archive} {bannasar.archive}; mount -o remount,ro,bind {bannasar.archive}; exec "$@"'
    )
    command = [*APART, mount, "sh", *bannasar.command(*arguments)]
    return subprocess.run(
        command,
        capture_output=True,
        encoding="utf-8",
        env=bannasar.environment(),
        cwd=bannasar.archive.parent,
        check=False,
    )


def test_an_archive_that_may_not_be_written_is_left_alone(bannasar, box):
    """The run ends and shows what to repair; reading and searching still work."""
    write_pages(box / "a.pdf", 1)
    assert bannasar("run", box).returncode == 0
    write_pages(box / "b.pdf", 2)
    done = _call_read_only(bannasar, "run", box)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Read-only file system" in done.stderr
    assert "Check its permissions and the disk" in done.stderr
    assert "Traceback" not in done.stderr
    assert "a.pdf" in _call_read_only(bannasar, "status", "box-1").stdout
    assert "a.pdf" in _call_read_only(bannasar, "search", "dossier").stdout
    assert "cannot be written" in _call_read_only(bannasar, "ledger", "check").stderr
    assert bannasar("run", box).returncode == 0


def test_an_archive_that_may_not_be_written_is_verified_all_the_same(bannasar, box):
    """A copy on a backup disk: the result is shown, and also that it could not be recorded."""
    write_pages(box / "a.pdf", 1)
    assert bannasar("run", box).returncode == 0
    log = bannasar.archive / "fixity.jsonl"
    sound = _call_read_only(bannasar, "verify")
    assert sound.returncode == 0, sound.stderr
    assert "1 bag checked: it is as it was sealed." in sound.stdout
    assert sound.stderr.count(f"cannot be kept in {log}: Read-only file system.") == 1
    # Stopped after a bag that was intact: its record is useless if the rest cannot be recorded.
    assert bannasar("verify").returncode == 0
    log.write_text("".join(log.read_text("utf-8").splitlines(keepends=True)[:-1]), "utf-8")
    (scan,) = bannasar.archive.glob("bags/*/*/data/originals/*")
    scan.write_bytes(scan.read_bytes() + b"x")
    damaged = _call_read_only(bannasar, "verify", "--json")
    assert damaged.returncode == 2
    ((damage,),) = [bag["damages"] for bag in json.loads(damaged.stdout)["damaged"]]
    assert (damage["kind"], damage["path"]) == ("changed", "data/originals/a.pdf")
    assert "cannot be kept" in damaged.stderr
