"""CPU seconds of a page by stage, beside the recogniser's: reading it, archiving it, and analysing it for the index."""

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from rich.console import Console
from rich.table import Table

from config.settings import load
from models.actor import Actor, ActorKind
from models.case import CaseFile
from models.scan import Scan
from models.settings import Settings
from pipeline.archive import building
from pipeline.archive.results import Results
from pipeline.document.scan_documents import one_per_scan
from pipeline.execution import tasks
from pipeline.execution.sandbox import ENVIRONMENT
from pipeline.execution.source import Source
from pipeline.formats import pdf
from pipeline.index import sqlite
from pipeline.page.recipe import versions
from pipeline.page.recognisers import in_process, own_network
from pipeline.page.stages import Stage
from pipeline.page.stages import versions as versions_of_stages
from tests.bench import stage_pages
from tests.conftest import ROOT

_BEGIN, _END = "<!-- stages -->", "<!-- /stages -->"
_RECOGNISER = "the recogniser"
_GOALS = {"dense": 0.25, "digital": 0.1, "blank": 0.15}
_FUNCTIONS: dict[str, tuple[tuple[Any, str], ...]] = {
    _RECOGNISER: ((in_process.Engine, "read"), (own_network.Engine, "read")),
    "inspect and hash the scan": ((tasks, "inspect_scan"),),
    "keep the record": ((Results, "put"), (Results, "get")),
    "documents, kinds, facts": ((tasks, "describe_documents"),),
    "decode again": ((tasks, "_picture"),),
    "turn and encode the picture": ((tasks, "_compress"),),
    "PDF/A": ((pdf, "write_pdf"),),
    "ALTO": ((building, "alto_of"),),
    "METS": ((building, "mets"),),
    "copy, digests, manifests": ((building, "_copy"), (building, "_payload_files"), (building, "_seal")),
    "to disk": ((building, "to_disk"),),
    "index: analysis": ((tasks, "analyse_case"),),
    "index: SQLite": ((sqlite.SqliteStore, "put_analysed"),),
}
"""What is measured beside the stages of :mod:`pipeline.page.stages`: the functions of each row."""

_REST = "all else of a bag"


