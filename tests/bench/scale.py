"""How large an index is, how fast it is filled and searched, and how that grows: ``script/bench scale``.

A store is filled with each number of pages that is asked for, and searched by one person and by ten at once, while 20
pages a second come in. With ``--keep`` it goes on where it was stopped: nothing is filled or measured twice, and what
was measured before is in the results, too.

What larger archives need is computed if three sizes or more were measured: from a power law, or from a fixed part and a
part for each page, whichever is nearer to the measured times. The table has its formula and how far off it is.
"""

import itertools
import json
import multiprocessing
import os
import resource
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Protocol, Self

import matplotlib as mpl
import numpy as np
from elasticsearch import Elasticsearch
from rich.console import Console
from rich.markdown import Markdown

from pipeline.index.elastic import ElasticStore
from pipeline.index.language import parse
from pipeline.index.sqlite import SqliteStore
from pipeline.index.store import Store
from pipeline.index.tantivy_store import TantivyStore
from tests.bench.made_pages import PAGES_A_CASE
from tests.bench.scale_pages import analysed_cases, case_of, page, rows
from tests.bench.search_speed import KINDS, query_of
from tests.conftest import EVERYTHING, ROOT
from tests.elastic import V9, Server

_BEGIN, _END = "<!-- scale -->", "<!-- /scale -->"
# In a fit, n counts so many pages.
_PAGES_OF_N = 10_000
# All kinds but two that are like others.
_KINDS = tuple(kind for kind in KINDS if kind not in {"misread phrase", "begin*"})
_EACH, _AT_ONCE = 20, 10
_PAGES_A_SECOND = 20
# A law through two sizes would fit whatever was measured.
_FEWEST_TO_FIT = 3
# Of pages that come in during searches, far above all others.
_COMING = 900_000_000
_LARGER = (1_000_000, 10_000_000)


class _Held(Protocol):
    """An index that is kept between sizes and processes."""

    @property
    def name(self) -> str: ...

    def open(self, size: int) -> Store: ...

    def bytes(self, size: int) -> int: ...


@dataclass(frozen=True)
class _Sqlite:
    folder: Path
    name: str = "SQLite"

    def open(self, size: int) -> Store:
        return SqliteStore(self._file(size))

    def bytes(self, size: int) -> int:
        return self._file(size).stat().st_size

    def parts(self, size: int) -> Counter[str]:
        """Return how many bytes are in the tables and indexes of the file."""
        with closing(sqlite3.connect(self._file(size))) as database:
            (each,) = database.execute("PRAGMA page_size").fetchone()
            # In pages of the file: SQLite counts bytes in 32 bits here.
            pages = database.execute("SELECT name, pageno FROM dbstat WHERE aggregate = TRUE")
            return Counter({name: count * each for name, count in pages})

    def _file(self, size: int) -> Path:
        return self.folder / f"scale-{size}.db"


@dataclass(frozen=True)
class _Tantivy:
    folder: Path
    name: str = "Tantivy"

    def open(self, size: int) -> Store:
        return TantivyStore(self._folder(size))

    def bytes(self, size: int) -> int:
        return sum(file.stat().st_size for file in self._folder(size).rglob("*") if file.is_file())

    def _folder(self, size: int) -> Path:
        return self.folder / f"scale-{size}.tantivy"


@dataclass(frozen=True)
class _Elastic:
    server: Server
    name: str = "Elasticsearch"

    def open(self, size: int) -> Store:
        return ElasticStore(self.server.settings(f"scale-{size}", seconds=600))

    def bytes(self, size: int) -> int:
        with Elasticsearch(self.server.url, request_timeout=600) as client:
            index = f"scale-{size}"
            client.indices.forcemerge(index=index, max_num_segments=1)
            return int(client.indices.stats(index=index)["_all"]["primaries"]["store"]["size_in_bytes"])


