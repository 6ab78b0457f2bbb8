"""The workers: real processes, really killed."""

import asyncio
import gc
import ipaddress
import os
import signal
import threading
from pathlib import Path

import psutil
import pytest
from distributed import default_client

from models.errors import ScanError
from models.failure import Code
from pipeline.execution.pool import Pool, Task
from pipeline.execution.worker import why_unseen
from tests.conftest import run_settings


def double(number: int) -> int:
    """Do some work."""
    return 2 * number


def refuse(number: int) -> int:
    """Fail with a name."""
    raise ScanError(Code.DAMAGED, f"number {number}")


def stumble(number: int) -> int:
    """Fail without a name."""
    raise ZeroDivisionError(number)


def fill_the_disk(number: int) -> int:
    """Fail as the system does when the disk is full."""
    raise OSError(28, "No space left on device", str(number))


def die(_number: int) -> int:
    """Take the worker along."""
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def threads(_number: int) -> str:
    """Tell how many threads Tesseract may use here."""
    return os.environ["OMP_THREAD_LIMIT"]


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    with Pool(
        run_settings(workers=2, scheduler="", retries=2, retry_seconds=0.01), 500, tmp_path_factory.mktemp("work")
    ) as opened:
        yield opened


def _run(pool, calls):
    left = list(calls)
    return list(pool.finished(lambda: Task(left[0][1], left[0][0], (left.pop(0)[1],), 20) if left else None))


def test_every_task_has_one_outcome(pool):
    """As many outcomes as tasks, each about its own."""
    outcomes = _run(pool, [(double, number) for number in range(50)])
    assert {outcome.task.about: outcome.value for outcome in outcomes} == {number: 2 * number for number in range(50)}


def test_tasks_are_taken_only_as_workers_come_free(pool):
    """A box of 100,000 pages needs no more memory than one of 100."""
    taken = 0
    most = 0

    def take() -> Task | None:
        nonlocal taken
        if taken == 60:
            return None
        taken += 1
        return Task(taken, double, (taken,), 20)

    for done, _outcome in enumerate(pool.finished(take), 1):
        most = max(most, taken - done)
    assert most <= 4


def test_every_error_becomes_a_failure_with_a_code(pool):
    """A failure keeps its name; one without gets one, and its traceback."""
    outcomes = {o.task.function.__name__: o for o in _run(pool, [(refuse, 1), (stumble, 2), (fill_the_disk, 3)])}
    assert outcomes["refuse"].failure.code is Code.DAMAGED
    assert outcomes["refuse"].failure.detail == "number 1"
    assert outcomes["stumble"].failure.code is Code.INTERNAL
    assert "ZeroDivisionError" in outcomes["stumble"].trace
    assert outcomes["fill_the_disk"].failure.code is Code.DISK_FULL


def test_tesseract_gets_one_thread(pool):
    """With more, many workers lose their pages to time limits (Datashare PR #2234)."""
    (outcome,) = _run(pool, [(threads, 1)])
    assert outcome.value == "1"


def test_a_task_that_kills_its_worker_fails_alone(pool):
    """Its neighbours, whom Dask blames too, are innocent and come through."""
    outcomes = _run(pool, [(double, 1), (die, 2), *((double, number) for number in range(3, 12))])
    failed = [(outcome.task.about, outcome.last) for outcome in outcomes if outcome.failure]
    assert failed == [(2, False), (2, False), (2, True)]
    assert sorted(outcome.task.about for outcome in outcomes if outcome.last) == list(range(1, 12))
    assert next(o for o in outcomes if o.failure).failure.code is Code.WORKER_LOST


def test_a_worker_says_why_it_cannot_do_with_a_file(tmp_path):
    """One that is not there, and one that cannot even be looked at, as with a stale handle of a network share."""
    assert why_unseen(tmp_path) is None
    assert why_unseen(tmp_path / "gone").code is Code.CHANGED
    assert why_unseen(tmp_path / ("x" * 300)).code is Code.UNREADABLE


def test_a_worker_that_cannot_start_a_process_is_named(tmp_path):
    """Its own disk may be full, or read-only; the run goes on."""
    (tmp_path / "work").touch()
    with Pool(run_settings(workers=1, scheduler=""), 500, tmp_path / "work") as pool:
        outcomes = _run(pool, [(double, 1)])
    assert {outcome.failure.code for outcome in outcomes} == {Code.WORKER_LOST}
    assert outcomes[-1].failure.detail.startswith("inproc://")


def test_no_worker_is_started_for_nothing(tmp_path):
    """A box that holds nothing new is done in no time."""
    with Pool(
        run_settings(workers=2, scheduler="tcp://127.0.0.1:1", retries=0, retry_seconds=0), 500, tmp_path
    ) as unused:
        assert list(unused.finished(lambda: None)) == []


def test_nobody_from_outside_can_reach_the_workers(pool):
    """Case files are nobody else's business: every server listens on this machine's loopback only."""
    _run(pool, [(double, 1)])
    own = psutil.Process()
    listening = {
        ipaddress.ip_address(connection.laddr.ip)
        for process in (own, *own.children(recursive=True))
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening
    # A process of Java writes 127.0.0.1 as an address of IPv6.
    assert all((getattr(address, "ipv4_mapped", None) or address).is_loopback for address in listening), listening


def test_nothing_is_printed_of_what_dask_leaves_behind(pool, caplog):
    """Now and then it drops a future that failed, as it closes; standard error is for what a run says."""
    _run(pool, [(double, 1)])
    gone = threading.Event()

    def drop() -> None:
        asyncio.get_running_loop().create_future().set_exception(OSError())
        gc.collect()
        gone.set()

    default_client().loop.add_callback(drop)
    assert gone.wait(60)
    assert [record for record in caplog.records if record.name == "asyncio"] == []


def test_calls_that_come_one_by_one_are_made_by_one_process(pool):
    """Another is started, which takes a second, only when two have something to do."""
    assert len({outcome.value for number in range(4) for outcome in _run(pool, [(_own_process, number)])}) == 1


def test_workers_end_with_their_pool(tmp_path):
    """Nothing is left behind."""
    with Pool(run_settings(workers=1, scheduler="", retries=0, retry_seconds=0), 500, tmp_path / "work") as short:
        (outcome,) = _run(short, [(_own_process, 0)])
    assert not Path(f"/proc/{outcome.value}").exists()
    assert tmp_path.exists()


def _own_process(_number: int) -> int:
    return os.getpid()
