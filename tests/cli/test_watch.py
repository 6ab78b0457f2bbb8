"""`bannasar watch`: scans are ingested as a scanner saves them."""

import signal
import time

from tests.cli.conftest import write_page, write_pages
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
