"""Thousands of small pages, workers killed at random: every page in one final state, and nothing grows."""

import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib as mpl
import psutil
from PIL import Image, ImageSequence

from config.settings import load
from models.scan import Kind
from pipeline.archive.bag import bags
from pipeline.archive.fixity import verify_bag
from pipeline.page.make import make_page
from pipeline.page.recognisers import in_process
from samples.typeset import render_page
from tests.bench import contestants
from tests.conftest import BANNASAR, ROOT

_PAGES_A_SCAN = 25
_SCANS_A_CASE = 4
_SECONDS_BETWEEN_KILLS = (5.0, 30.0)
_SANDBOX = "pipeline.execution.sandbox_process"
_BEGIN, _END = "<!-- soak -->", "<!-- /soak -->"


@dataclass
class Watched:
    """What was measured during the run.

    ``memory`` is the coordinator's, seconds and megabytes; ``cpu`` the seconds of each process, those of the programs
    that a sandbox started included.
    """

    memory: list[tuple[float, float]] = field(default_factory=list)
    cpu: dict[tuple[int, float], float] = field(default_factory=dict)
    kills: int = 0


def soak(pages: int, *, write: bool) -> None:
    """Soak, print the results, and put them into docs/benchmarks.md if asked.

    Raises:
        SystemExit: a page is lost, or a bag is not valid.
    """
    with tempfile.TemporaryDirectory(prefix="bannasar-soak-") as folder:
        box, archive = Path(folder, "box"), Path(folder, "archive")
        _make(box, pages)
        scan = next(box.rglob("*.tif"))
        recognising, peer = _recognising(scan), _peer(scan, Path(folder, "peer"))
        watched, seconds, said = _run(box, archive, kill=True)
        cpu = sum(watched.cpu.values())
        first = _status(archive)["account"]
        # The next run does what was killed three times, as an operator would do it.
        _, _, said = _run(box, archive, kill=False)
        told = _status(archive)
        damaged = [bag for bag in bags(archive) if verify_bag(bag)]
        left = [*archive.glob("tmp*"), *(archive / "results").rglob("*.part")]
    account = told["account"]
    out = account["archived"] + account["blank"] + account["failed"] + account["refused"]
    if account["pages"] != pages or out != pages or damaged or left:
        sys.exit(f"{account}, {len(damaged)} damaged bags, left behind: {left}\n{said}")
    table = {
        "pages in": pages,
        "archived / blank / failed / refused / waiting": _ways(first),
        "… after the same command once more, without kills": _ways(account),
        "processes killed": watched.kills,
        "bags, all valid": told["cases"],
        "minutes": f"{seconds / 60:.1f}",
        "pages a minute": f"{60 * pages / seconds:.0f}",
        "CPU seconds a page, in all": f"{cpu / pages:.3f}",
        "… of Tesseract": f"{recognising[0]:.3f}",
        "… of the rest of reading (render, set upright, clean, lay out)": f"{recognising[1] - recognising[0]:.3f}",
        "… of all else (bags, PDF/A, ledger, index, workers, kills)": f"{cpu / pages - recognising[1]:.3f}",
        "CPU seconds a page of the program tesseract by itself": f"{peer:.3f}",
        "coordinator, MB at a tenth of the run / at its end": _growth(watched),
    }
    text = "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in table.items())])
    sys.stdout.write(text + "\n")
    if write:
        _draw(watched)
        _write(pages, text)


def _ways(account: dict[str, int]) -> str:
    return " / ".join(str(account[name]) for name in ("archived", "blank", "failed", "refused", "waiting"))


def _make(box: Path, pages: int) -> None:
    """Write a box of small pages, each with its own number."""
    for first in range(0, pages, _PAGES_A_SCAN):
        frames = [
            Image.fromarray(
                render_page([f"លេខ {n} សាលក្រមព្រហ្មទណ្ឌ", f"Pièce numéro {n} du dossier"], size=14, dpi=100)
            ).crop((0, 0, 827, 300))
            for n in range(first, min(first + _PAGES_A_SCAN, pages))
        ]
        number = first // _PAGES_A_SCAN
        file = box / f"dossier-{number // _SCANS_A_CASE:04}" / f"{number:05}.tif"
        file.parent.mkdir(parents=True, exist_ok=True)
        frames[0].save(file, save_all=True, append_images=frames[1:], compression="tiff_lzw", dpi=(100, 100))


def _recognising(scan: Path) -> tuple[float, float]:
    """Return the CPU seconds a page that Tesseract takes, and those that all of its reading takes."""
    settings = load().page
    spent = 0.0
    read = in_process.Engine._read  # the one place where Tesseract is called

    def timed(self: in_process.Engine, *arguments: Any) -> Any:  # as it is
        nonlocal spent
        started = time.process_time()
        try:
            return read(self, *arguments)
        finally:
            spent += time.process_time() - started

    in_process.Engine._read = timed  # type: ignore[assignment, method-assign]
    try:
        make_page(scan, Kind.TIFF, "0" * 64, 1, settings, 300)
        spent, started = 0.0, time.process_time()
        count = _PAGES_A_SCAN - 1
        for number in range(2, count + 2):
            make_page(scan, Kind.TIFF, "0" * 64, number, settings, 300)
        return spent / count, (time.process_time() - started) / count
    finally:
        in_process.Engine._read = read  # type: ignore[method-assign]


