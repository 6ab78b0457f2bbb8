"""The same tests for both executors, with real processes that are really killed."""

import asyncio
import gc
import logging
import os
import re
import signal
import threading
import time
from pathlib import Path

import cv2
import psutil
import pytest
from distributed import Client, LocalCluster

from models.errors import ScanError
from models.failure import Code
from pipeline.execution.dask_executor import DaskExecutor
from pipeline.execution.dask_worker import why_unseen
from pipeline.execution.local import LocalExecutor
from pipeline.execution.task import Task
from pipeline.logs import Ids
from tests.conftest import run_settings

EXECUTORS = ["local", "dask"]
MEGABYTES = 500
MARK = "XYLOPHONE"


def double(number: int) -> int:
    """Do some work."""
    return 2 * number


def refuse(number: int) -> int:
    """Fail with a code."""
    raise ScanError(Code.DAMAGED, f"number {number}")


def stumble(number: int) -> int:
    """Fail without a code."""
    raise ZeroDivisionError(number)


def fill_the_disk(number: int) -> int:
    """Fail as the system does when the disk is full."""
    raise OSError(28, "No space left on device", str(number))


def die(_number: int) -> int:
    """End the sandbox."""
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def report(number: int) -> int:
    """Log something, and fail without a code if the number is odd."""
    logging.getLogger("pipeline.page").info("a stage of %d", number)
    if number % 2:
        raise ValueError(MARK)
    return number


def threads(_number: int) -> tuple[str, int]:
    """Return how many threads Tesseract and OpenCV may use here."""
    return os.environ["OMP_THREAD_LIMIT"], cv2.getNumThreads()


def own_process(_number: int) -> int:
    """Return which process makes the call."""
    return os.getpid()


def wait_for(file: Path) -> int:
    """Wait until a file exists; write the id of the waiting process next to it."""
    file.with_suffix(".part").write_text(str(os.getpid()), "utf-8")
    file.with_suffix(".part").rename(file.with_suffix(".pid"))
    while not file.exists():
        time.sleep(0.02)
    return os.getpid()


@pytest.fixture(scope="module")
def scheduler():
    """Return the address of a Dask scheduler with two workers."""
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=False,
        protocol="tcp",
        host="127.0.0.1",
        dashboard_address=None,
        worker_dashboard_address=None,
        silence_logs=logging.CRITICAL,
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture(scope="module")
def prepare(tmp_path_factory, scheduler):
    """Return a function that prepares an executor of a kind with two workers."""

    def prepared(kind, **values):
        settings = {"workers": 2, "scheduler": "", "retries": 2, "retry_seconds": 0.01} | values
        if kind == "dask":
            return DaskExecutor(run_settings(**settings | {"scheduler": scheduler}), MEGABYTES)
        return LocalExecutor(run_settings(**settings), MEGABYTES, tmp_path_factory.mktemp("work"))

    return prepared


@pytest.fixture(scope="module", params=EXECUTORS)
def executor(request, prepare):
    with prepare(request.param) as opened:
        yield opened


def _run(executor, calls):
    left = list(calls)
    return list(executor.finished(lambda: Task(left[0][1], left[0][0], (left.pop(0)[1],), 20) if left else None))


def test_every_task_has_one_outcome(executor):
    """There are as many outcomes as tasks, each about its own task."""
    outcomes = _run(executor, [(double, number) for number in range(50)])
    assert {outcome.task.about: outcome.value for outcome in outcomes} == {number: 2 * number for number in range(50)}


def test_what_a_sandbox_logs_reaches_the_log_of_the_run(executor, caplog):
    """With its scan and page; of an error only the class and the place in our code."""
    caplog.set_level(logging.DEBUG, "pipeline")
    left = [Task(number, report, (number,), 20, scan=f"{number}" * 64, page=number) for number in (4, 5)]
    with caplog.filtering(Ids()):
        outcomes = {outcome.task.about: outcome for outcome in executor.finished(lambda: left.pop() if left else None)}
    assert (outcomes[4].value, outcomes[5].failure.code) == (4, Code.INTERNAL)
    logged = [record for record in caplog.records if record.scan != "-"]
    assert {(record.scan, record.page) for record in logged} == {("4" * 12, "4"), ("5" * 12, "5")}
    of_five = [record.getMessage() for record in logged if record.page == "5"]
    assert of_five[-3] == "a stage of 5"
    assert of_five[-2].startswith("ValueError at pipeline/execution/perform.py")
    assert re.fullmatch(r"failed \(internal\): report on \S+ after [\d.]+ s; it is not tried again", of_five[-1])
    assert MARK not in caplog.text


