"""Any process may be killed at any time: the next run continues, and the archive is as if nothing had happened."""

import random
import shutil
import signal
import subprocess
import time

import psutil

from tests.cli.conftest import Bannasar, write_page, write_pages
from tests.faults.conftest import assert_nothing_is_left, contents, results, sandboxes
from tests.gate import Gate

KILLS = 20


def _fill(box):
    for number in range(1, 4):
        write_pages(box / f"dossier-{number}" / "a.pdf", 10, title=f"du dossier {number}")
        write_page(box / f"dossier-{number}" / "b.png", f"Lettre numéro {number}", dpi=100)
    shutil.copy(box / "dossier-1" / "a.pdf", box / "copy.pdf")
    (box / "empty.tif").touch()


def _victims(coordinator: psutil.Process) -> list[psutil.Process]:
    """Return a run's processes: the coordinator, its sandboxes and their guards, and the programs these run."""
    return [coordinator, *coordinator.children(recursive=True)]


def _wait_for_sandbox(process: subprocess.Popen[str]) -> None:
    """Wait until a run has begun to work, or has ended: until then it is alone, and there is nobody else to kill."""
    while process.poll() is None:
        if sandboxes(process):
            return
        time.sleep(0.02)


def test_twenty_random_kills_change_nothing(tmp_path, box):
    """SIGKILL of the coordinator, sandboxes, guards and poppler, over and over."""
    _fill(box)
    undisturbed = Bannasar(tmp_path / "calm" / "archive")
    undisturbed.archive.parent.mkdir()
    assert undisturbed("run", box).returncode == 2  # for the scan that is refused

    disturbed = Bannasar(tmp_path / "storm" / "archive")
    disturbed.archive.parent.mkdir()
    # When they are killed is random; which processes are killed is not.
    chance = random.Random(5)  # noqa: S311
    process = disturbed.start("run", box)
    _wait_for_sandbox(process)
    kills = {"coordinator": 0, "others": 0}
    while sum(kills.values()) < KILLS:
        time.sleep(chance.uniform(0.1, 1.5))
        if process.poll() is not None:
            process.communicate()
            if results(disturbed.archive) >= 33:
                # It was faster than its killer: the rest of the kills hit a new reading of all pages.
                process = disturbed.start("rerun", "--box", "box-1", "--stage", "recognise")
            else:
                process = disturbed.start("run", box)
            _wait_for_sandbox(process)
            continue
        try:
            coordinator = psutil.Process(process.pid)
            victim = coordinator if chance.random() < 0.25 else chance.choice(_victims(coordinator))
            victim.kill()
        except psutil.NoSuchProcess:
            continue
        kills["coordinator" if victim.pid == process.pid else "others"] += 1
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.communicate()
    assert min(kills.values()) >= 3
    for _ in range(3):  # a page that was killed under its reader twice has failed until the next run
        done = disturbed("run", box)
        if "0 failed" in done.stdout:
            break
    assert done.returncode == 2, done.stderr
    assert "33 archived, 0 failed" in done.stdout
    assert contents(disturbed.archive) == contents(undisturbed.archive)
    for archive in (disturbed, undisturbed):
        assert len(archive.json("search", "dossier", "--limit", "99")["hits"]) == 30
        assert_nothing_is_left(archive.archive)
    assert "agree" in disturbed("ledger", "check").stdout


def test_a_killed_sandbox_costs_nothing_but_time(bannasar, box, tmp_path):
    """Another worker reads its page, no page fails, and every attempt is recorded."""
    write_pages(box / "a.pdf", 12)
    gate = Gate(tmp_path, 3)
    process = bannasar.start("run", box, "--workers", "2", gate=gate)
    gate.wait(process)
    sandboxes(process)[0].kill()
    gate.open()
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, output + errors
    assert "12 archived, 0 failed" in output
    (story,) = bannasar.json("show", "a.pdf")["scans"]
    lost = [attempt for attempt in story["attempts"] if attempt["outcome"] == "failed"]
    assert {attempt["code"] for attempt in lost} == {"worker-lost"}
    assert_nothing_is_left(bannasar.archive)
