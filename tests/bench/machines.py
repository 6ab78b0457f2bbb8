"""How many pages a second one coordinator passes on, and what it needs for each, with many machines that only wait.

The coordinator is `bannasar run` as it is, with Dask's own scheduler; ``made_machines`` takes the place of the workers.
The shorter they wait for a page, the more pages come at once, until the coordinator cannot take more.
"""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
from rich.console import Console
from rich.markdown import Markdown

from models.actor import Actor, ActorKind
from pipeline.archive.archive import Archive
from pipeline.services.keys import make
from tests.bench.made_machines import PAGES_A_SCAN
from tests.conftest import BANNASAR, ROOT, archive_settings, at_the_shell

_BEGIN, _END = "<!-- machines -->", "<!-- /machines -->"
_SCANS_A_CASE = 5
_SECONDS_BETWEEN_LOOKS = 0.5
# The part of a run that is measured: not its beginning and its end, where workers wait for one another.
_FROM, _TO = 0.15, 0.9
# Looks of which the most memory counts as that at the end: a process that has just ended has none.
_LAST = 10
_DONE = "SELECT count(*) FROM attempts WHERE step = 'read' AND outcome = 'done'"


@dataclass(frozen=True)
class _Look:
    """What is seen of a run at a moment; CPU seconds of the coordinator's threads, by name, and of the scheduler."""

    at: float
    pages: int
    cpu: float
    main: float
    scheduler: float
    megabytes: float


@dataclass(frozen=True)
class _Measured:
    """What a run needs; times are for one page, in milliseconds."""

    offered: float
    rate: float
    elapsed: float
    cpu: float
    main: float
    scheduler: float
    first_megabytes: float
    last_megabytes: float
    deaths: int
    lost: int


def measure(pages: int, waits: Sequence[float], machines: int, workers: int, deaths: float, *, write: bool) -> None:
    """Measure, print, and put the results into docs/benchmarks.md if asked."""
    load = os.getloadavg()[0]
    found = [_measured(pages, wait, machines, workers, deaths) for wait in waits]
    command = (
        f"`script/bench machines --pages {pages}{''.join(f' --wait {wait:g}' for wait in waits)} --machines {machines} "
        f"--workers {workers} --deaths {deaths:g}{' --write' if write else ''}`, {datetime.now(UTC):%Y-%m-%d}, "
        f"{os.cpu_count()} processors for all of it, load {load:.1f} at the beginning."
    )
    lines = [_BEGIN, command, "", *_table(waits, found), _END]
    Console().print(Markdown("\n".join(lines)))
    if write:
        page = ROOT / "docs" / "benchmarks.md"
        before, rest = page.read_text("utf-8").split(_BEGIN)
        page.write_text(before + "\n".join(lines) + rest.split(_END)[1], "utf-8")


def _table(waits: Sequence[float], found: Sequence[_Measured]) -> list[str]:
    rows = {
        "pages a second that the workers could read": [f"{one.offered:.0f}" for one in found],
        "pages a second, as measured": [f"{one.rate:.0f}" for one in found],
        "coordinator: CPU ms a page": [f"{one.cpu:.2f}" for one in found],
        "… of its main thread": [f"{one.main:.2f}" for one in found],
        "… so pages a second, if it has a processor for itself": [f"{1000 / one.cpu:.0f}" for one in found],
        "scheduler: CPU ms a page": [f"{one.scheduler:.2f}" for one in found],
        "coordinator: MB after a sixth of the pages / at the end": [
            f"{one.first_megabytes:.0f} / {one.last_megabytes:.0f}" for one in found
        ],
        "machines that died / pages lost": [f"{one.deaths} / {one.lost}" for one in found],
    }
    heads = [f"{1000 * wait:.0f} ms a page" for wait in waits]
    return [
        f"| | {' | '.join(heads)} |",
        "|---|" + "---|" * len(waits),
        *(f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items()),
    ]


