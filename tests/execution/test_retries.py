"""What is tried again and when, and what an operator sees during the wait."""

import errno
import os
from types import SimpleNamespace

import pytest

from models.failure import Code
from pipeline.execution import disk_guard
from pipeline.execution.disk_guard import DiskGuard
from pipeline.execution.executor import Flight
from pipeline.execution.retry import Retry, plan_retry, plan_retry_after_loss
from pipeline.execution.retry_queue import RetryQueue
from pipeline.execution.task import Task
from tests.conftest import run_settings


def _flight(about):
    return Flight(Task(about, print, (), 1))


def test_what_may_pass_is_given_more_time_with_each_try():
    """A share may be lost for a moment, or for the night."""
    settings = run_settings(retries=3, retry_seconds=2)
    plans = [plan_retry(Code.UNREADABLE, tries, settings) for tries in range(1, 5)]
    assert plans == [Retry(2), Retry(8), Retry(32), None]


@pytest.mark.parametrize(("code", "times"), [(Code.TIMEOUT, 1), (Code.OUT_OF_MEMORY, 1), (Code.WORKER_LOST, 2)])
def test_what_may_be_the_pages_own_fault_is_tried_again_alone(code, times):
    """Regardless of the number of retries: each try may harm other pages."""
    settings = run_settings(retries=9, retry_seconds=2)
    plans = [plan_retry(code, tries, settings) for tries in range(1, times + 2)]
    assert plans == [Retry(alone=True)] * times + [None]


@pytest.mark.parametrize("code", [Code.DAMAGED, Code.NO_TEXT, Code.INTERNAL, Code.PAGE_TOO_LARGE])
def test_what_will_not_change_is_not_tried_again(code):
    """The paper, or the software, does not change during the run."""
    assert plan_retry(code, 1, run_settings(retries=9)) is None


def test_a_task_whose_worker_is_lost_again_and_again_fails_at_last():
    """Workers of a scheduler may disappear; but if a task loses each of them, the task is the cause."""
    assert [plan_retry_after_loss(losses) for losses in (1, 5, 6)] == [Retry(), Retry(), None]


def test_a_task_waits_for_its_time_or_until_nothing_else_is_at_work():
    """First the tasks that are due, then those that must run alone."""
    queue = RetryQueue()
    paused: list[str] = []
    queue.put(_flight("alone"), Retry(alone=True))
    queue.put(_flight("now"), Retry())
    queue.put(_flight("soon"), Retry(0.01))
    due = queue.due()
    assert due is not None
    assert due.task.about == "now"
    assert [queue.wait(paused.append).task.about for _ in range(2)] == ["soon", "alone"]
    assert not queue
    assert paused == []  # such a short wait needs no message


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))]
)
def test_a_run_waits_while_the_disk_is_full(tmp_path, monkeypatch, error):
    """It shows why, and when it continues; nothing is lost."""
    monkeypatch.setattr(disk_guard, "_SECONDS_BETWEEN_LOOKS", 0)
    failing, written = [error, error], []
    paused: list[str] = []

    def write() -> None:
        if failing:
            raise failing.pop()
        written.append(1)

    DiskGuard(tmp_path, 0, paused.append).write(write)
    assert written == [1]
    full = f"Paused: the disk of {tmp_path} is full. Free some space to continue."
    assert paused == [full, "", full, ""]


def test_another_error_of_the_disk_is_not_waited_for(tmp_path):
    """A read-only disk stays read-only."""

    def write() -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with pytest.raises(OSError, match=os.strerror(errno.EROFS)):
        DiskGuard(tmp_path, 0, print).write(write)


def test_a_run_waits_while_less_is_free_than_is_set(tmp_path, monkeypatch):
    """A run must not fill the disk of a machine that also does other work."""
    monkeypatch.setattr(disk_guard, "_SECONDS_BETWEEN_LOOKS", 0)
    paused: list[str] = []

    def usage(_folder):
        return SimpleNamespace(free=5 << 30 if paused else 0)  # somebody frees space after the message

    monkeypatch.setattr("shutil.disk_usage", usage)
    DiskGuard(tmp_path, 4.0, paused.append).wait()
    assert paused == [
        f"Paused: 0.00 GB is free at {tmp_path}, less than 4 GB. Free some space to continue.",
        "",
    ]