def test_a_sandbox_that_is_ended_is_logged(executor, caplog):
    """With the reason, and when its task is tried again."""
    caplog.set_level(logging.INFO, "pipeline")
    _run(executor, [(die, 1)])
    logged = [record.getMessage() for record in caplog.records]
    assert sum("has ended: it was ended by SIGKILL" in line for line in logged) == 3
    assert sum("tried again when nothing else is at work" in line for line in logged) == 2
    assert logged[-1].endswith("it is not tried again")


def test_tasks_are_taken_only_as_workers_come_free(executor):
    """A box of 100,000 pages needs no more memory than one of 100."""
    taken = 0
    most = 0

    def take() -> Task | None:
        nonlocal taken
        if taken == 60:
            return None
        taken += 1
        return Task(taken, double, (taken,), 20)

    for done, _outcome in enumerate(executor.finished(take), 1):
        most = max(most, taken - done)
    assert most <= 4


def test_every_error_becomes_a_failure_with_a_code(executor):
    """A failure keeps its code; one without a code gets one, and its traceback."""
    outcomes = {o.task.function.__name__: o for o in _run(executor, [(refuse, 1), (stumble, 2), (fill_the_disk, 3)])}
    assert outcomes["refuse"].failure.code is Code.DAMAGED
    assert outcomes["refuse"].failure.detail == "number 1"
    assert outcomes["stumble"].failure.code is Code.INTERNAL
    assert "ZeroDivisionError" in outcomes["stumble"].trace
    assert outcomes["fill_the_disk"].failure.code is Code.DISK_FULL


def test_tesseract_and_opencv_get_one_thread(executor):
    """With more, many workers lose their pages to time limits (Datashare PR #2234)."""
    (outcome,) = _run(executor, [(threads, 1)])
    assert outcome.value == ("1", 1)


def test_a_task_that_kills_its_sandbox_fails_alone(executor):
    """Its neighbours are not the cause, and succeed."""
    outcomes = _run(executor, [(double, 1), (die, 2), *((double, number) for number in range(3, 12))])
    failed = [(outcome.task.about, outcome.last) for outcome in outcomes if outcome.failure]
    assert failed == [(2, False), (2, False), (2, True)]
    assert outcomes[-1].task.about == 2  # its last try comes when everything else is done
    assert sorted(outcome.task.about for outcome in outcomes if outcome.last) == list(range(1, 12))
    assert next(o for o in outcomes if o.failure).failure.code is Code.WORKER_LOST


@pytest.mark.parametrize("kind", EXECUTORS)
def test_an_executor_that_ends_leaves_the_others_sandboxes_alone(prepare, kind, tmp_path):
    """Two archives can be digitised in one process: each ends its own sandboxes, and all of them."""
    gate = tmp_path / "gate"
    with prepare(kind) as lasting:
        tasks = [Task(1, wait_for, (gate,), 300)]
        at_work = []
        waiting = threading.Thread(
            target=lambda: at_work.extend(lasting.finished(lambda: tasks.pop() if tasks else None))
        )
        waiting.start()
        with prepare(kind) as short:
            (other,) = _run(short, [(own_process, 0)])
            pid = _written(gate.with_suffix(".pid"))
        assert not Path(f"/proc/{other.value}").exists()
        assert psutil.pid_exists(pid)
        gate.touch()
        waiting.join()
    assert [outcome.value for outcome in at_work] == [pid]
    assert not Path(f"/proc/{pid}").exists()


def _written(file: Path) -> int:
    end = time.monotonic() + 300
    while not file.exists():
        assert time.monotonic() < end
        time.sleep(0.02)
    return int(file.read_text("utf-8"))


