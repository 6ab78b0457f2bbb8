"""How large an index is, how fast it is filled and searched, and how that grows: ``script/bench scale``.

A store is filled with 10,000 pages, then 30,000, 100,000 and so on, up to what is asked for, and searched at each size
by one person and by ten at once, while 20 pages a second come in. What larger ones need is computed from a power law
through the measured sizes, if there are three or more; the table says how far the measured ones are from it.
"""

import itertools
import multiprocessing
import os
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
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
from tests.bench.made_pages import PAGES_A_CASE
from tests.bench.scale_pages import analysed_cases, case_of, page, rows
from tests.bench.search_speed import KINDS, query_of
from tests.conftest import EVERYTHING, ROOT
from tests.elastic import V9, Server

_BEGIN, _END = "<!-- scale -->", "<!-- /scale -->"
_FIRST_SIZE = 10_000
# All kinds but two that are like others.
_KINDS = tuple(kind for kind in KINDS if kind not in {"misread phrase", "begin*"})
_EACH, _AT_ONCE = 40, 10
_PAGES_A_SECOND = 20
# A law through two sizes would fit whatever was measured.
_FEWEST_TO_FIT = 3
# Of pages that come in during searches, far above all others.
_COMING = 900_000_000
_LARGER = (1_000_000, 10_000_000)


class _Held(Protocol):
    """An index that is kept between sizes and processes."""

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
            return Counter(dict(database.execute("SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE")))

    def _file(self, size: int) -> Path:
        return self.folder / f"scale-{size}.db"


@dataclass(frozen=True)
class _Elastic:
    server: Server
    name: str = "Elasticsearch"

    def open(self, size: int) -> Store:
        return ElasticStore(self.server.settings(f"scale-{size}", seconds=600))

    def bytes(self, size: int) -> int:
        with Elasticsearch(self.server.url, request_timeout=600) as client:
            index = f"scale-{size}"
            client.indices.forcemerge(index=index, max_num_segments=5)
            return int(client.indices.stats(index=index)["_all"]["primaries"]["store"]["size_in_bytes"])


@dataclass
class _Measured:
    """What was measured in one store at one size; milliseconds by kind of query and by how many ask at once."""

    pages_a_second: float | None
    bytes_a_page: float
    milliseconds: dict[tuple[str, int], list[float]] = field(default_factory=dict)

    def at(self, kind: str, people: int, share: float) -> float:
        return float(np.quantile(self.milliseconds[kind, people], share))


