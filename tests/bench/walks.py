"""What commands that walk an archive cost, by its size; what the ledger holds and takes; how a run of nothing begins.

CPU seconds, because others may use the machine; each is the lower of two. Lines are fitted by least squares.
"""

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.markdown import Markdown

from models.ledger import Attempt
from pipeline.archive.archive import Archive
from pipeline.archive.custody import custody
from pipeline.archive.journal import FILE as JOURNAL
from pipeline.archive.journal_mark import FILE as MARK
from pipeline.archive.keys import load_signer
from tests.bench.walked_archive import (
    ATTEMPTS_A_PAGE,
    PAGES_A_CASE,
    boxes_of,
    long_journal,
    many_scans,
    walked_archive,
)
from tests.conftest import ROOT, archive_settings

_BEGIN, _END = "<!-- walks -->", "<!-- /walks -->"
_TRIES = 2
_LINES = 20_000
_WRITES = 5_000
_COMMANDS: dict[str, tuple[str, ...]] = {
    "`--help`": ("--help",),
    "`status`": ("status",),
    "`status --json`": ("status", "--json"),
    "`failures`": ("failures",),
    "`review`": ("review",),
    "`report` of the first box, 500 case files at most": ("report", "box-000", "--pictures", "0", "--html"),
    "`index check`": ("index", "check"),
    "`ledger check --dry-run`": ("ledger", "check", "--dry-run"),
    "`verify --again`, thin bags": ("verify", "--again"),
    "`run` of all boxes, nothing new": ("run",),
}
# Starts the command line with a delay of each question about a file in a folder, as on a network.
_SLOWED = "import sys; from tests.bench.slowed import slowed; slowed(sys.argv.pop(1), float(sys.argv.pop(1)))"
# Keeps what the system knows of the process at its end. What is known from outside counts this process's memory, too.
_KEPT = (
    "import atexit, sys; atexit.register("
    "lambda file=sys.argv.pop(1): open(file, 'w').write(open('/proc/self/status').read()))"
)
_MAIN = "from cli.main import main; main()"


def measure(keep: Path, sizes: Sequence[int], scans: int, milliseconds: float, *, write: bool) -> None:
    """Measure, print, and put the results into docs/benchmarks.md if asked."""
    keep.mkdir(parents=True, exist_ok=True)
    load = os.getloadavg()[0]
    archives = [walked_archive(keep, size) for size in sizes]
    with tempfile.TemporaryDirectory(prefix="bannasar-walks-") as work:
        table = _commands(archives, sizes, Path(work))
        more = [*_journal(Path(work)), *_ledger(archives[-1], sizes[-1])]
    more += _start(keep, scans, milliseconds)
    options = " ".join(f"--size {size}" for size in sizes)
    command = (
        f"`script/bench walks {options} --scans {scans}{' --write' if write else ''}`, {datetime.now(UTC):%Y-%m-%d}, "
        f"{os.cpu_count()} processors, load {load:.1f} at the beginning. A case file has {PAGES_A_CASE} pages."
    )
    lines = [_BEGIN, command, "", *table, "", "| | |", "|---|---|", *more, _END]
    Console().print(Markdown("\n".join(lines)))
    if write:
        page = ROOT / "docs" / "benchmarks.md"
        before, rest = page.read_text("utf-8").split(_BEGIN)
        page.write_text(before + "\n".join(lines) + rest.split(_END)[1], "utf-8")


def _commands(archives: Sequence[Path], sizes: Sequence[int], work: Path) -> list[str]:
    heads = [f"{size:,} case files" for size in sizes]
    larger = 10 * max(sizes)
    line = f"the line through them, extrapolated to {larger:,}"
    rows = [f"| CPU seconds / MB of memory | {' | '.join(heads)} | {line} |"]
    rows.append("|---|" + "---|" * (len(sizes) + 1))
    for name, words in _COMMANDS.items():
        costs = [_cost(archive, words, work) for archive in archives]
        cells = [f"{seconds:.2f} / {megabytes:.0f}" for seconds, megabytes in costs]
        slope, start = np.polyfit(sizes, [seconds for seconds, _ in costs], 1)
        line = f"{start:.2f} + {1000 * slope:.2f} for 1,000 case files: {start + larger * slope:.1f} s"
        rows.append(f"| {name} | {' | '.join(cells)} | {line} |")
    return rows


