"""The command line as people use it, in a plain locale, in Phnom Penh's time, in this process or a new one."""

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from samples.typeset import render_page
from tests.conftest import BANNASAR, ROOT
from tests.gate import Gate
from tests.in_process import call

PLAIN = {"LANG": "C", "LC_ALL": "C", "TZ": "Asia/Phnom_Penh", "TERM": "dumb", "COLUMNS": "120"}


@dataclass
class Bannasar:
    """Calls ``bannasar`` with its own archive."""

    archive: Path

    def command(self, *arguments: object) -> list[str]:
        """Return the command line."""
        return [*BANNASAR, *map(str, arguments), "--archive", str(self.archive)]

    def variables(self, **more: str) -> dict[str, str]:
        """Return the variables that are set for it; temporary failures are tried again at once."""
        return {**PLAIN, "BANNASAR_RUN__RETRY_SECONDS": "0.05", **more}

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of a new process."""
        return {**os.environ, "PYTHONPATH": str(ROOT), **self.variables(**more)}

    def __call__(self, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end in this process: that takes a tenth of the time."""
        words = self.command(*arguments)[len(BANNASAR) :]
        # A second sandbox would take longer to start than it saves.
        variables = {"BANNASAR_RUN__WORKERS": "1"} | self.variables(**environment)
        return call(*words, environment=variables, folder=self.archive.parent)

    def process(self, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end in a new process."""
        return subprocess.run(
            self.command(*arguments),
            capture_output=True,
            encoding="utf-8",
            env=self.environment(**environment),
            cwd=self.archive.parent,
            timeout=300,
            check=False,
        )

    def start(self, *arguments: object, gate: Gate | None = None, **environment: str) -> subprocess.Popen[str]:
        """Start it in a new process group, so that it can be stopped; with a gate if one is given."""
        command = self.command(*arguments)
        if gate:
            command, environment = gate.within(command), environment | gate.environment
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=self.environment(**environment),
            cwd=self.archive.parent,
            start_new_session=True,
        )

    def json(self, *arguments: object) -> Any:
        """Run it and return the JSON it prints."""
        done = self(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def scans(self, box: str) -> dict[str, dict[str, Any]]:
        """Return the state of each scan of a box, by path."""
        (told,) = self.json("status", box)["boxes"]
        return {scan["path"]: scan for scan in told["scans"]}


@pytest.fixture(scope="module", autouse=True)
def _warm(warm_sandboxes: None) -> None:
    """Let no run within this process wait for a sandbox to start; those of processes of their own do."""


@pytest.fixture
def bannasar(tmp_path: Path) -> Bannasar:
    """Return ``bannasar`` with a new archive."""
    return Bannasar(tmp_path / "archive")


@pytest.fixture(scope="session")
def three_archived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a box of three scans and the archive that was made of it."""
    folder = tmp_path_factory.mktemp("three")
    for name in "abc":
        write_page(folder / "box" / f"{name}.jpg", f"លេខ ២១{ord(name)} សាលក្រមព្រហ្មទណ្ឌ", f"Le greffier {name}")
    return with_archive(folder, "box")


@pytest.fixture
def archived(bannasar: Bannasar, three_archived: Path) -> Bannasar:
    """Return ``bannasar`` with an archive of the three case files box_a.jpg to box_c.jpg, which a test may change."""
    shutil.copytree(three_archived / "archive", bannasar.archive)
    return bannasar


@pytest.fixture(scope="session")
def one_archived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the box box-1 of one scan, 1.png, and the archive that was made of it."""
    folder = tmp_path_factory.mktemp("one")
    write_page(folder / "box-1" / "1.png", "Le greffier en chef")
    return with_archive(folder, "box-1")


@pytest.fixture
def archived_box(bannasar: Bannasar, one_archived: Path) -> Path:
    """Return the box of one scan, only for reading, with ``bannasar``'s archive made from it."""
    shutil.copytree(one_archived / "archive", bannasar.archive)
    return one_archived / "box-1"


def copy_of(made: Path, to: Path) -> None:
    """Copy a folder with a box and its archive, as if both had been made there."""
    shutil.copytree(made, to, dirs_exist_ok=True)
    with contextlib.closing(sqlite3.connect(to / "archive" / "ledger.db")) as ledger, ledger:
        ledger.execute("UPDATE boxes SET root = replace(root, ?, ?)", (str(made), str(to)))


def with_archive(folder: Path, box: str) -> Path:
    """Make an archive of the box in a folder next to it, and return the folder."""
    done = Bannasar(folder / "archive")("run", folder / box)
    assert done.returncode == 0, done.stderr
    return folder


def write_page(file: Path, *lines: str, dpi: int = 150) -> Path:
    """Write a clean page with these lines as a picture or a PDF."""
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(render_page(lines, size=13, dpi=dpi)).save(file, resolution=dpi, dpi=(dpi, dpi))
    return file


def write_pages(file: Path, pages: int, dpi: int = 100, title: str = "du dossier") -> Path:
    """Write a PDF of pages, each with its own number."""
    file.parent.mkdir(parents=True, exist_ok=True)
    pictures = [
        Image.fromarray(render_page([f"Page {number} {title}"], face="Liberation Serif", size=14, dpi=dpi))
        for number in range(1, pages + 1)
    ]
    pictures[0].save(file, save_all=True, append_images=pictures[1:], resolution=dpi)
    return file
