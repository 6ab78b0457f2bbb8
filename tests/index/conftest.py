"""A store of each kind."""

import contextlib
import itertools

import pytest

from pipeline.index.elastic import ElasticStore
from pipeline.index.sqlite import SqliteStore
from pipeline.index.tantivy_store import TantivyStore
from tests.elastic import V8, V9

_NUMBERS = itertools.count(1)


@pytest.fixture
def index_name():
    """Return a name that no other index has."""
    return f"test-{next(_NUMBERS)}"


_KINDS = ["sqlite", "tantivy", *(pytest.param(version, marks=pytest.mark.slow) for version in (V8, V9))]


@contextlib.contextmanager
def _opener(request, folder):
    """Give a function that opens the same store of the kind that is asked for, as another process would."""
    if request.param == "sqlite":
        yield lambda: SqliteStore(folder / "index.db")
        return
    if request.param == "tantivy":
        yield lambda: TantivyStore(folder / "index")
        return
    server, name = request.getfixturevalue("servers").get(request.param), f"test-{next(_NUMBERS)}"
    yield lambda: ElasticStore(server.settings(name))
    # A server allows a thousand shards, and each index has five, each with a copy.
    with server.client() as client:
        for index in client.indices.get(index=f"{name}-v*", features="aliases"):
            client.indices.delete(index=index)


@pytest.fixture(params=_KINDS)
def open_store(request, tmp_path):
    """Return a function that opens the same store, of each kind in turn, as another process would."""
    with _opener(request, tmp_path) as opener:
        yield opener


@pytest.fixture(scope="module", params=_KINDS)
def empty_stores(request, tmp_path_factory):
    """Return a function that returns empty stores of each kind in turn, for fixtures that no test of the file changes.

    To make an index of its own takes a test on Elasticsearch ten times as long as a search.
    """
    with contextlib.ExitStack() as stack:

        def opened():
            opener = stack.enter_context(_opener(request, tmp_path_factory.mktemp("index")))
            return stack.enter_context(opener())

        yield opened


@pytest.fixture
def store(open_store):
    """Return an empty store."""
    with open_store() as opened:
        yield opened
