"""Files and folders with any name are archived with all their bytes, and nothing outside the archive is touched."""

import os
from pathlib import Path

from pipeline.archive.bag import bags
from pipeline.archive.fixity import verify_bag
from tests.cli.conftest import Bannasar, write_page

NAMES = [
    "two\nlines.png",
    "ទំព័រទី១.png",
    "ក" * 83 + ".png",
    " spaces .png",
    "-rf.png",
    "a%2f..%2f..%2fescape.png",
    "a\\..\\..\\escape.png",
    "quote'\"`$(touch pwned)`.png",
    "CON.png",
    "café.png",
    "cafe\u0301.png",  # the same to the eye, in Unicode's form D
    "[bold]markup[/].png",
]


def _all_files(folder: Path) -> set[Path]:
    return {file for file in folder.rglob("*") if file.is_file()}


def test_awkward_names_are_archived(tmp_path):
    """Newlines, 250 bytes, Khmer, special characters of shells and programs, and names that lead to other places."""
    box = tmp_path / "..evil\nbox ប្រអប់"
    deep = box / ("d" * 250) / ("e" * 250)
    for number, name in enumerate(NAMES):
        write_page(box / name, f"Pièce {number}", dpi=100)
    write_page(deep / ("f" * 250 + ".png"), "Pièce profonde", dpi=100)
    write_page(box / "latin.png", "Pièce latine", dpi=100).rename(box / os.fsdecode(b"latin-\xe9.png"))
    secret = write_page(tmp_path / "secret.png", "secret")
    (box / "leads-out.png").symlink_to(secret)
    (box / "leads-up").symlink_to(tmp_path)
    (box / "leads-nowhere.png").symlink_to("nowhere")
    os.mkfifo(box / "pipe.png")
    outside = _all_files(tmp_path)
    bannasar = Bannasar(tmp_path / "archive")
    done = bannasar("run", box)
    assert done.returncode == 2, done.stderr
    scans = bannasar.scans(box.name)
    refused = {path: scan["code"] for path, scan in scans.items() if scan["state"] == "refused"}
    assert set(refused) == {"leads-out.png", "leads-up", "leads-nowhere.png", "pipe.png"}
    assert set(refused.values()) == {"outside-box"}
    assert sum(scan["state"] == "archived" for scan in scans.values()) == len(NAMES) + 2
    found = list(bags(bannasar.archive))
    assert len(found) == len(NAMES) + 2
    assert all(verify_bag(bag) == [] for bag in found)
    assert {file for file in _all_files(tmp_path) if not file.is_relative_to(bannasar.archive)} == outside
    assert all(file.resolve().is_relative_to(bannasar.archive) for file in bannasar.archive.rglob("*"))
    for path in (path for path, scan in scans.items() if scan["state"] == "archived"):
        assert bannasar.json("show", f"{box.name}/{path}")["scans"][0]["bag"]
