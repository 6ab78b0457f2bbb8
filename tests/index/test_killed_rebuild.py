"""A rebuild of the archive's own index that is killed, with each engine."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from pipeline.index import sqlite, tantivy_files, tantivy_store
from pipeline.index.entry import analysed
from pipeline.index.language import parse
from pipeline.index.sqlite import SqliteStore
from pipeline.index.store import Store, View, fingerprint
from pipeline.index.tantivy_store import TantivyStore
from tests.conftest import EVERYTHING
from tests.dying import die_at


class _Engine(NamedTuple):
    """An engine: its store and the name of its place, the steps of a rebuild and where they are, what one leaves."""

    store: Callable[[Path], Store]
    place: str
    adds: str
    replaces: str
    steps: ModuleType
    pages_at_once: ModuleType
    left: Callable[[Path], list[str]]


def _left_by_sqlite(place: Path) -> list[str]:
    return [file.name for file in place.parent.iterdir() if ".part" in file.name]


def _left_by_tantivy(place: Path) -> list[str]:
    in_use = (place / "current").read_text("ascii")
    folders = [file.name for file in place.iterdir() if file.is_dir()]
    assert in_use in folders
    return [name for name in folders if name != in_use]


_SQLITE = _Engine(
    SqliteStore, "index.db", "SqliteStore._add_some", "SqliteStore._replace", sqlite, sqlite, _left_by_sqlite
)
_TANTIVY = _Engine(TantivyStore, "index", "Writing.commit", "Files.use", tantivy_files, tantivy_store, _left_by_tantivy)


@pytest.fixture(params=[_SQLITE, _TANTIVY], ids=["sqlite", "tantivy"])
def engine(request):
    return request.param


@pytest.fixture
def page_by_page(monkeypatch, engine):
    """Let a rebuild keep each page before it adds the next."""
    monkeypatch.setattr(engine.pages_at_once, "_PAGES_AT_ONCE", 1)


def _found(store, query):
    return [hit.page for hit in store.search(parse(query), View(), EVERYTHING).hits]


@pytest.mark.usefixtures("page_by_page")
@pytest.mark.parametrize(("step", "when", "there"), [("adds", "after", 1), ("replaces", "before", 3)])
def test_it_goes_on_where_it_was(tmp_path, make, engine, step, when, there):
    """What it has added answers no search until it has all, and is not added again."""
    pages = [make.page(["nouveau"], scan=letter * 64) for letter in "abc"]
    made = [(make.case(page, case_id=f"box_{number}"), [page]) for number, page in enumerate(pages)]
    old = make.page(["ancien"])

    def rebuild():
        with engine.store(tmp_path / engine.place) as store:
            store.rebuild(analysed(made))

    with engine.store(tmp_path / engine.place) as store:
        store.put(make.case(old), [old])
        die_at(getattr(engine, step), when, rebuild, engine.steps)
        assert (_found(store, "ancien"), _found(store, "nouveau")) == ([1], [])
        begun = store.begun()
        assert begun == {case.id: fingerprint(case) for case, _ in made[:there]}
        assert store.rebuild(analysed(made[there:]), begun) == 3
        assert (_found(store, "ancien"), len(_found(store, "nouveau"))) == ([], 3)
        assert (store.begun(), len(store.cases())) == ({}, 3)
    assert [file.name for file in tmp_path.iterdir()] == [engine.place]
    assert engine.left(tmp_path / engine.place) == []


@pytest.mark.parametrize("change", ["set_levels", "remove"])
def test_what_it_left_is_removed_when_something_is_hidden(tmp_path, make, engine, change):
    """It holds the pages as they were before."""
    page = make.page(["secret"])
    case = make.case(page)

    def rebuild():
        with engine.store(tmp_path / engine.place) as store:
            store.rebuild(analysed([(case, [page])]))

    with engine.store(tmp_path / engine.place) as store:
        store.put(case, [page])
        die_at(engine.replaces, "before", rebuild, engine.steps)
        assert store.begun()
        store.set_levels(case) if change == "set_levels" else store.remove(case.id)
        assert engine.left(tmp_path / engine.place) == []
        assert store.begun() == {}
