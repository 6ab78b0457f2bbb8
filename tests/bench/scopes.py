"""What a scope costs a search, what something sealed costs beside what is not there, and how long it takes to seal."""

import os
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.markdown import Markdown

from models.errors import ArchiveError, NotFoundError
from models.level import Level
from models.page import PageRef
from models.scope import Scope
from models.settings import Settings
from pipeline.access.accounts import Accounts
from pipeline.access.asker import Asker
from pipeline.access.roles import Role
from pipeline.archive.archive import Archive
from pipeline.archive.bag import read_case
from pipeline.archive.journal import Event
from pipeline.index.language import parse
from pipeline.index.query import Query
from pipeline.index.store import Store, View
from pipeline.services.level_commit import commit_level
from pipeline.services.open_case import open_case, open_page
from pipeline.services.seal import Part, Why, restriction_on, set_level
from pipeline.services.sight import person
from tests.bench.made_archive import ON_SEALED, OPERATOR, big_archive, in_elasticsearch, large_case, small_case
from tests.bench.made_pages import text
from tests.bench.search_speed import KINDS, query_of
from tests.conftest import BANNASAR, ROOT, archive_settings
from tests.elastic import V8, Server

_BEGIN, _END = "<!-- scopes -->", "<!-- /scopes -->"
_EACH = 6
_TRIES = 200
_SEALED_EACH = 5
_NOWHERE = "xylofone"
_EVERYTHING = Scope.everything()
_WHY = Why("measured")


@dataclass
class Cost:
    """What was measured in one store.

    ``ratios`` are, by the name of a scope, the time that all kinds of queries take with it to that without; ``words``
    and ``ids`` the medians of the milliseconds for what is sealed and for what is nowhere; ``seconds`` the longest
    times to seal, by what was sealed: until no reader finds it, and until all is done; ``command`` that of the
    whole command.
    """

    ratios: dict[str, float] = field(default_factory=dict)
    words: tuple[float, float] = (0.0, 0.0)
    ids: tuple[float, float] = (0.0, 0.0)
    seconds: dict[str, tuple[float, float]] = field(default_factory=dict)
    command: float = 0.0


def measure(keep: Path, size: int, *, write: bool) -> None:
    """Measure, print, and put the results into docs/benchmarks.md if asked."""
    folder = big_archive(keep, size)
    load = os.getloadavg()[0]
    costs = {"SQLite": _measure(folder, {}, size)}
    server = Server(V8, heap="512m", data=keep.absolute() / "elasticsearch").start()
    try:
        costs[f"Elasticsearch {V8}"] = _measure(folder, in_elasticsearch(folder, server, size), size)
    finally:
        server.stop()
    where = (
        f"`script/bench scopes --size {size}{' --write' if write else ''}`, {datetime.now(UTC):%Y-%m-%d}, "
        f"{os.cpu_count()} processors, load {load:.1f} at the beginning."
    )
    lines = [where, "", *_rows(costs)]
    Console().print(Markdown("\n".join(lines)))
    if write:
        page = ROOT / "docs" / "benchmarks.md"
        before, rest = page.read_text("utf-8").split(_BEGIN)
        page.write_text("\n".join([before + _BEGIN, *lines, _END + rest.split(_END)[1]]), "utf-8")


def _rows(costs: Mapping[str, Cost]) -> list[str]:
    first = next(iter(costs.values()))
    table = [
        (
            f"searches {name}: time to that without a scope",
            "≤ 1.1",
            [f"{cost.ratios[name]:.2f}" for cost in costs.values()],
        )
        for name in first.ratios
    ]
    pairs = (
        ("a sealed word / one that is nowhere", "alike", [cost.words for cost in costs.values()]),
        ("the id of a sealed case file / of none", "[said](security.md)", [cost.ids for cost in costs.values()]),
    )
    table += [
        (f"{name}, ms, medians of {_TRIES}", goal, [f"{sealed:.2f} / {nowhere:.2f}" for sealed, nowhere in found])
        for name, goal, found in pairs
    ]
    table += [
        (
            f"to seal {what}: until no reader finds it / until all is done, s, the longest",
            "≤ 1 / –",
            ["{:.2f} / {:.2f}".format(*cost.seconds[what]) for cost in costs.values()],
        )
        for what in first.seconds
    ]
    table.append(
        ("`bannasar seal` of a case file, the whole command, s", "", [f"{cost.command:.2f}" for cost in costs.values()])
    )
    lines = ["| | goal | " + " | ".join(costs) + " |", "|---|---|" + "---|" * len(costs)]
    return [*lines, *(f"| {what} | {goal} | {' | '.join(found)} |" for what, goal, found in table)]


