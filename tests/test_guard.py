"""Servers of tests and measurements end with the process that started them."""

import os
import select
import signal
import subprocess
import sys

import pytest

from tests.conftest import ROOT

_SECONDS = 60
_STARTER = """
import signal, subprocess, sys
from pathlib import Path
from tests.guard import Guard
sleeper = subprocess.Popen(["sleep", "1000"], start_new_session=True)
guard = Guard(sleeper.pid, Path(sys.argv[1]))
if sys.argv[2] == "stopped":
    sleeper.send_signal(signal.SIGSTOP)
print(sleeper.pid, guard.pid, flush=True)
sys.stdin.read()
guard.dismiss()
sleeper.kill()
"""


@pytest.mark.parametrize(
    ("state", "end"), [("running", signal.SIGTERM), ("running", signal.SIGKILL), ("stopped", signal.SIGKILL)]
)
def test_what_was_started_ends_with_the_process_that_started_it(tmp_path, state, end):
    """However that process ends, and even if what it started is stopped; its folder goes with it."""
    folder, processes = _begin(tmp_path, state, lambda starter: starter.send_signal(end))
    assert all(select.select([process], [], [], _SECONDS)[0] for process in processes)
    assert not folder.exists()


def test_what_has_ended_in_order_needs_no_guard(tmp_path):
    """Its folder may be kept for others."""
    folder, processes = _begin(tmp_path, "running", lambda starter: starter.communicate())
    assert all(select.select([process], [], [], _SECONDS)[0] for process in processes)
    assert folder.exists()


def _begin(tmp_path, state, end):
    """Return the folder, and what was started and its guard as files that can be waited for."""
    folder = tmp_path / "data"
    (folder / "deep").mkdir(parents=True)
    command = [sys.executable, "-c", _STARTER, folder, state]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as starter:
        assert starter.stdout
        line = starter.stdout.readline()
        processes = [os.pidfd_open(int(pid)) for pid in line.split()]
        end(starter)
    return folder, processes