def _measured(pages: int, wait: float, machines: int, workers: int, deaths: float) -> _Measured:
    with tempfile.TemporaryDirectory(prefix="bannasar-machines-") as folder:
        work = Path(folder)
        box, archive = work / "box", work / "archive"
        made = _make_box(box, pages)
        key = work / "archive.key"
        with Archive(archive_settings(archive, signing={"key_file": str(key)})) as opened:
            archive.mkdir()
            make(opened, at_the_shell(Actor(name="bench@here", kind=ActorKind.OPERATOR)))
        with (
            _scheduler(work) as (address, scheduler),
            _made_machines(work, address, machines, workers, wait, deaths) as farm,
        ):
            command = [*BANNASAR, "run", str(box), "--archive", str(archive), "--scheduler", address]
            environment = os.environ | {"PYTHONPATH": str(ROOT), "BANNASAR_SIGNING__KEY_FILE": str(key)}
            began = time.monotonic()
            with (work / "run.log").open("w") as log:
                process = subprocess.Popen(command, env=environment, cwd=work, stdout=log, stderr=log)
            looks = list(_watched(process, scheduler, archive))
            died = int((time.monotonic() - began) / deaths)
            if process.returncode or farm.poll() is not None:
                raise SystemExit((work / "run.log").read_text("utf-8") + (work / "machines.log").read_text("utf-8"))
        (account,) = _status(archive)
        first = next(one for one in looks if one.pages >= _FROM * made)
        last = [one for one in looks if one.pages <= _TO * made][-1]
        count = last.pages - first.pages
        if count <= 0:
            raise SystemExit("Too few pages: the run was over before it could be looked at.")

        def each(name: str) -> float:
            return 1000 * float(getattr(last, name) - getattr(first, name)) / count

        return _Measured(
            machines * workers / wait,
            1000 / each("at"),
            each("at"),
            each("cpu"),
            each("main"),
            each("scheduler"),
            first.megabytes,
            max(one.megabytes for one in looks[-_LAST:]),
            died,
            made - account["archived"],
        )


def _make_box(box: Path, pages: int) -> int:
    """Write a box of scans that only seem to be some, and return how many pages they seem to have."""
    scans = -(-pages // PAGES_A_SCAN)
    for number in range(scans):
        file = box / f"case-{number // _SCANS_A_CASE:06}" / f"{number % _SCANS_A_CASE:03}.pdf"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    return scans * PAGES_A_SCAN


@contextmanager
def _scheduler(work: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Start Dask's scheduler, and yield its address and its process."""
    where = work / "scheduler.json"
    options = ["--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(where), "--no-show", "--no-dashboard"]
    with (work / "scheduler.log").open("w") as log:
        command = [sys.executable, "-m", "distributed.cli.dask_scheduler", *options]
        process = subprocess.Popen(command, cwd=work, stdout=log, stderr=log)
    try:
        while True:
            with suppress(FileNotFoundError, json.JSONDecodeError):
                yield str(json.loads(where.read_text("utf-8"))["address"]), psutil.Process(process.pid)
                return
            if process.poll() is not None:
                raise SystemExit((work / "scheduler.log").read_text("utf-8"))
            time.sleep(0.1)
    finally:
        process.kill()
        process.wait()


@contextmanager
def _made_machines(
    work: Path, address: str, machines: int, workers: int, wait: float, deaths: float
) -> Iterator[subprocess.Popen[bytes]]:
    with (work / "machines.log").open("w") as log:
        arguments = [address, str(machines), str(workers), str(wait), str(deaths)]
        command = [sys.executable, "-m", "tests.bench.made_machines", *arguments]
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _watched(process: subprocess.Popen[bytes], scheduler: psutil.Process, archive: Path) -> Iterator[_Look]:
    coordinator = psutil.Process(process.pid)
    began = time.monotonic()
    while process.poll() is None:
        with suppress(psutil.NoSuchProcess, sqlite3.OperationalError):
            threads = {one.id: one.user_time + one.system_time for one in coordinator.threads()}
            used, of_scheduler = coordinator.cpu_times(), scheduler.cpu_times()
            yield _Look(
                time.monotonic() - began,
                _done(archive),
                used.user + used.system,
                threads.get(process.pid, 0.0),
                of_scheduler.user + of_scheduler.system,
                coordinator.memory_info().rss / (1 << 20),
            )
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def _done(archive: Path) -> int:
    with closing(sqlite3.connect(f"file:{archive / 'ledger.db'}?mode=ro", uri=True)) as ledger:
        return int(ledger.execute(_DONE).fetchone()[0])


def _status(archive: Path) -> list[dict[str, int]]:
    command = [*BANNASAR, "status", "--json", "--archive", str(archive)]
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True
    )
    return [box["account"] for box in json.loads(done.stdout)["boxes"]]
