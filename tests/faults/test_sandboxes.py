"""A page that hangs, uses too much memory or crashes harms only itself, and leaves nothing behind."""

import os
import signal
import threading
import time
from pathlib import Path

import psutil
import pytest

from models.failure import Code
from pipeline.execution.local import LocalExecutor
from pipeline.execution.task import Task
from tests.conftest import run_settings
from tests.faults import poison


@pytest.fixture(scope="module")
def executor(tmp_path_factory):
    settings = run_settings(workers=2, retries=0, retry_seconds=0)
    with LocalExecutor(settings, 300, tmp_path_factory.mktemp("work")) as opened:
        yield opened


def _run(executor, *calls, seconds=2.0):
    left = list(calls)
    return list(
        executor.finished(lambda: Task(left[0][1], left[0][0], (left.pop(0)[1],), seconds) if left else None),
    )


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (poison.loop_in_c, Code.TIMEOUT),
        (poison.eat_memory, Code.OUT_OF_MEMORY),
        (poison.eat_memory_at_once, Code.OUT_OF_MEMORY),
        (poison.have_a_program_eat_memory, Code.OUT_OF_MEMORY),
    ],
)
def test_a_poison_page_is_tried_again_alone_and_fails_by_itself(executor, fault, code):
    """Its neighbours are finished before its second try, and the next page is read as usual."""
    seconds = 2.0 if code is Code.TIMEOUT else 20.0
    outcomes = _run(executor, (poison.work, 1), (fault, 2), *((poison.work, n) for n in range(3, 9)), seconds=seconds)
    failed = [outcome for outcome in outcomes if outcome.failure]
    assert {(one.task.about, one.failure.code) for one in failed} == {(2, code)}
    assert [one.last for one in failed] == [False, True]
    assert outcomes[-1].task.about == 2
    assert sorted(one.value for one in outcomes if not one.failure) == [1, 3, 4, 5, 6, 7, 8]


def test_the_failure_says_what_the_limit_was_or_how_the_process_ended(executor):
    """An operator can distinguish a slow page from a crash."""
    details = {o.task.about: o.failure.detail for o in _run(executor, (poison.loop_in_c, 1), (poison.crash, 2))}
    assert details == {1: "it took more than 2 s", 2: "it was ended by SIGSEGV"}


def test_what_a_library_prints_is_not_taken_for_an_answer(executor):
    """Some print warnings to standard output."""
    (outcome,) = _run(executor, (poison.chatter, 7))
    assert outcome.value == 7


def _left(note: Path) -> tuple[list[psutil.Process], Path]:
    end = time.monotonic() + 300
    while not note.exists():
        assert time.monotonic() < end
        time.sleep(0.02)
    *pids, folder = note.read_text("utf-8").split()
    return [psutil.Process(int(pid)) for pid in pids], Path(folder)


@pytest.mark.parametrize("killed", ["nobody", "sandbox", "guard"])
def test_nothing_is_left_behind_whoever_is_killed(tmp_path, killed):
    """No program keeps running and no temporary file stays, after the time limit as well as after kill -9."""
    note = tmp_path / "note"
    seen = []

    def kill() -> None:
        (sandbox, guard, program), folder = _left(note)
        seen.extend([folder, sandbox, guard, program])
        victims = {"sandbox": sandbox, "guard": guard}
        if killed != "nobody":
            os.kill(victims[killed].pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    settings = run_settings(workers=1, retries=0, retry_seconds=0)
    with LocalExecutor(settings, 300, tmp_path / "work") as executor:
        tasks = [Task(1, poison.leave_things_behind, (note,), 5.0 if killed == "nobody" else 300.0)]
        outcome = next(executor.finished(lambda: tasks.pop() if tasks else None))
        killer.join()
        folder, *processes = seen
        gone, alive = psutil.wait_procs(processes, timeout=300)
        assert outcome.failure is not None
        assert outcome.failure.code is (Code.TIMEOUT if killed == "nobody" else Code.WORKER_LOST)
        assert not alive
        assert len(gone) == 3
        assert not folder.exists()
    assert list((tmp_path / "work").iterdir()) == []
