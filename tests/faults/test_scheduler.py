"""More machines: Dask's own scheduler and workers, as `dask scheduler` and `dask worker` start them."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from distributed import Client

from models.plural import number_of
from tests.cli.conftest import Bannasar, write_page, write_pages
from tests.conftest import ROOT
from tests.faults.conftest import APART, contents, results, sandboxes, until
from tests.gate import Gate

# What runs in this process needs no sandbox of its own; most tests here start other processes.
pytestmark = pytest.mark.usefixtures("warm_sandboxes")


class Machines:
    """A scheduler and workers on this machine's loopback, in place of several machines with shared storage."""

    def __init__(self, folder: Path, protocol: str = "tcp", **environment: str) -> None:
        """Start the scheduler."""
        self._folder = folder
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        self._started: list[subprocess.Popen[bytes]] = []
        args = ["--host", "127.0.0.1", "--port", "0", "--protocol", protocol, "--scheduler-file", str(folder / "where")]
        scheduler = self._start("scheduler", *args, "--dashboard-address", "127.0.0.1:0", "--no-show")
        self.address = self._address(scheduler)

    def worker(self, *within: str) -> subprocess.Popen[bytes]:
        """Start a worker, within another command perhaps."""
        args = [self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", "60"]
        return self._start("worker", *args, within=within)

    def end(self) -> None:
        """End them all."""
        for process in reversed(self._started):
            process.kill()
            process.wait()

    def _start(self, what: str, *arguments: str, within: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
        with (self._folder / f"{what}.log").open("ab") as log:
            command = [*within, sys.executable, "-m", "distributed.cli.dask_" + what, *arguments]
            process = subprocess.Popen(command, stderr=log, stdout=log, env=self._environment, cwd=self._folder)
        self._started.append(process)
        return process

    def _address(self, scheduler: subprocess.Popen[bytes]) -> str:
        """Return the address of the scheduler from its own file."""
        while scheduler.poll() is None:
            with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
                return str(json.loads((self._folder / "where").read_text("utf-8"))["address"])
            time.sleep(0.1)
        raise AssertionError((self._folder / "scheduler.log").read_text("utf-8"))


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    """Return a scheduler without workers."""
    (tmp_path / "machines").mkdir()
    started = Machines(tmp_path / "machines")
    yield started
    started.end()


def _fill(box: Path) -> None:
    for number in (1, 2):
        write_pages(box / f"dossier-{number}" / "a.pdf", 8, title=f"du dossier {number}")
        write_page(box / f"dossier-{number}" / "b.png", f"Lettre numéro {number}", dpi=100)


def test_the_archive_is_the_same_as_alone_though_a_worker_dies_and_another_joins(tmp_path, box, machines):
    """No page fails because its worker was killed, and no page that waited for that worker."""
    _fill(box)
    alone, together = (Bannasar(tmp_path / name / "archive") for name in ("alone", "together"))
    for archive in (alone.archive, together.archive):
        archive.parent.mkdir()
    assert alone("run", box).returncode == 0
    victim = machines.worker()
    machines.worker()
    gate = Gate(tmp_path, 3)
    process = together.start("run", box, "--scheduler", machines.address, gate=gate)
    until(lambda: sandboxes(victim), process)
    orphans = sandboxes(victim)
    gate.wait(process)
    victim.send_signal(signal.SIGKILL)
    gate.open()
    assert psutil.wait_procs(orphans, timeout=300)[1] == []
    machines.worker()
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, output + errors
    assert "18 archived, 0 failed" in output
    assert contents(together.archive) == contents(alone.archive)
    workers = {attempt["worker"] for attempt in _attempts(together)}
    assert len(workers) >= 2


def _attempts(bannasar: Bannasar) -> list[dict[str, str]]:
    scans = [f"box-1/dossier-{number}/a.pdf" for number in (1, 2)]
    return [attempt for scan in scans for attempt in bannasar.json("show", scan)["scans"][0]["attempts"]]


def _said(process: subprocess.Popen[str], words: str) -> None:
    assert process.stderr is not None
    assert any(words in line for line in process.stderr), words


def test_a_run_waits_for_workers_and_ends_with_its_scheduler(bannasar, box, machines, tmp_path):
    """The run reports it in both cases; what was read is kept, and the same command continues, even without workers."""
    write_pages(box / "a.pdf", 12)
    gate = Gate(tmp_path, 2)
    process = bannasar.start("run", box, "--scheduler", machines.address, gate=gate)
    _said(process, "has no workers. Start one")
    machines.worker()
    _said(process, "It continues.")
    gate.wait(process)
    machines.end()
    gate.open()
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 1
    assert "is gone. What is done is kept" in errors
    assert "Traceback" not in errors
    kept = results(bannasar.archive)
    done = bannasar("run", box)
    assert done.returncode == 0
    assert f"{number_of(12 - kept, 'page')} read" in done.stdout


def test_a_worker_that_does_not_see_the_shared_storage_spoils_nothing(bannasar, box, machines):
    """Its disk was not mounted, so all its pages would fail at once. It gets no pages, and the operator is informed."""
    for number in range(3):
        write_pages(box / f"{number}.pdf", 2, title=f"du dossier {number}")
    machines.worker(*APART, f'mount -t tmpfs none {box}; exec "$@"', "sh")
    process = bannasar.start("run", box, "--scheduler", machines.address)
    _said(process, f"does not see {box}")
    _said(process, "Paused: no worker sees")
    machines.worker()
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, output + errors
    assert "6 archived, 0 failed" in output


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT], ids=["killed", "Ctrl-C"])
def test_workers_give_up_what_a_stopped_run_had_them_do(bannasar, box, machines, sign):
    """Nobody waits for them any more: they read no pages, move no bag into the next run's archive, keep no memory."""
    write_pages(box / "a.pdf", 16)
    workers = [machines.worker(), machines.worker()]
    process = bannasar.start("run", box, "--scheduler", machines.address)
    until(lambda: sandboxes(workers[0]), process)
    sandboxes(workers[0])[0].suspend()  # its page does not end before its time limit, so the run continues
    until(lambda: results(bannasar.archive) >= 2 and all(map(sandboxes, workers)), process)
    at_work = [sandbox for worker in workers for sandbox in sandboxes(worker)]
    process.send_signal(sign)
    process.communicate(timeout=300)
    assert psutil.wait_procs(at_work, timeout=300)[1] == []
    end = time.monotonic() + 300
    while any(psutil.Process(worker.pid).children(recursive=True) for worker in workers):
        assert time.monotonic() < end
        time.sleep(0.1)
    with Client(machines.address) as client:
        assert client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)) == 0
        assert len(client.scheduler_info()["workers"]) == 2
    kept = results(bannasar.archive)
    done = bannasar("run", box, "--scheduler", machines.address)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{number_of(16 - kept, 'page')} read" in done.stdout


def test_scheduler_and_workers_can_speak_tls(tmp_path, box, bannasar):
    """Certificates are named in Dask's own settings, as docs/operators.md shows; clients without one are refused."""
    keys = tmp_path / "keys"
    keys.mkdir()
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=bannasar"
    command = [*make.split(), "-keyout", keys / "key.pem", "-out", keys / "cert.pem"]
    subprocess.run(command, check=True, capture_output=True)
    tls = {"DASK_DISTRIBUTED__COMM__TLS__CA_FILE": str(keys / "cert.pem")}
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        tls[f"DASK_DISTRIBUTED__COMM__TLS__{role}__CERT"] = str(keys / "cert.pem")
        tls[f"DASK_DISTRIBUTED__COMM__TLS__{role}__KEY"] = str(keys / "key.pem")
    write_pages(box / "a.pdf", 3)
    (tmp_path / "machines").mkdir()
    machines = Machines(tmp_path / "machines", "tls", **tls)
    try:
        machines.worker()
        stranger = bannasar.process("run", box, "--scheduler", machines.address)
        assert stranger.returncode == 1
        assert "No Dask scheduler answers" in stranger.stderr
        done = bannasar.process("run", box, "--scheduler", machines.address, **tls)
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        machines.end()