def test_a_scheduler_is_not_asked_for_its_workers_with_each_task(prepare, monkeypatch):
    """It would tell all that it knows of each of them; and calls and reports travel many at a time."""
    asked = []
    info = Client.scheduler_info

    def counted(client, **how):
        asked.append(how)
        return info(client, **how)

    monkeypatch.setattr(Client, "scheduler_info", counted)
    monkeypatch.setattr("pipeline.execution.dask_executor._SECONDS_BETWEEN_LOOKS", 3600)
    with prepare("dask") as executor:
        assert len(_run(executor, [(double, number) for number in range(20)])) == 20
    assert len(asked) == 1


def test_a_local_run_that_is_stopped_ends_what_its_sandboxes_do(prepare, tmp_path):
    """Nobody waits for a page when the run is over."""
    tasks = [Task(1, wait_for, (tmp_path / "never",), 300)]
    at_work = []

    def take() -> Task:
        if not tasks:
            at_work.append(psutil.Process(_written(tmp_path / "never.pid")))
            raise KeyboardInterrupt
        return tasks.pop()

    with pytest.raises(KeyboardInterrupt), prepare("local") as stopped:
        list(stopped.finished(take))
    ended, alive = psutil.wait_procs(at_work, timeout=300)
    assert (len(ended), alive) == (1, [])


def test_a_worker_says_why_it_cannot_use_a_file(tmp_path):
    """A missing file, and one whose status cannot be read, as with a stale handle of a network share."""
    assert why_unseen(tmp_path) is None
    gone, unreadable = why_unseen(tmp_path / "gone"), why_unseen(tmp_path / ("x" * 300))
    assert gone is not None
    assert gone.code is Code.CHANGED
    assert unreadable is not None
    assert unreadable.code is Code.UNREADABLE


def test_a_machine_that_cannot_start_a_process_is_named(tmp_path):
    """Its own disk may be full, or read-only; the run continues."""
    (tmp_path / "work").touch()
    with LocalExecutor(run_settings(workers=1, scheduler=""), MEGABYTES, tmp_path / "work") as executor:
        outcomes = _run(executor, [(double, 1)])
    assert {outcome.failure.code for outcome in outcomes} == {Code.WORKER_LOST}
    assert outcomes[-1].failure.detail.startswith(outcomes[-1].worker + ": ")
    assert outcomes[-1].worker


def test_no_scheduler_is_called_for_nothing():
    """A box without new scans takes almost no time."""
    with DaskExecutor(run_settings(scheduler="tcp://127.0.0.1:1"), MEGABYTES) as unused:
        assert list(unused.finished(lambda: None)) == []


def test_nobody_can_reach_the_sandboxes_of_this_machine(prepare):
    """Case files are confidential: a run on one machine opens no port."""
    own = psutil.Process()

    def listening(*processes: psutil.Process) -> set[tuple[str, int]]:
        return {
            tuple(connection.laddr)
            for process in processes
            for connection in process.net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        }

    before = listening(own)
    with prepare("local") as executor:
        (outcome,) = _run(executor, [(own_process, 1)])
        assert listening(own, psutil.Process(outcome.value)) == before


def test_nothing_is_printed_of_what_dask_leaves_behind(prepare, caplog):
    """While it closes, it sometimes drops a failed future; standard error is for the run's own messages.

    The messages of other asyncio code in this process are still printed.
    """

    def drop(gone: threading.Event) -> None:
        asyncio.get_running_loop().create_future().set_exception(OSError())
        gc.collect()
        gone.set()

    async def drop_here() -> None:
        drop(threading.Event())

    def complaints() -> int:
        return len([record for record in caplog.records if record.name == "asyncio"])

    with prepare("dask") as executor:
        _run(executor, [(double, 1)])
        gone = threading.Event()
        executor._client.loop.add_callback(drop, gone)
        assert gone.wait(60)
    assert complaints() == 0
    asyncio.run(drop_here())
    assert complaints() == 1


def test_calls_that_come_one_by_one_are_made_by_one_process(prepare):
    """A second one, which takes a second to start, is started only when there is work for two."""
    with prepare("local") as executor:
        assert len({outcome.value for number in range(4) for outcome in _run(executor, [(own_process, number)])}) == 1