class Meter:
    """Measures CPU seconds of functions, without those of measured functions that they call.

    Programs that a function starts and waits for count, too.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.spent: dict[str, float] = defaultdict(float)
        self._inside: list[float] = []

    def wrap(self, function: Callable[..., Any], name: Callable[..., str]) -> Callable[..., Any]:
        """Return a function that does the same and is measured; ``name`` tells its row from its arguments."""

        def measured(*arguments: Any, **named: Any) -> Any:  # as it is
            self._inside.append(0.0)
            begun = _cpu()
            try:
                result = function(*arguments, **named)
                return list(result) if isinstance(result, Iterator) else result
            finally:
                whole = _cpu() - begun
                self.spent[name(*arguments)] += whole - self._inside.pop()
                if self._inside:
                    self._inside[-1] += whole

        return measured


def measure(count: int, *, write: bool) -> None:
    """Make pages of every kind, take them through all stages, and print what each stage took."""
    with tempfile.TemporaryDirectory(prefix="bannasar-bench-") as work:
        spent = {kind: _in_a_process(kind, count, Path(work, kind)) for kind in stage_pages.KINDS}
    rows = _rows(spent)
    table = Table("CPU seconds a page", *stage_pages.KINDS.values())
    for row in rows:
        table.add_row(*row)
    Console().print(table)
    if write:
        when = f"{datetime.now(UTC):%Y-%m-%d}, load {os.getloadavg()[0]:.0f}"
        command = f"`script/bench stages --pages {count} --write`, {when}."
        lines = ["", command, "", f"| CPU seconds a page | {' | '.join(stage_pages.KINDS.values())} |"]
        lines += ["|---" * (len(stage_pages.KINDS) + 1) + "|", *(f"| {' | '.join(row)} |" for row in rows)]
        page = ROOT / "docs" / "benchmarks.md"
        before, _, rest = page.read_text("utf-8").partition(_BEGIN)
        page.write_text(before + _BEGIN + "\n".join([*lines, _END]) + rest.partition(_END)[2], "utf-8")


def _rows(spent: Mapping[str, Mapping[str, float]]) -> list[list[str]]:
    """Return the rows of the table: each stage, the sum beside the recogniser, the goal, the recogniser."""
    names = [*versions_of_stages(), *_FUNCTIONS, _REST]
    rows = [[name, *(f"{one.get(name, 0):.3f}" for one in spent.values())] for name in names if name != _RECOGNISER]
    rows = [row for row in rows if any(cell != "0.000" for cell in row[1:])]
    beside = [sum(one.values()) - one.get(_RECOGNISER, 0) for one in spent.values()]
    rows.append(["**all beside the recogniser**", *(f"**{seconds:.3f}**" for seconds in beside)])
    rows.append(["goal", *(f"{_GOALS[kind]:.2f}" if kind in _GOALS else "" for kind in spent)])
    return [*rows, [_RECOGNISER, *(f"{one.get(_RECOGNISER, 0):.2f}" for one in spent.values())]]


def _in_a_process(kind: str, count: int, folder: Path) -> dict[str, float]:
    """Return the seconds by stage, measured in a process with the environment of a sandbox."""
    command = [sys.executable, "-m", "tests.bench.stages", kind, str(count), str(folder)]
    done = subprocess.run(command, env=os.environ | ENVIRONMENT, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return dict(json.loads(done.stdout))


def _main(kind: str, count: int, folder: Path) -> None:
    """Measure pages of one kind; a first case file, which loads programs and models, does not count."""
    scans = stage_pages.make(kind, count + 1, folder / "scans")
    meter = Meter()
    Stage.run = meter.wrap(Stage.run, lambda stage, _: stage.name)  # type: ignore[method-assign]
    for name, functions in _FUNCTIONS.items():
        for owner, function in functions:
            measured = meter.wrap(getattr(owner, function), lambda *_, name=name: name)
            setattr(owner, function, measured)
    whole = meter.wrap(_make, lambda *_: _REST)
    settings = load(archive=folder / "archive")
    whole(scans[:1], "warm", settings)
    meter.spent.clear()
    whole(scans[1:], "case", settings)
    json.dump({name: seconds / count for name, seconds in meter.spent.items()}, sys.stdout)


def _make(files: list[Path], name: str, settings: Settings) -> None:
    """Take scans of one page each through all stages, as a case file."""
    kept, sources, scans = Results(settings.archive), {}, []
    for file in files:
        status = file.stat()
        found = tasks.inspect_scan(file, status.st_size, settings)
        source = Source(file, found.kind, found.sha256, found.size, status.st_mtime_ns)
        page = tasks.read_page(source, 1, settings)
        kept.put(page)
        sources[found.sha256] = source
        path = PurePosixPath(file.name)
        scans.append(Scan(sha256=found.sha256, path=path, size=found.size, kind=found.kind, pages=1))
    case = CaseFile(
        id=name,
        box="box",
        title=name,
        folder="",
        scans=tuple(scans),
        documents=one_per_scan(tuple(scans)),
        created=datetime.now(UTC).replace(microsecond=0),
        software=versions(settings.page),
        settings=settings.of_what_is_made(),
    )
    recipes = dict.fromkeys(sources, page.read.recipe)
    archived = tasks.archive_case(case, sources, recipes, settings, Actor(name="bench", kind=ActorKind.OPERATOR))
    with sqlite.SqliteStore(settings.archive / "index.sqlite") as store:
        if archived.for_index:  # always, because no level of this case file ends
            store.put_analysed(archived.for_index)


def _cpu() -> float:
    """Return the CPU seconds of this process and of the programs that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
