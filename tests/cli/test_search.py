"""What is told of how much was found, in an archive of more pages than are looked at one by one."""

import pytest

from pipeline.index.sqlite import SqliteStore


@pytest.fixture
def searched(bannasar, make):
    """Return an archive whose index holds 1001 pages, one word on all of them and one on each."""
    bannasar.archive.mkdir(exist_ok=True)
    pages = [make.page([f"greffier mot{number}"], number=number) for number in range(1, 1002)]
    with SqliteStore(bannasar.archive / "index.db") as store:
        store.put(make.case(*pages), pages)
    return bannasar


@pytest.mark.parametrize(
    ("query", "options", "told"),
    [
        (["greffier", "mot7"], (), "Hits 1 to 10 of more than 1,000 pages, 1 of them with all of it as it is."),
        (["greffier", "mot7", "case:box_a"], (), "Hits 1 to 10 of more than 1,000 pages, 1 of them with all of it"),
        (["greffier", "mot7"], ("--facets",), "Hits 1 to 10 of 1001 pages, 1 of them with all of it as it is."),
        (["greffier"], (), "Hits 1 to 10 of 1001 pages with all of it as it is; those that hold a part of it or read"),
        (['"greffier"'], (), "Hits 1 to 10 of 1001 pages.\n"),
        (["mot7"], (), "Hits 1 to 1 of 1 page.\n"),
    ],
)
def test_it_is_told_how_many_pages_there_are_as_far_as_it_is_known(searched, query, options, told):
    """More than a thousand are counted only where something else asks for all of them."""
    assert told in searched("search", *query, *options).stdout