def _measure(folder: Path, environment: Mapping[str, str], size: int) -> Cost:
    names = {"BANNASAR_INDEX__URL": "url", "BANNASAR_INDEX__NAME": "name"}
    index = {names[name]: value for name, value in environment.items()}
    settings = archive_settings(folder, index={**index, "seconds": 600})
    cost = Cost()
    with Archive(settings) as archive:
        store = archive.index
        cases = list(store.cases())
        boxes = sorted({case.partition("_")[0] for case in cases})
        scopes = {
            "for readers": Scope(Level.REGISTERED),
            "for staff": Scope(Level.STAFF),
            "for staff, three case files refused": Scope(Level.STAFF, refused=frozenset(cases[1:4])),
            "for staff, one case file granted": Scope(Level.STAFF, granted=frozenset(cases[:1])),
            "for staff, every second box": Scope(Level.STAFF, boxes=frozenset(boxes[::2])),
        }
        took = _ask(store, size, {"": _EVERYTHING, **scopes})
        cost.ratios = {name: took[name] / took[""] for name in scopes}
        cost.words = _words(store)
        cost.ids = _ids(archive)
    small = [small_case(Level.PUBLIC, 30 + number) for number in range(_SEALED_EACH)]
    cost.seconds = {
        "a case file of 20 pages": _longest(_seal(settings, case, Part()) for case in small),
        "a page of a case file of 1,000": _longest(
            _seal(settings, large_case(1), Part(2, page)) for page in range(1, 4)
        ),
        "a case file of 1,000 pages": _seal(settings, large_case(1), Part()),
    }
    cost.command = _command(settings, small_case(Level.PUBLIC, 40), environment)
    return cost


def _ask(store: Store, size: int, scopes: Mapping[str, Scope]) -> dict[str, float]:
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


def _words(store: Store) -> tuple[float, float]:
    """Return the median milliseconds of a word that is sealed, and of one that is nowhere."""
    took: dict[str, list[float]] = {ON_SEALED: [], _NOWHERE: []}
    for _ in range(_TRIES):
        for word, times in took.items():
            times.append(1000 * _time(store, parse(word), View(), Scope(Level.STAFF)))
    return float(np.median(took[ON_SEALED])), float(np.median(took[_NOWHERE]))


def _ids(archive: Archive) -> tuple[float, float]:
    """Return the median milliseconds of the id of a sealed case file, and of one that is not there, for a reader."""
    asker = person(archive, Accounts(archive.folder).account(Role.READER), datetime.now(UTC))
    took: tuple[list[float], list[float]] = ([], [])
    for number in range(_TRIES):
        sealed = small_case(Level.SEALED, number % 40)
        for case, times in zip((sealed, f"{sealed[:-1]}x"), took, strict=True):
            began = time.perf_counter()
            with suppress(NotFoundError):
                open_case(archive, asker, case)
            times.append(1000 * (time.perf_counter() - began))
    return float(np.median(took[0])), float(np.median(took[1]))


def _seal(settings: Settings, case: str, part: Part) -> tuple[float, float]:
    """Seal something, and return the seconds until no reader finds it, and until all is done; then open it again."""
    with Archive(settings) as archive:
        record = read_case(archive.bag(case))
        asker = Asker.operator(OPERATOR, datetime.now(UTC))
        pages = restriction_on(asker, record, part, Level.SEALED, _WHY).pages or record.documents[0].pages
        hidden: list[float] = []
        watching = threading.Thread(target=_watch, args=(settings, case, pages[0], hidden))
        watching.start()
        began = time.perf_counter()
        done = set_level(archive, asker, case, part, Level.SEALED, _WHY)
        seconds = time.perf_counter() - began
        watching.join()
        if done.index_error:
            raise RuntimeError(done.index_error)
    _open_again(settings, case, part)
    return hidden[0] - began, seconds


def _watch(settings: Settings, case: str, page: PageRef, hidden: list[float]) -> None:
    """Open a page as a reader again and again until it cannot be found, and note when that was."""
    with Archive(settings) as archive:
        account = Accounts(archive.folder).account(Role.READER)
        while not hidden:
            with suppress(ArchiveError):
                try:
                    open_page(archive, person(archive, account, datetime.now(UTC)), case, page.scan, page.number)
                except NotFoundError:
                    hidden.append(time.perf_counter())
            time.sleep(0.02)


def _longest(times: Iterable[tuple[float, float]]) -> tuple[float, float]:
    until_hidden, until_done = zip(*times, strict=True)
    return max(until_hidden), max(until_done)


def _open_again(settings: Settings, case: str, part: Part) -> None:
    with Archive(settings) as archive, archive.held():
        asker = Asker.operator(OPERATOR, datetime.now(UTC))
        bag = archive.bag(case)
        record = read_case(bag)
        commit_level(
            archive, asker, Event.UNSEALED, bag, record, restriction_on(asker, record, part, Level.PUBLIC, _WHY)
        )


def _command(settings: Settings, case: str, environment: Mapping[str, str]) -> float:
    """Return the seconds that the whole command takes."""
    command = [*BANNASAR, "seal", case, "--reason", "measured", "--archive", str(settings.archive)]
    began = time.perf_counter()
    subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(ROOT)} | dict(environment), check=True, capture_output=True
    )
    seconds = time.perf_counter() - began
    _open_again(settings, case, Part())
    return seconds


def _time(store: Store, query: Query, view: View, scope: Scope) -> float:
    began = time.perf_counter()
    store.search(query, view, scope)
    return time.perf_counter() - began