def _peer(scan: Path, work: Path) -> float:
    """Return the CPU seconds a page that Tesseract's own program takes for the pages of a scan."""
    work.mkdir()
    pictures = []
    with Image.open(scan) as frames:
        for number, frame in enumerate(ImageSequence.Iterator(frames)):
            pictures.append(work / f"{number}.png")
            frame.save(pictures[-1], dpi=frame.info["dpi"])
    return contestants.tesseract(pictures, work / "texts").cpu_seconds / len(pictures)


def _run(box: Path, archive: Path, *, kill: bool) -> tuple[Watched, float, str]:
    """Run, with a killer beside it perhaps; return what was seen, the seconds, and what was said."""
    watched = Watched()
    started = time.monotonic()
    log = archive.with_suffix(".log")
    with log.open("w") as stream:
        command = [*BANNASAR, "run", str(box), "--archive", str(archive)]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, stdout=stream, stderr=stream, env=environment, cwd=archive.parent)
        coordinator = psutil.Process(process.pid)
        watcher = threading.Thread(
            target=_watch, args=(coordinator, watched, started), kwargs={"kill": kill}, daemon=True
        )
        watcher.start()
        process.wait()
    return watched, time.monotonic() - started, log.read_text("utf-8")[-3000:]


def _watch(coordinator: psutil.Process, watched: Watched, started: float, *, kill: bool) -> None:
    """Note the coordinator's memory and everybody's time, and kill a process of its workers now and then."""
    chance = random.Random(10)  # noqa: S311
    due = time.monotonic() + _SECONDS_BETWEEN_KILLS[1]
    try:
        while True:
            watched.memory.append((time.monotonic() - started, coordinator.memory_info().rss / (1 << 20)))
            victims = coordinator.children(recursive=True)
            for process in (coordinator, *victims):
                with contextlib.suppress(psutil.NoSuchProcess):
                    watched.cpu[process.pid, process.create_time()] = _seconds(process)
            time.sleep(0.5)
            if kill and victims and time.monotonic() >= due:
                due = time.monotonic() + chance.uniform(*_SECONDS_BETWEEN_KILLS)
                with contextlib.suppress(psutil.NoSuchProcess):  # it may just have ended by itself
                    chance.choice(victims).kill()
                    watched.kills += 1
    except psutil.NoSuchProcess:
        return


def _seconds(process: psutil.Process) -> float:
    """Return the CPU seconds of a process; of a sandbox, with those of the programs it ran, which come and go fast."""
    times = process.cpu_times()
    own = times.user + times.system
    parent = process.parent()
    is_sandbox = parent is not None and _SANDBOX in process.cmdline() and _SANDBOX in parent.cmdline()
    return float(own + times.children_user + times.children_system if is_sandbox else own)


def _status(archive: Path) -> dict[str, dict[str, int]]:
    command = [*BANNASAR, "status", "--json", "--archive", str(archive)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=True)
    (box,) = json.loads(done.stdout)["boxes"]
    return dict(box) | {"cases": len(list(bags(archive)))}


def _growth(watched: Watched) -> str:
    values = [memory for _, memory in watched.memory]
    tenth = max(1, len(values) // 10)
    early, late = values[tenth : 2 * tenth] or values, values[-tenth:]
    return f"{sum(early) / len(early):.0f} / {sum(late) / len(late):.0f}"


def _draw(watched: Watched) -> None:
    mpl.use("svg")
    from matplotlib import pyplot as plt  # noqa: PLC0415  # only once it knows where to draw

    figure, axes = plt.subplots(figsize=(7, 2.6))
    axes.plot([seconds / 60 for seconds, _ in watched.memory], [memory for _, memory in watched.memory], linewidth=1)
    axes.set(xlabel="minutes", ylabel="coordinator, MB", ylim=(0, None), xlim=(0, None))
    axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(ROOT / "docs" / "soak-memory.svg", metadata={"Date": None})


def _write(pages: int, text: str) -> None:
    page = ROOT / "docs" / "benchmarks.md"
    before, rest = page.read_text("utf-8").split(_BEGIN)
    after = rest.split(_END)[1]
    intro = f"`script/bench soak --pages {pages} --write`, {os.cpu_count()} processors.\n\n"
    picture = "\n\n![The coordinator's memory over the run](soak-memory.svg)\n"
    page.write_text(f"{before}{_BEGIN}\n{intro}{text}{picture}{_END}{after}", "utf-8")
