"""A rebuild of the index that is killed, with each engine."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from models.errors import IndexUnusableError
from pipeline.index import elastic, elastic_indexes, sqlite, tantivy_files, tantivy_store
from pipeline.index.elastic import ElasticStore
from pipeline.index.entry import analysed
from pipeline.index.language import parse
from pipeline.index.sqlite import SqliteStore
from pipeline.index.store import Store, View, fingerprint
from pipeline.index.tantivy_store import TantivyStore
from tests.conftest import EVERYTHING
from tests.dying import die_at
from tests.elastic import V9

_Step = tuple[ModuleType, str]


class _Engine(NamedTuple):
    """An engine.

    It has a store, the steps of a rebuild that add something and that replace the old index, what a rebuild left, and
    the names of its files and folders.
    ``pages_at_once`` is where it says how many pages it adds before it keeps them, if it does.
    """

    open: Callable[[], Store]
    adds: _Step
    replaces: _Step
    left: Callable[[], list[str]]
    places: list[str]
    pages_at_once: ModuleType | None = None


def _sqlite(folder: Path) -> _Engine:
    place = folder / "index.db"

    def left() -> list[str]:
        return [file.name for file in folder.iterdir() if ".part" in file.name]

    steps = (sqlite, "SqliteStore._add_some"), (sqlite, "SqliteStore._replace")
    return _Engine(lambda: SqliteStore(place), *steps, left, [place.name], sqlite)


def _tantivy(folder: Path) -> _Engine:
    place = folder / "index"

    def left() -> list[str]:
        in_use = (place / "current").read_text("ascii")
        folders = [file.name for file in place.iterdir() if file.is_dir()]
        assert in_use in folders
        return [name for name in folders if name != in_use]

    steps = (tantivy_files, "Writing.commit"), (tantivy_files, "Files.use")
    return _Engine(lambda: TantivyStore(place), *steps, left, [place.name], tantivy_store)


def _elastic(server, name: str) -> _Engine:
    def left() -> list[str]:
        with server.client() as client:
            found = client.indices.get(index=f"{name}-v*", features="aliases").body
        return [index for index, one in found.items() if not one["aliases"]]

    steps = (elastic, "ElasticStore._put"), (elastic_indexes, "Indexes.use")
    return _Engine(lambda: ElasticStore(server.settings(name)), *steps, left, [])


@pytest.fixture(params=["sqlite", "tantivy", pytest.param(V9, marks=pytest.mark.slow)])
def engine(request, tmp_path):
    if request.param == V9:
        name = request.getfixturevalue("index_name")
        return _elastic(request.getfixturevalue("servers").get(V9), name)
    return {"sqlite": _sqlite, "tantivy": _tantivy}[request.param](tmp_path)


@pytest.fixture
def page_by_page(monkeypatch, engine):
    """Let a rebuild keep each page before it adds the next, as it does on a cluster."""
    if engine.pages_at_once:
        monkeypatch.setattr(engine.pages_at_once, "_PAGES_AT_ONCE", 1)


def _rebuild_that_dies(engine, step, when, made):
    """Rebuild the index from some case files in another process, which ends at a step."""

    def rebuild():
        with engine.open() as store:
            store.rebuild(analysed(made))

    module, name = step
    die_at(name, when, rebuild, module)


def _found(store, query):
    return [hit.page for hit in store.search(parse(query), View(), EVERYTHING).hits]


def _three(make):
    pages = [make.page(["nouveau"], scan=letter * 64) for letter in "abc"]
    return [(make.case(page, case_id=f"box_{number}"), [page]) for number, page in enumerate(pages)]


@pytest.mark.usefixtures("page_by_page")
@pytest.mark.parametrize(("step", "when", "there"), [("adds", "after", 1), ("replaces", "before", 3)])
def test_it_goes_on_where_it_was(tmp_path, make, engine, step, when, there):
    """What it has added answers no search until it has all, and is not added again."""
    made = _three(make)
    old = make.page(["ancien"])

    with engine.open() as store:
        store.put(make.case(old), [old])
        _rebuild_that_dies(engine, getattr(engine, step), when, made)
        assert (_found(store, "ancien"), _found(store, "nouveau")) == ([1], [])
        begun = store.begun()
        assert begun == {case.id: fingerprint(case) for case, _ in made[:there]}
        assert store.rebuild(analysed(made[there:]), begun) == 3
        assert (_found(store, "ancien"), len(_found(store, "nouveau"))) == ([], 3)
        assert (store.begun(), len(store.cases())) == ({}, 3)
    assert [file.name for file in tmp_path.iterdir()] == engine.places
    assert engine.left() == []


@pytest.mark.usefixtures("page_by_page")
def test_what_is_not_right_any_more_is_not_kept(make, engine):
    """The bag was withdrawn or made again since: its pages are not found."""
    made = _three(make)
    _rebuild_that_dies(engine, engine.replaces, "before", made)
    kept = [made[0][0].id, made[2][0].id]
    with engine.open() as store:
        assert store.rebuild(iter(()), kept) == 2
        assert sorted(store.cases()) == kept
        assert len(_found(store, "nouveau")) == 2


@pytest.mark.usefixtures("page_by_page")
def test_what_is_not_there_any_more_cannot_be_kept(make, engine):
    """Somebody removed it meanwhile: the new index would lack a case file, and nobody would know."""
    made = _three(make)
    old = make.page(["ancien"])

    with engine.open() as store:
        store.put(make.case(old), [old])
        _rebuild_that_dies(engine, engine.replaces, "before", made)
        with pytest.raises(IndexUnusableError, match="Try again"):
            store.rebuild(iter(()), [*store.begun(), "box_gone"])
        assert _found(store, "ancien") == [1]
        assert store.rebuild(analysed(made), []) == 3


@pytest.mark.parametrize("change", ["set_levels", "remove"])
def test_what_it_left_is_removed_when_something_is_hidden(make, engine, change):
    """It holds the pages as they were before."""
    page = make.page(["secret"])
    case = make.case(page)

    with engine.open() as store:
        store.put(case, [page])
        _rebuild_that_dies(engine, engine.replaces, "before", [(case, [page])])
        assert store.begun()
        store.set_levels(case) if change == "set_levels" else store.remove(case.id)
        assert engine.left() == []
        assert store.begun() == {}
