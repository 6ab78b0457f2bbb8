"""A store of each kind."""

import itertools

import pytest

from pipeline.index.elastic import ElasticStore
from pipeline.index.sqlite import SqliteStore
from tests.elastic import V8, V9

_NUMBERS = itertools.count(1)


@pytest.fixture
def index_name():
    """Return a name that no other index has."""
    return f"test-{next(_NUMBERS)}"


@pytest.fixture(params=["sqlite", *(pytest.param(version, marks=pytest.mark.slow) for version in (V8, V9))])
def open_store(request, tmp_path, index_name):
    """Return a function that opens the same store, of each kind in turn, as another process would."""
    if request.param == "sqlite":
        yield lambda: SqliteStore(tmp_path / "index.db")
        return
    server = request.getfixturevalue("servers").get(request.param)
    yield lambda: ElasticStore(server.settings(index_name))
    # A server allows a thousand shards, and each index has five, each with a copy.
    with server.client() as client:
        for name in client.indices.get(index=f"{index_name}-v*", features="aliases"):
            client.indices.delete(index=name)


@pytest.fixture
def store(open_store):
    """Return an empty store."""
    with open_store() as opened:
        yield opened