def _cost(archive: Path, words: tuple[str, ...], work: Path) -> tuple[float, float]:
    """Return the CPU seconds and the memory in MB of a command on an archive."""
    more = {"report": [str(work / "report.html")], "run": [str(box) for box in boxes_of(archive)]}.get(words[0], [])
    named = [] if words == ("--help",) else ["--archive", str(archive)]
    done = [_run(archive, [*words, *more, *named])[:2] for _ in range(_TRIES)]
    return min(done)


def _run(archive: Path, words: Sequence[str], slow: Sequence[str] = ()) -> tuple[float, float, float]:
    """Return the CPU seconds, the memory in MB, and the elapsed seconds of a command."""
    code = f"{_KEPT}; {_SLOWED}; {_MAIN}" if slow else f"{_KEPT}; {_MAIN}"
    variables = os.environ | {"BANNASAR_SIGNING__KEY_FILE": f"{archive}.key"}
    begun = time.monotonic()
    with tempfile.NamedTemporaryFile("r") as kept:
        command = [sys.executable, "-c", code, kept.name, *slow, *words]
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(command, env=variables, cwd=ROOT, stdout=quiet, stderr=quiet)
        _, status, used = os.wait4(process.pid, 0)
        (most,) = re.findall(r"VmHWM:\s+(\d+) kB", kept.read())
    if os.waitstatus_to_exitcode(status) not in {0, 2}:  # 2: something failed, or differs
        raise SystemExit(f"{' '.join(words)}: exit status {os.waitstatus_to_exitcode(status)}")
    return used.ru_utime + used.ru_stime, int(most) / 1024, time.monotonic() - begun


def _journal(work: Path) -> list[str]:
    """Measure the check of a long journal: all lines, and after a mark."""
    archive = long_journal(work, _LINES)
    signer = load_signer(archive.with_suffix(".key"))

    def seconds() -> float:
        begun = time.process_time()
        found = list(custody(archive, signer=signer))
        if found:
            raise SystemExit(found)
        return time.process_time() - begun

    whole, resumed = seconds(), seconds()
    size = (archive / JOURNAL).stat().st_size
    (archive / MARK).unlink()
    return [
        f"| the check of a journal of {_LINES:,} signed lines ({size / 1e6:.0f} MB): every line, CPU s | {whole:.2f} |",
        f"| … the same after a signed mark of an earlier check, CPU s | {resumed:.2f} |",
    ]


def _ledger(archive: Path, cases: int) -> list[str]:
    """Measure the size of the ledger, and how many attempts it enters a second, each by itself as in a run."""
    file = archive / "ledger.db"
    pages = cases * PAGES_A_CASE
    with tempfile.TemporaryDirectory(prefix="bannasar-walks-") as work, Archive(archive_settings(Path(work))) as empty:
        empty.ledger.begin_run("bench", "r" * 64, {})
        attempt = Attempt("read", "box-000", "0" * 64, datetime.now(UTC), 1.5, 1, "r" * 64, "worker-1")
        begun = resource.getrusage(resource.RUSAGE_SELF)
        for _ in range(_WRITES):
            empty.ledger.attempt(attempt)
        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = used.ru_utime + used.ru_stime - begun.ru_utime - begun.ru_stime
    size = file.stat().st_size / pages
    return [
        f"| the ledger of {pages:,} pages with {ATTEMPTS_A_PAGE} attempts each, bytes a page | {size:,.0f} |",
        f"| … of ten times as many, extrapolated in proportion | {size * pages / 1e8:.1f} GB |",
        f"| attempts entered a CPU second, each in its own transaction | {_WRITES / seconds:,.0f} |",
    ]


def _start(keep: Path, scans: int, milliseconds: float) -> list[str]:
    """Measure a run that finds nothing new, on a disk and where each question about a file takes some time."""
    archive = many_scans(keep, scans)
    boxes = [str(box) for box in boxes_of(archive)]
    words = ["run", *boxes, "--archive", str(archive)]
    folder = str(boxes_of(archive)[0].parent)
    near = min(_run(archive, words) for _ in range(_TRIES))
    far = min(_run(archive, words, (folder, str(milliseconds / 1000))) for _ in range(_TRIES))
    what = f"a run of {scans:,} scans that finds nothing new"
    return [
        f"| {what}: CPU s / MB / elapsed s | {near[0]:.1f} / {near[1]:.0f} / {near[2]:.1f} |",
        f"| … if each question about a file or folder takes {milliseconds:g} ms | {far[0]:.1f} / {far[1]:.0f} / "
        f"{far[2]:.1f} |",
    ]
