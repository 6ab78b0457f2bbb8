"""Sandboxes that stay for the next test are as if they had been started for it."""

import os
import pickle
from pathlib import Path

import pytest

from models.failure import Failure
from pipeline.execution.perform import unpickled
from pipeline.execution.sandbox import Sandboxes
from tests.faults.poison import crash

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("warm_sandboxes")]

MEGABYTES = 300


def whereabouts() -> tuple[int, Path, dict[str, str]]:
    """Return the process, its current folder and its variables."""
    return os.getpid(), Path.cwd(), dict(os.environ)


def _seen(sandboxes: Sandboxes) -> tuple[int, Path, dict[str, str]]:
    seen: tuple[int, Path, dict[str, str]] = unpickled(sandboxes.call(pickle.dumps((whereabouts, ())), 300)).value
    return seen


def _own(environment: dict[str, str]) -> set[tuple[str, str]]:
    return {(name, value) for name, value in environment.items() if name != "PYTEST_CURRENT_TEST"}


def test_the_next_test_finds_its_own_folder_and_variables(tmp_path, monkeypatch):
    """In the same process, as far as it has not died."""
    monkeypatch.setenv("BANNASAR_RUN__RETRIES", "7")
    first = Sandboxes(MEGABYTES)
    pid, _, before = _seen(first)
    first.close()
    monkeypatch.delenv("BANNASAR_RUN__RETRIES")
    monkeypatch.setenv("BANNASAR_RUN__WORKERS", "3")
    monkeypatch.chdir(tmp_path)
    second = Sandboxes(MEGABYTES)
    assert _seen(second)[:2] == (pid, tmp_path)
    assert _own(_seen(second)[2]) == _own(before) - {("BANNASAR_RUN__RETRIES", "7")} | {("BANNASAR_RUN__WORKERS", "3")}
    assert isinstance(second.call(pickle.dumps((crash, (1,))), 300), Failure)
    second.close()
    third = Sandboxes(MEGABYTES)
    assert _seen(third)[0] != pid
    third.close()
