"""How fast hundreds of thousands of pages are added and searched, in each store, and how that grows."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib as mpl
import numpy as np
from elasticsearch import Elasticsearch

from models.case import CaseFile
from models.page import Page
from pipeline.index.elastic import ElasticStore
from pipeline.index.entry import analysed
from pipeline.index.language import parse
from pipeline.index.sqlite import SqliteStore
from pipeline.index.store import Store, View
from tests.bench.made_pages import cases, text
from tests.conftest import EVERYTHING
from tests.elastic import Server

_EACH = 40
KINDS = (
    "phrase in quotes", "ranked, a phrase of three words", "ranked, a word", "ranked, two words and a number",
    "a passage of nine words", "misread phrase", "word -word", "word OR word date:", "begin*", "near~ in Latin letters",
    "phrase with facets", "phrase by case file",
)  # fmt: skip


@dataclass
class Speed:
    """What was measured in one store at one size; milliseconds by kind of query. No rate if it was filled before."""

    pages_a_second: float | None
    bytes_a_page: float
    milliseconds: dict[str, list[float]] = field(default_factory=dict)

    def median(self, kind: str) -> float:
        """Return the median of a kind."""
        return float(np.median(self.milliseconds[kind]))

    def slowest(self, kind: str) -> float:
        """Return the 99th percentile of a kind."""
        return float(np.quantile(self.milliseconds[kind], 0.99))


def measure(server: Server, folder: Path, sizes: Sequence[int]) -> dict[str, dict[int, Speed]]:
    """Fill each store with so many pages, one size after the other, and search it; full ones are left as they are."""
    found: dict[str, dict[int, Speed]] = {"SQLite": {}, "Elasticsearch": {}}
    for size in sizes:
        file = folder / f"{size}.db"
        with SqliteStore(file) as sqlite:
            rate = _fill(sqlite, size)
            found["SQLite"][size] = Speed(rate, file.stat().st_size / size)
            _ask(sqlite, size, found["SQLite"][size])
        with (
            ElasticStore(server.settings(f"speed-{size}", seconds=600)) as elastic,
            Elasticsearch(server.url, request_timeout=600) as client,
        ):
            rate = _fill(elastic, size)
            # The work that continues by itself after a rebuild.
            client.indices.forcemerge(index=f"speed-{size}", max_num_segments=1)
            stored = client.indices.stats(index=f"speed-{size}")["_all"]["primaries"]["store"]["size_in_bytes"]
            found["Elasticsearch"][size] = Speed(rate, stored / size)
            _ask(elastic, size, found["Elasticsearch"][size])
    return found


def draw_growth(found: dict[str, dict[int, Speed]], file: Path) -> None:
    """Draw the medians by the number of pages."""
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "bannasar"
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True, layout="constrained")
    for axis, (store, sizes) in zip(axes, found.items(), strict=True):
        for kind in KINDS[:6]:
            axis.plot(list(sizes), [speed.median(kind) for speed in sizes.values()], marker="o", label=kind)
        axis.set(xscale="log", yscale="log", title=store, xlabel="pages", ylabel="milliseconds, median")
        axis.grid(alpha=0.3)
    axes[1].legend(fontsize=7)
    figure.savefig(file, metadata={"Date": None})


def _fill(store: Store, size: int) -> float | None:
    """Fill a store, and return its pages a second; the time to make the pages is left out."""
    if store.count() == size:
        return None
    making = 0.0

    def timed() -> Iterator[tuple[CaseFile, list[Page]]]:
        nonlocal making
        made = cases(size)
        while True:
            began = time.perf_counter()
            one = next(made, None)
            making += time.perf_counter() - began
            if one is None:
                return
            yield one

    began = time.perf_counter()
    store.rebuild(analysed(timed()))
    return size / (time.perf_counter() - began - making)


def _ask(store: Store, size: int, speed: Speed) -> None:
    """Ask for other pages first, and do not count that: an archive is searched more than once a day."""
    for seed in (71, 17):
        _ask_all(store, size, speed, np.random.default_rng(seed))


def _ask_all(store: Store, size: int, speed: Speed, rng: np.random.Generator) -> None:
    for kind in KINDS:
        took = []
        for _ in range(_EACH):
            query, view = query_of(kind, text(int(rng.integers(size))), rng)
            began = time.perf_counter()
            store.search(parse(query), view, EVERYTHING)
            took.append(1000 * (time.perf_counter() - began))
        speed.milliseconds[kind] = took


def query_of(kind: str, lines: list[list[str]], rng: np.random.Generator) -> tuple[str, View]:
    """Return a query of a kind, with words of a page's lines, and how it is asked."""
    line, other = lines[4 + rng.integers(8)], lines[-1]
    at = int(rng.integers(6))
    one, two, three = line[at : at + 3]
    wrong = one + two[:-1] + "ឃ" + three
    queries = {
        "phrase in quotes": f'"{one}{two}{three}"',
        "ranked, a phrase of three words": f"{one}{two}{three}",
        "ranked, a word": one,
        "ranked, two words and a number": f"{one} {three} {lines[2][1]}",
        "a passage of nine words": "".join(line),
        "misread phrase": wrong,
        "word -word": f"{one} -{two}",
        "word OR word date:": f"{one} OR {two} date:1955..1960",
        "begin*": f"{one}*",
        "near~ in Latin letters": f"{other[0][:-1]}~",
        "phrase with facets": f"{one}{two}",
        "phrase by case file": f"{one}{two}",
    }
    return queries[kind], View(facets=kind.endswith("facets"), by_case=kind.endswith("file"))