@dataclass
class _Measured:
    """What was measured in one store at one size; milliseconds by kind of query and by how many ask at once.

    ``filled`` has the pages a second put in, and the milliseconds of CPU for each page here, without a server's.
    """

    when: str
    filled: Sequence[float] | None
    bytes_a_page: float
    milliseconds: dict[tuple[str, int], list[float]] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> Self:
        """Return what was measured before."""
        known = json.loads(file.read_text("ascii"))
        asked = {(kind, people): took for kind, people, took in known.pop("milliseconds")}
        return cls(**known, milliseconds=asked)

    def write(self, file: Path) -> None:
        """Keep it."""
        asked = [(kind, people, took) for (kind, people), took in self.milliseconds.items()]
        file.write_text(json.dumps({**vars(self), "milliseconds": asked}), "ascii")

    def at(self, kind: str, people: int, share: float) -> float:
        return float(np.quantile(self.milliseconds[kind, people], share))


def scale(sizes: Sequence[int], stores: Sequence[str], *, keep: Path | None, write: bool) -> None:
    """Measure, print, and put the results into docs/benchmarks.md if asked.

    Args:
        sizes: numbers of pages, the smallest first.
        stores: which of "sqlite", "tantivy" and "elasticsearch".
        keep: where the indexes are kept for the next time, or were kept.
        write: whether docs/benchmarks.md is written.
    """
    with tempfile.TemporaryDirectory(prefix="bannasar-scale-") as work:
        folder = (keep or Path(work)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        found: dict[str, dict[int, _Measured]] = {}
        lines = []
        if "sqlite" in stores:
            held = _Sqlite(folder)
            found[held.name] = _measured(held, folder, sizes)
            largest = max(found[held.name])
            lines = [_said_of_parts(held.parts(largest), largest)]
        if "tantivy" in stores:
            tantivy = _Tantivy(folder)
            found[tantivy.name] = _measured(tantivy, folder, sizes)
        if "elasticsearch" in stores:
            server = Server(V9, heap="1g", data=folder / "elasticsearch").start()
            try:
                found["Elasticsearch"] = _measured(_Elastic(server), folder, sizes)
            finally:
                server.stop()
    lines += [line for name, measured in found.items() for line in _table(name, measured)]
    Console().print(Markdown("\n".join(lines)))
    if write:
        _draw(found, ROOT / "docs" / "scale.svg")
        place = ROOT / "docs" / "benchmarks.md"
        before, rest = place.read_text("utf-8").split(_BEGIN)
        command = f"`script/bench scale{_options(found)} --write`, {_said_of_when(found)}"
        plot = ["", "![Medians by the number of pages, and their fits](scale.svg)"]
        text = "\n".join([_BEGIN, command, "", *lines, *plot, _END])
        place.write_text(before + text + rest.split(_END)[1], "utf-8")


def _options(found: Mapping[str, Mapping[int, _Measured]]) -> str:
    """Return the options that measure the same."""
    sizes = sorted({size for measured in found.values() for size in measured})
    return "".join(f" --size {size}" for size in sizes) + "".join(f" --store {name.lower()}" for name in found)


def _said_of_when(found: Mapping[str, Mapping[int, _Measured]]) -> str:
    every = [one for measured in found.values() for one in measured.values()]
    days = sorted({one.when for one in every})
    return f"{' and '.join(days)}, {os.cpu_count()} processors."


def _measured(held: _Held, folder: Path, sizes: Sequence[int]) -> dict[int, _Measured]:
    """Measure a store at some sizes, and return that with what was measured at others before."""
    for size in sizes:
        file = _results_of(folder, held, size)
        if not file.is_file():
            _measure(held, folder, size).write(file)
    known = {int(file.stem.rpartition("-")[2]): file for file in folder.glob(f"measured-{held.name}-*.json")}
    return {size: _Measured.read(known[size]) for size in sorted(known)}


def _measure(held: _Held, folder: Path, size: int) -> _Measured:
    with held.open(size) as store:
        if store.count() < size:
            _fill(held, store, folder, size)
        file = _rates_of(folder, held, size)
        rates = json.loads(file.read_text("ascii")) if file.is_file() else None
        measured = _Measured(f"{datetime.now(UTC):%Y-%m-%d}", rates, held.bytes(size) / store.count())
    with _coming_in(held, size):
        for people in (1, _AT_ONCE):
            for kind in _KINDS:
                # Others first, which are not counted: an archive is searched more than once a day.
                _ask(held, size, kind, people, 71)
                measured.milliseconds[kind, people] = _ask(held, size, kind, people, 17)
    return measured


def _fill(held: _Held, store: Store, folder: Path, size: int) -> None:
    """Fill a store, or go on with it if that was stopped, and keep how fast it was unless it was stopped."""
    kept = store.begun()
    began, used = time.perf_counter(), _cpu()
    store.rebuild(analysed_cases(size, kept), kept)
    if not kept:
        rates = [size / (time.perf_counter() - began), 1000 * (_cpu() - used) / size]
        _rates_of(folder, held, size).write_text(json.dumps(rates), "ascii")


def _rates_of(folder: Path, held: _Held, size: int) -> Path:
    return folder / f"filled-{held.name}-{size}.json"


def _results_of(folder: Path, held: _Held, size: int) -> Path:
    return folder / f"measured-{held.name}-{size}.json"


def _cpu() -> float:
    """Return the seconds of CPU of this process and of the processes that it started and that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def _ask(held: _Held, size: int, kind: str, people: int, seed: int) -> list[float]:
    """Ask for 20 pages, each person for a part of them, and return the milliseconds of each search."""
    rng = np.random.default_rng((seed, _KINDS.index(kind)))
    asked = [query_of(kind, rows(int(rng.integers(size))), rng) for _ in range(_EACH)]

    def person(number: int) -> list[float]:
        took = []
        with held.open(size) as store:
            store.count()  # opens it
            for query, view in asked[number::people]:
                began = time.perf_counter()
                store.search(parse(query), view, EVERYTHING)
                took.append(1000 * (time.perf_counter() - began))
        return took

    with ThreadPoolExecutor(people) as pool:
        return [took for one in pool.map(person, range(people)) for took in one]


@contextmanager
def _coming_in(held: _Held, size: int) -> Iterator[None]:
    """Add 20 pages a second in another process; what was added before is replaced, so that the size stays."""
    stop = multiprocessing.Event()
    adding = multiprocessing.Process(target=_add, args=(held, size, stop))
    adding.start()
    try:
        yield
    finally:
        stop.set()
        adding.join()
    if adding.exitcode:
        raise RuntimeError("The pages that come in could not be added.")


def _add(held: _Held, size: int, stop: Event) -> None:
    with held.open(size) as store:
        for number in itertools.cycle(range(50)):
            began = time.monotonic()
            first = _COMING + number * PAGES_A_CASE
            store.put(case_of(first), [page(first, at) for at in range(PAGES_A_CASE)])
            if stop.wait(max(0.0, PAGES_A_CASE / _PAGES_A_SECOND - (time.monotonic() - began))):
                return


def _said_of_parts(parts: Counter[str], pages: int) -> str:
    groups: Counter[str] = Counter()
    for name, size in parts.items():
        groups["tokens" if name.startswith("tokens_") else "shown" if name == "shown" else "all else"] += size
    said = ", ".join(f"{name} {size / pages / 1000:.2f}" for name, size in groups.most_common())
    return f"Of the SQLite file at {pages:,} pages, kilobytes a page: {said}."


def _table(name: str, found: dict[int, _Measured]) -> list[str]:
    sizes = list(found)
    is_fitted = len(sizes) >= _FEWEST_TO_FIT
    larger = [size for size in _LARGER if is_fitted and size > max(sizes)]
    heads = [f"{size:,} pages" for size in sizes] + [f"{size:,}, **computed**" for size in larger]
    heads += ["fit of the medians, n in 10,000 pages"] * is_fitted
    rest = [""] * (len(heads) - len(sizes))
    filled = [one.filled or [] for one in found.values()]
    table = [
        ["", *heads],
        ["---"] * (len(heads) + 1),
        ["pages a second put in", *(f"{one[0]:.0f}" if one else "kept" for one in filled), *rest],
        [
            "… milliseconds of CPU a page, without a server's",
            *(f"{one[1]:.1f}" if one else "" for one in filled),
            *rest,
        ],
        ["kilobytes a page", *(f"{one.bytes_a_page / 1000:.1f}" for one in found.values()), *rest],
    ]
    for people, kind in itertools.product((1, _AT_ONCE), _KINDS):
        times = [[one.at(kind, people, share) for one in found.values()] for share in (0.5, 0.99)]
        row = [f"{median:.1f} / {slowest:.0f}" for median, slowest in zip(*times, strict=True)]
        if is_fitted:
            fits = [_Fit.of(sizes, one) for one in times]
            row += [" / ".join(f"{fit.at(size):.0f}" for fit in fits) for size in larger]
            row.append(str(fits[0]))
        table.append([kind + ", ten at once" * (people > 1), *row])
    lines = ["", f"{name}; milliseconds, median / 99th percentile, by one person and by ten at once:", ""]
    lines += ["| " + " | ".join(cells) + " |" for cells in table]
    said = (
        "A fit is a power law, or a fixed part and a part for each page, whichever is nearer to the measured times; "
        "± is how far the furthest of them is from it. What is computed from it was not measured."
    )
    return [*lines, "", said] if is_fitted else lines


@dataclass(frozen=True)
class _Fit:
    """A curve through measured times: ``fixed + grows * n ** power``; ``off`` is its largest error, as a share."""

    fixed: float
    grows: float
    power: float
    off: float

    @classmethod
    def of(cls, sizes: Sequence[int], times: Sequence[float]) -> Self:
        """Return the power law or the line that is nearer; a time that falls with the pages counts as constant."""
        at, took = np.asarray(sizes) / _PAGES_OF_N, np.asarray(times)
        power, start = np.polyfit(np.log(at), np.log(took), 1)
        if power < 0:
            power, start = 0.0, np.log(took).mean()
        # Each time weighs the same, however long it is.
        grows, fixed = np.polyfit(at, took, 1, w=1 / took)
        curves = [(0.0, float(np.exp(start)), float(power)), (float(fixed), float(grows), 1.0)]
        fits = [
            cls(*curve, float(np.abs((curve[0] + curve[1] * at ** curve[2]) / took - 1).max()))
            for curve in curves
            if curve[0] >= 0 and curve[1] >= 0
        ]
        return min(fits, key=lambda fit: fit.off)

    def at(self, size: int) -> float:
        return float(self.fixed + self.grows * (size / _PAGES_OF_N) ** self.power)

    def __str__(self) -> str:
        curve = f"{self.fixed:.1f} + {self.grows:.2f} n" if self.fixed else f"{self.grows:.1f} n^{self.power:.2f}"
        return f"{curve}, ± {self.off:.0%}"


def _draw(found: dict[str, dict[int, _Measured]], file: Path) -> None:
    """Draw the medians by the number of pages: what was measured as points, the fits as lines, dashed beyond them."""
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "bannasar"
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(1, len(found), figsize=(10, 4.2), sharey=True, layout="constrained", squeeze=False)
    for axis, (store, measured) in zip(axes[0], found.items(), strict=True):
        sizes = list(measured)
        for kind in _KINDS[:6]:
            medians = [one.at(kind, 1, 0.5) for one in measured.values()]
            (points,) = axis.plot(sizes, medians, marker="o", linestyle="", label=kind)
            if len(sizes) < _FEWEST_TO_FIT:
                continue
            fit = _Fit.of(sizes, medians)
            for begin, end, style in ((min(sizes), max(sizes), "-"), (max(sizes), max(_LARGER), "--")):
                at = np.geomspace(begin, end, 30) if begin < end else np.array([])
                axis.plot(at, [fit.at(size) for size in at], style, color=points.get_color(), linewidth=1)
        axis.set(xscale="log", yscale="log", title=store, xlabel="pages", ylabel="milliseconds, median")
        axis.grid(alpha=0.3)
    axes[0][-1].legend(fontsize=7)
    figure.suptitle("Points: measured. Dashed: computed from the fit.", fontsize=9)
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)
