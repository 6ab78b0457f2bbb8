"""A case file of more pages than its list shows at once: the list goes on, and a hit far away is one click away."""

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.conftest import Maker
from tests.reading_room import Visitor, keep_long_case, open_room

CASE = "/case/box_long"


class Long(NamedTuple):
    """The operator in the reading room, and where the pages are."""

    operator: Visitor
    pages: str


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory, make: Maker) -> Iterator[Long]:
    """Return the operator in the reading room of an archive with a long case file."""
    folder = tmp_path_factory.mktemp("long") / "archive"
    sha = keep_long_case(folder, make)
    with open_room(folder) as address:
        operator = Visitor(urlsplit(address).port or 0)
        operator.get(urlsplit(address).path)
        yield Long(operator, f"{CASE}/scan/{sha[:16]}/page")


def test_the_list_of_pages_goes_on(long: Long) -> None:
    """With an address for each part of it, small pictures that wait until they are in sight, and the documents."""
    first, second = (long.operator.get(f"{CASE}{more}").text for more in ("", "?page=2"))
    assert (first.count('loading="lazy"'), second.count('loading="lazy"')) == (48, 12)
    assert '<a rel="next" href="?page=2">' in first
    assert '<a rel="prev" href="?page=1">' in second
    assert all(f"{CASE}/document/{number}.pdf" in second for number in (1, 2, 3))


def test_a_page_far_into_it_is_opened_by_its_number(long: Long) -> None:
    """The page is within its document, and leads to those next to it."""
    gone = long.operator.get(f"{CASE}/turn?page=57")
    page = long.operator.get(gone.headers["Location"]).text
    assert "Page 17 of 20 of this document" in page
    assert all(f'/page/{number}"' in page for number in (56, 58))


def test_the_next_hit_is_one_click_away(long: Long) -> None:
    """However many pages without one are between."""
    page = long.operator.get(f"{long.pages}/1?q=zebra").text
    assert "page 1 of 2 with hits in this case file" in page
    assert f'data-key="hit-after" href="{long.pages}/58?q=zebra"' in page
    between = long.operator.get(f"{long.pages}/30?q=zebra").text
    assert f'data-key="hit-before" href="{long.pages}/1?q=zebra"' in between
    assert f'data-key="hit-after" href="{long.pages}/58?q=zebra"' in between
