"""The reading room for the tests of this folder."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import Maker
from tests.reading_room import Visitor, make_archive, open_room


@pytest.fixture(scope="package")
def archive(tmp_path_factory: pytest.TempPathFactory, make: Maker) -> Path:
    """Return an archive of four case files."""
    return make_archive(tmp_path_factory.mktemp("room") / "archive", make)


@pytest.fixture(scope="package")
def entrance(archive: Path) -> Iterator[str]:
    """Return the one-time address of a running reading room."""
    with open_room(archive) as address:
        yield address


@pytest.fixture(scope="package")
def operator(entrance: str) -> Visitor:
    """Return the operator of this machine, who has entered."""
    visitor = Visitor(urlsplit(entrance).port or 0)
    answer = visitor.get(urlsplit(entrance).path)
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    return visitor


@pytest.fixture
def stranger(operator: Visitor) -> Visitor:
    """Return somebody who has not signed in."""
    return Visitor(operator.port)
