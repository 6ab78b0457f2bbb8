"""Machines that only seem to read: workers of a Dask scheduler that wait, and return pages that were made before.

``python -m tests.bench.made_machines SCHEDULER MACHINES WORKERS SECONDS_A_PAGE SECONDS_BETWEEN_DEATHS`` runs so many
machines with so many workers each, and now and then kills one and starts another in its place. They take the same calls
as real workers and answer with the same records, so that nothing is different for the coordinator. What differs is
here: a call is made in the worker's own thread and not in a sandbox; a page takes no work, only time, neither when it
is read nor when it is analysed; a bag has the record, the pages and the lists, and no PDF or ALTO.
"""

import asyncio
import hashlib
import os
import pickle
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import dask
from distributed import Worker

from models.actor import Actor
from models.case import CaseFile
from models.failure import Failure
from models.page import Page
from models.scan import Kind
from models.settings import Settings
from pipeline.archive.bag import bag_folder, page_path
from pipeline.archive.measure import measure
from pipeline.archive.places import work_folder
from pipeline.archive.placing import NewBag
from pipeline.archive.results import Packed, packed
from pipeline.execution import dask_worker, tasks
from pipeline.execution.perform import Done
from pipeline.execution.source import Source
from pipeline.execution.tasks import Archived
from pipeline.index.entry import Analysed, Entry, abouts_of, entries_of
from pipeline.intake.inspect import Inspection
from pipeline.page.recipe import fingerprint
from tests.bench.made_pages import PAGES_A_CASE
from tests.bench.scale_pages import case_of, page, read
from tests.bench.walked_archive import write_bag

PAGES_A_SCAN = 10
_DIFFERENT = 200
"""So many pages are made; a page of a scan is one of them."""


class _Made:
    """What a machine knows before it starts."""

    seconds = 0.0
    recipe = ""


class _InThread:
    """Makes calls as sandboxes do, but in the worker's own thread."""

    def __init__(self, _megabytes: int, _temporary: Path | None = None, worker: str = "") -> None:
        self.worker = worker

    def call(self, request: bytes, _seconds: float, _is_wanted: Callable[[], bool]) -> bytes | Failure:
        function, arguments, *_ = pickle.loads(request)  # noqa: S301  # from our own coordinator
        return pickle.dumps(Done(function(*arguments)))

    def close(self) -> None:
        """Do nothing: there is nothing to end."""


def _inspect(file: Path, size: int, _settings: Settings) -> Inspection:
    return Inspection(hashlib.sha256(str(file).encode()).hexdigest(), size, Kind.PDF, PAGES_A_SCAN)


def _read(source: Source, number: int, settings: Settings) -> Packed:
    time.sleep(_Made.seconds)
    return packed(_page(source.sha256, number, _recipe(settings)))


def _archive(
    case: CaseFile, _sources: Mapping[str, Source], recipes: Mapping[str, str], settings: Settings, _actor: Actor
) -> Archived:
    work = work_folder(settings.archive)
    work.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix="bag-", dir=work))
    pages = {ref: _page(ref.scan, ref.number, recipes[ref.scan]) for one in case.documents for ref in one.pages}
    numbers = {scan.sha256: number for number, scan in enumerate(case.scans, 1)}
    files = {
        str(page_path("pages", numbers[ref.scan], ref.number, "json")): page.model_dump_json().encode()
        for ref, page in pages.items()
    }
    write_bag(aside, case, files)
    measures = {
        scan.sha256: measure([page for ref, page in pages.items() if ref.scan == scan.sha256], ())
        for scan in case.scans
    }
    return Archived(NewBag(aside, bag_folder(settings.archive, case)), measures, _analysed(case))


def _analysed(case: CaseFile) -> Analysed:
    """Return what :func:`tasks.analyse_case` would, from pages that were analysed before this machine started."""
    levels, courts = case.levels(None), tuple(sorted(case.courts))
    abouts, paths = abouts_of(case, levels), {scan.sha256: str(scan.path) for scan in case.scans}
    found = []
    for ref, about in abouts.items():
        scan, number = ref.scan, ref.number
        made = _entry(_which(scan, number))._replace(about=about, scan=scan, number=number, path=paths[scan])
        found.append(made._replace(level=levels.of(scan, number), courts=courts))
    return case, found


def _recipe(settings: Settings) -> str:
    if not _Made.recipe:
        _Made.recipe = fingerprint(settings.page)
    return _Made.recipe


def _page(scan: str, number: int, recipe: str) -> Page:
    return _made(_which(scan, number)).model_copy(update={"scan": scan, "number": number, "recipe": recipe})


def _which(scan: str, number: int) -> int:
    return (int(scan[:8], 16) + number) % _DIFFERENT


@cache
def _made(which: int) -> Page:
    return page(which - which % PAGES_A_CASE, which % PAGES_A_CASE)


@cache
def _entry(which: int) -> Entry:
    case = case_of(which - which % PAGES_A_CASE)
    (found,) = entries_of(case, [read(which - which % PAGES_A_CASE, which % PAGES_A_CASE)], case.levels(None))
    return found


def _start(scheduler: str, workers: int) -> int:
    """Start a machine, and return its process."""
    if child := os.fork():
        return child
    for name, made in (("inspect_scan", _inspect), ("read_page", _read), ("archive_case", _archive)):
        setattr(tasks, name, made)  # calls name them
    setattr(dask_worker, "Sandboxes", _InThread)  # noqa: B010  # mypy would refuse the plain way
    dask.config.set({"distributed.worker.profile.enabled": False})

    async def work() -> None:
        with tempfile.TemporaryDirectory(prefix="bannasar-machine-") as folder:
            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    worker = await Worker(
                        scheduler, nthreads=1, local_directory=folder, dashboard=False, memory_limit=0
                    )
                    group.create_task(worker.finished())

    asyncio.run(work())
    os._exit(0)


def main(scheduler: str, machines: int, workers: int, seconds_a_page: float, seconds_between_deaths: float) -> None:
    """Run machines until this process is ended."""
    _Made.seconds = seconds_a_page
    for which in range(_DIFFERENT):
        _made(which)
        _entry(which)
    started = [_start(scheduler, workers) for _ in range(machines)]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        while True:
            time.sleep(seconds_between_deaths)
            oldest = started.pop(0)
            os.kill(oldest, signal.SIGKILL)
            os.waitpid(oldest, 0)
            started.append(_start(scheduler, workers))
    finally:
        for process in started:
            os.kill(process, signal.SIGKILL)


if __name__ == "__main__":
    _, address, count, each, *rest = sys.argv
    main(address, int(count), int(each), *map(float, rest))
