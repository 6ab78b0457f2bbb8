"""What a scope costs a search, what a sealed word costs beside one that is nowhere, and how long it takes to seal."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from models.actor import Actor, ActorKind
from models.case import CaseFile
from models.level import Level
from models.page import Page
from models.restriction import Reach, Restriction
from models.scope import Scope
from pipeline.index.elastic import ElasticStore
from pipeline.index.language import parse
from pipeline.index.query import Query
from pipeline.index.sqlite import SqliteStore
from pipeline.index.store import Store, View
from tests.bench.made_pages import cases, page, text
from tests.bench.search_speed import KINDS, query_of
from tests.elastic import Server

_EACH = 20
_TRIES = 200
_EVERYTHING = Scope.everything()
# Of every so many case files one is sealed, and one is public; the others are for staff.
_SEALED_EVERY, _PUBLIC_EVERY = 20, 4
# A word that stands on sealed pages only, and one that stands nowhere.
_SEALED, _NOWHERE = "zibeline", "xylofone"
_WHEN = datetime(2026, 1, 2, tzinfo=UTC)
_BY = Actor(name="bench", kind=ActorKind.OPERATOR)


@dataclass
class Cost:
    """What was measured in one store.

    ``ratios`` are, by the name of a scope, the time that all kinds of queries take with it to that without;
    ``sealed`` and ``nowhere`` the medians of the milliseconds that the two words take, ``seconds`` what sealing takes.
    """

    ratios: dict[str, float] = field(default_factory=dict)
    sealed: float = 0.0
    nowhere: float = 0.0
    seconds: float = 0.0


def measure(server: Server, folder: Path, size: int) -> dict[str, Cost]:
    """Fill each store with so many pages of mixed levels, and search it with scopes and without."""
    with (
        SqliteStore(folder / f"scope-{size}.db") as sqlite,
        ElasticStore(server.settings(f"scope-{size}", seconds=600)) as elastic,
    ):
        return {name: _measure(store, size) for name, store in (("SQLite", sqlite), ("Elasticsearch", elastic))}


def rows(costs: dict[str, Cost], size: int) -> list[str]:
    """Return the results as a table."""
    lines = [f"Time of searches with a scope to that without, at {size:,} pages; and of a sealed word:", ""]
    lines += ["| | " + " | ".join(costs) + " |", "|---|" + "---|" * len(costs)]
    for name in next(iter(costs.values())).ratios:
        lines.append(f"| {name} | " + " | ".join(f"{cost.ratios[name]:.2f}" for cost in costs.values()) + " |")
    words = [f"{cost.sealed:.2f} / {cost.nowhere:.2f}" for cost in costs.values()]
    lines.append(f"| sealed word / no such word, ms, median of {_TRIES} | " + " | ".join(words) + " |")
    seconds = [f"{cost.seconds:.2f}" for cost in costs.values()]
    return [*lines, "| to seal a case file of 20 pages, s | " + " | ".join(seconds) + " |", ""]


def _measure(store: Store, size: int) -> Cost:
    if store.count() != size:
        store.rebuild(_levelled(size))
    boxes = sorted({case.partition("_")[0] for case in store.cases()})
    scopes = {
        "for staff": Scope(Level.STAFF),
        "for staff, three case files refused": Scope(Level.STAFF, refused=frozenset(list(store.cases())[1:4])),
        "for staff, one case file granted": Scope(Level.STAFF, granted=frozenset([next(iter(store.cases()))])),
        "for staff, every second box": Scope(Level.STAFF, boxes=frozenset(boxes[::2])),
    }
    cost = Cost()
    took = _ask(store, size, {"": _EVERYTHING, **scopes})
    cost.ratios = {name: took[name] / took[""] for name in scopes}
    cost.sealed, cost.nowhere = _words(store, Scope(Level.STAFF))
    case, _ = list(_levelled(40))[1]
    began = time.perf_counter()
    store.set_levels(_at(case, Level.SEALED))
    cost.seconds = time.perf_counter() - began
    store.set_levels(case)
    return cost


def _ask(store: Store, size: int, scopes: dict[str, Scope]) -> dict[str, float]:
    """Return the seconds that all queries take by scope: of each the best of three, asked in turns."""
    rng = np.random.default_rng(23)
    took = dict.fromkeys(scopes, 0.0)
    for kind in KINDS:
        for _ in range(_EACH):
            words, view = query_of(kind, text(int(rng.integers(size))), rng)
            query = parse(words)
            best = dict.fromkeys(scopes, np.inf)
            for _ in range(3):
                for name, scope in scopes.items():
                    best[name] = min(best[name], _time(store, query, view, scope))
            for name, seconds in best.items():
                took[name] += seconds
    return took


def _words(store: Store, scope: Scope) -> tuple[float, float]:
    """Return the median milliseconds of the word that is sealed, and of the one that is nowhere."""
    took: dict[str, list[float]] = {_SEALED: [], _NOWHERE: []}
    for _ in range(_TRIES):
        for word, times in took.items():
            times.append(1000 * _time(store, parse(word), View(), scope))
    return float(np.median(took[_SEALED])), float(np.median(took[_NOWHERE]))


def _time(store: Store, query: Query, view: View, scope: Scope) -> float:
    began = time.perf_counter()
    store.search(query, view, scope)
    return time.perf_counter() - began


def _levelled(pages: int) -> Iterator[tuple[CaseFile, list[Page]]]:
    """Yield case files as made, some of them public, some sealed; on each page of these stands the sealed word."""
    for number, (case, made) in enumerate(cases(pages)):
        if number % _SEALED_EVERY == 0:
            lines = [[_SEALED], *text(number)]
            spoken = [page(one.scan, one.number, [" ".join(line) for line in lines]) for one in made]
            yield _at(case, Level.SEALED), spoken
        else:
            yield (_at(case, Level.PUBLIC) if number % _PUBLIC_EVERY == 1 else case), made


def _at(case: CaseFile, level: Level) -> CaseFile:
    restriction = Restriction(level=level, reach=Reach.CASE, reason="measured", by=_BY, at=_WHEN)
    return case.model_copy(update={"restrictions": (restriction,)})
