"""`bannasar watch`: scans are ingested as a scanner saves them."""

import signal
import subprocess
import sys
import time

from tests.cli.conftest import write_page, write_pages
from tests.conftest import ROOT
from tests.faults.conftest import results, until


def test_a_scan_is_taken_in_when_it_has_stopped_growing_and_after_a_restart(bannasar, tmp_path):
    """Half a file is not ingested, Ctrl-C ends the watch, and the next watch continues where it was."""
    box = tmp_path / "inbox"
    write_page(box / "1.png", "Première pièce")
    whole = write_pages(tmp_path / "whole.pdf", 2, title="d'une longue pièce").read_bytes()
    process = bannasar.start("watch", box, "--settle", "4")
    until(lambda: results(bannasar.archive) == 1, process)
    with (box / "2.pdf").open("wb") as stream:
        for piece in range(16):
            stream.write(whole[piece * len(whole) // 16 : (piece + 1) * len(whole) // 16])
            stream.flush()
            time.sleep(0.4)  # slower than the scanner, faster than the patience of the watcher
    assert "2.pdf" not in bannasar.scans("inbox")
    until(lambda: results(bannasar.archive) == 3, process)
    box.rename(tmp_path / "gone")  # as a network share does for a while
    assert process.stderr is not None
    assert any("inbox cannot be read" in line for line in process.stderr)
    (tmp_path / "gone").rename(box)
    assert any("inbox is there again" in line for line in process.stderr)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 130
    assert "Traceback" not in errors
    write_page(box / "3.png", "Troisième pièce")
    assert bannasar("watch", box, "--settle", "0.5", "--once").returncode == 0
    assert {path: scan["state"] for path, scan in bannasar.scans("inbox").items()} == {
        "1.png": "archived",
        "2.pdf": "archived",
        "3.png": "archived",
    }


# A Ctrl-C that comes while Python cleans up an object is not raised, but printed.
_CTRL_C_DURING_A_CLEAN_UP = """
import signal, sys, time
from pathlib import Path
from cli.running import run_and_report
from config.settings import load
import typer

class Cleaned:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

def work(archive, watch):
    cleaned = Cleaned()
    del cleaned
    time.sleep(600)

try:
    run_and_report(load(archive=Path(sys.argv[1])), work)
except typer.Exit as ended:
    sys.exit(ended.exit_code)
"""


def test_ctrl_c_is_not_lost_in_a_clean_up(tmp_path):
    """It ends the run a moment later, and no traceback is printed."""
    command = [sys.executable, "-c", _CTRL_C_DURING_A_CLEAN_UP, str(tmp_path / "archive")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 130
    assert "Stopped." in done.stderr
    assert "Traceback" not in done.stderr
