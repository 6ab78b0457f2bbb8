"""What runs on the workers of a Dask scheduler: each passes tasks to sandboxes of the run that sent them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from distributed import Worker, WorkerPlugin, get_worker

from models.failure import Code, Failure
from pipeline.execution.sandbox import Sandboxes


@dataclass(frozen=True, slots=True)
class Call:
    """A call for a worker, with its limits in seconds and megabytes; ``request`` is :attr:`Task.request`.

    ``run`` names the run whose sandboxes make the call. ``needs`` are the files on shared storage that the worker must
    see.
    """

    run: str
    request: bytes
    seconds: float
    megabytes: int
    needs: Sequence[Path]


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a call on a worker, when and where; the result is pickled, or a failure if the call was ended.

    ``unseen`` is a file that the call needs and the worker does not see: then the call was not made.
    """

    answer: bytes | Failure
    worker: str
    started: datetime
    seconds: float
    unseen: Path | None = None


class _SandboxesOfRun(WorkerPlugin):
    """The sandboxes of one run on one worker. They end with the run, and with the worker."""

    def __init__(self, megabytes: int, worker: str) -> None:
        self.sandboxes = Sandboxes(megabytes, worker=worker)

    def teardown(self, worker: Worker) -> None:  # noqa: ARG002  # Dask calls it so
        self.sandboxes.close()


def make_call(call: Call) -> Report:
    """Make a call in a sandbox within its limits, if the worker sees the files that it needs.

    The call is ended when nobody waits for it any more: the coordinator was stopped or killed.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    worker = get_worker()
    key = worker.get_current_task()

    def is_wanted() -> bool:
        task = worker.state.tasks.get(key)
        return task is not None and task.state != "cancelled"

    address = str(worker.address)
    for file in call.needs:
        if failure := why_unseen(file):
            return Report(failure, address, started, 0.0, file)
    of_run = cast("_SandboxesOfRun", worker.plugins.setdefault(call.run, _SandboxesOfRun(call.megabytes, address)))
    answer = of_run.sandboxes.call(call.request, call.seconds, is_wanted)
    return Report(answer, address, started, time.monotonic() - clock)


def end_sandboxes(run: str, dask_worker: Worker) -> None:
    """End the sandboxes of this run only on a worker; Dask passes the worker."""
    if of_run := dask_worker.plugins.pop(run, None):
        of_run.teardown(dask_worker)


def why_unseen(file: Path) -> Failure | None:
    """Return why a worker cannot use a file, None where it sees it."""
    try:
        if file.exists():
            return None
    except OSError as error:
        return Failure(code=Code.UNREADABLE, detail=f"{file}: {error.strerror}")
    return Failure(code=Code.CHANGED, detail=f"{file} is not there")
