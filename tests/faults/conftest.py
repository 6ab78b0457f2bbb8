"""Shared by the tests of faults: the command ``bannasar``, and the content of an archive."""

import contextlib
import hashlib
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import psutil
import pytest

from pipeline.archive.bag import bags
from pipeline.archive.fixity import verify_bag
from tests.cli.conftest import Bannasar

# A call in its own mount namespace: mounts in it are invisible to other processes, and end with it.
APART = ("unshare", "--map-root-user", "--mount", "sh", "-ec")
_SANDBOX = "pipeline.execution.sandbox_process"


@pytest.fixture
def bannasar(tmp_path: Path) -> Bannasar:
    """Return ``bannasar`` with a new archive."""
    return Bannasar(tmp_path / "archive")


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """Return an empty box."""
    folder = tmp_path / "box-1"
    folder.mkdir()
    return folder


def until(condition: Callable[[], object], process: subprocess.Popen[str], seconds: float = 300) -> None:
    """Wait until something has happened, while the run continues; it may be the last act of the run."""
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None or condition(), process.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)


def results(archive: Path) -> int:
    """Return how many pages have been read so far."""
    return len(list((archive / "results").rglob("*.json.gz")))


def sandboxes(process: subprocess.Popen[Any]) -> list[psutil.Process]:
    """Return the sandboxes that work for a process: the children of their guards. They may end at any time."""
    found = []
    with contextlib.suppress(psutil.NoSuchProcess):  # also of a process that has ended but is still listed
        for child in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                guard = child.parent()
                if guard and _SANDBOX in child.cmdline() and _SANDBOX in guard.cmdline():
                    found.append(child)
    return found


def contents(archive: Path) -> dict[str, Any]:
    """Return the content of an archive, without the times at which it was made, and without earlier versions."""
    held: dict[str, Any] = {}
    for bag in bags(archive):
        assert verify_bag(bag) == []
        for file in sorted((bag / "data").rglob("*")):
            name = str(file.relative_to(archive))
            if file.name == "case.json":
                held[name] = json.loads(file.read_text("utf-8")) | {"created": "", "history": []}
                for restriction in held[name]["restrictions"]:
                    restriction["at"] = ""
            elif file.suffix == ".pdf" and file.parent.name == "documents":
                with pikepdf.open(file) as pdf:
                    held[name] = len(pdf.pages)
            elif file.suffix == ".xml":
                held[name] = "ALTO"
            elif file.is_file():
                held[name] = hashlib.sha256(file.read_bytes()).hexdigest()
    return held


def assert_nothing_is_left(archive: Path) -> None:
    """Check that no process of a run still runs, and that no unfinished work is left."""
    end = time.monotonic() + 300
    while left := _processes(archive.parent):
        assert time.monotonic() < end, left
        time.sleep(0.05)
    assert list(archive.glob("tmp*")) == []
    assert list((archive / "results").rglob("*.part")) == []


def _processes(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found