def scale(pages: int, stores: Sequence[str], *, keep: Path | None, write: bool) -> None:
    """Measure, print, and put the results into docs/benchmarks.md if asked.

    Args:
        pages: the largest number of pages.
        stores: "sqlite", "elasticsearch" or both.
        keep: where the indexes are kept for the next time, or were kept.
        write: whether docs/benchmarks.md is written.
    """
    steps = (size for power in itertools.count() for size in (_FIRST_SIZE * 10**power, 3 * _FIRST_SIZE * 10**power))
    sizes = [*itertools.takewhile(lambda size: size < pages, steps), pages]
    with tempfile.TemporaryDirectory(prefix="bannasar-scale-") as work:
        folder = (keep or Path(work)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        found: dict[str, dict[int, _Measured]] = {}
        load = os.getloadavg()[0]
        lines = [f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} processors, load {load:.1f} at the beginning."]
        if "sqlite" in stores:
            held = _Sqlite(folder)
            found[held.name] = {size: _measure(held, size) for size in sizes}
            lines += ["", _said_of_parts(held.parts(pages), pages)]
        if "elasticsearch" in stores:
            server = Server(V9, heap="1g", data=folder / "elasticsearch").start()
            try:
                found["Elasticsearch"] = {size: _measure(_Elastic(server), size) for size in sizes}
            finally:
                server.stop()
    lines += [line for name, measured in found.items() for line in _table(name, measured)]
    Console().print(Markdown("\n".join(lines)))
    if write:
        _draw(found, ROOT / "docs" / "scale.svg")
        place = ROOT / "docs" / "benchmarks.md"
        before, rest = place.read_text("utf-8").split(_BEGIN)
        command = f"`script/bench scale --pages {pages} --write`, {lines[0]}"
        plot = ["", "![Medians by the number of pages](scale.svg)"]
        text = "\n".join([_BEGIN, command, *lines[1:], *plot, _END])
        place.write_text(before + text + rest.split(_END)[1], "utf-8")


def _measure(held: _Held, size: int) -> _Measured:
    rate = None
    with held.open(size) as store:
        if store.count() < size:
            began = time.perf_counter()
            store.rebuild(analysed_cases(size))
            rate = size / (time.perf_counter() - began)
        measured = _Measured(rate, held.bytes(size) / store.count())
    with _coming_in(held, size):
        for people in (1, _AT_ONCE):
            for kind in _KINDS:
                # Others first, which are not counted: an archive is searched more than once a day.
                _ask(held, size, kind, people, 71)
                measured.milliseconds[kind, people] = _ask(held, size, kind, people, 17)
    return measured


def _ask(held: _Held, size: int, kind: str, people: int, seed: int) -> list[float]:
    """Ask for 40 pages, each person for a part of them, and return the milliseconds of each search."""
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
    heads = [f"{size:,} pages" for size in sizes] + [f"{size:,}, computed" for size in larger] + ["growth"] * is_fitted
    rest = [""] * (len(heads) - len(sizes))
    rates = ["kept" if one.pages_a_second is None else f"{one.pages_a_second:.0f}" for one in found.values()]
    table = [
        ["", *heads],
        ["---"] * (len(heads) + 1),
        ["pages a second put in", *rates, *rest],
        ["kilobytes a page", *(f"{one.bytes_a_page / 1000:.1f}" for one in found.values()), *rest],
    ]
    for people, kind in itertools.product((1, _AT_ONCE), _KINDS):
        times = [[one.at(kind, people, share) for one in found.values()] for share in (0.5, 0.99)]
        row = [f"{median:.1f} / {slowest:.0f}" for median, slowest in zip(*times, strict=True)]
        if is_fitted:
            fits = [_Fit.of(sizes, one) for one in times]
            row += [" / ".join(f"{fit.at(size):.0f}" for fit in fits) for size in larger]
            row.append(" / ".join(f"{fit.power:.2f} ± {fit.off:.0%}" for fit in fits))
        table.append([kind + ", ten at once" * (people > 1), *row])
    lines = ["", f"{name}; milliseconds, median / 99th percentile, by one person and by ten at once:", ""]
    lines += ["| " + " | ".join(cells) + " |" for cells in table]
    said = (
        "Growth: the power of the pages with which the time grows, and how far the furthest measured time is from it."
    )
    return [*lines, "", said] if is_fitted else lines


@dataclass(frozen=True)
class _Fit:
    """A power law through measured times; ``off`` is how far the furthest of them is from it, as a share."""

    power: float
    start: float
    off: float

    @classmethod
    def of(cls, sizes: Sequence[int], times: Sequence[float]) -> Self:
        at, logs = np.log(sizes), np.log(times)
        power, start = np.polyfit(at, logs, 1)
        return cls(float(power), float(start), float(np.abs(np.exp(logs - power * at - start) - 1).max()))

    def at(self, size: int) -> float:
        return float(np.exp(self.power * np.log(size) + self.start))


def _draw(found: dict[str, dict[int, _Measured]], file: Path) -> None:
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "bannasar"
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(1, len(found), figsize=(9, 3.6), sharey=True, layout="constrained", squeeze=False)
    for axis, (store, measured) in zip(axes[0], found.items(), strict=True):
        for kind in _KINDS[:6]:
            medians = [one.at(kind, 1, 0.5) for one in measured.values()]
            axis.plot(list(measured), medians, marker="o", label=kind)
        axis.set(xscale="log", yscale="log", title=store, xlabel="pages", ylabel="milliseconds, median")
        axis.grid(alpha=0.3)
    axes[0][-1].legend(fontsize=7)
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)
