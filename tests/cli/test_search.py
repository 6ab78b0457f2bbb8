"""What is reported on the number of hits in an archive with many pages, and why nothing is found."""

import json

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
        (
            ["greffier", "mot7"],
            (),
            "Hits 1 to 10 of more than 1,000 pages, 1 of them with an exact match of the whole query.",
        ),
        (
            ["greffier", "mot7", "case:box_a"],
            (),
            "Hits 1 to 10 of more than 1,000 pages, 1 of them with an exact match",
        ),
        (
            ["greffier", "mot7"],
            ("--facets",),
            "Hits 1 to 10 of 1001 pages, 1 of them with an exact match of the whole query.",
        ),
        (["greffier"], (), "Hits 1 to 10 of 1001 pages with an exact match of the whole query; pages with a part"),
        (['"greffier"'], (), "Hits 1 to 10 of 1001 pages.\n"),
        (["mot7"], (), "Hits 1 to 1 of 1 page.\n"),
    ],
)
def test_it_is_told_how_many_pages_there_are_as_far_as_it_is_known(searched, query, options, told):
    """More than a thousand are counted only where something else asks for all of them."""
    assert told in searched("search", *query, *options).stdout


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("greffier case:999", "No case file has this name or number: case:999."),
        ("kind:jugement", "No page of this archive matches kind:jugement. Its kinds are: "),
        ('"mot7 greffier"', 'No page has exactly "mot7 greffier".'),
    ],
)
def test_where_nothing_is_found_it_is_told_why(searched, query, told, tmp_path):
    """For people in the results, for programs on standard error; it is not an error."""
    shown = searched("search", query)
    assert shown.stdout.startswith("Nothing found.\n")
    assert told in shown.stdout
    for option in (["--json"], ["--csv", "-"], ["--jsonl", tmp_path / "lines"]):
        done = searched("search", query, *option)
        assert (done.returncode, told in done.stderr, told in done.stdout) == (0, True, False)
    assert json.loads(searched("search", query, "--json").stdout)["pages"] == 0


def test_a_kind_that_is_none_is_refused_with_its_place_but_not_one_of_the_archive(searched, make):
    """Another glossary may have been used when its papers were described."""
    refused = searched("search", "greffier -kind:jugemnt")
    assert refused.returncode == 1
    assert "There is no kind jugemnt. Did you mean judgment?" in refused.stderr
    assert refused.stderr.rstrip("\n").splitlines()[-2:] == ["  greffier -kind:jugemnt", f"  {' ' * 15}^"]
    page = make.page(["autre"], scan="b" * 64)
    case = make.case(page, case_id="box_b")
    own = case.documents[0].model_copy(update={"kind": "of_our_own"})
    with SqliteStore(searched.archive / "index.db") as store:
        store.put(case.model_copy(update={"documents": (own,)}), [page])
    assert "Hits 1 to 1 of 1 page." in searched("search", "kind:of_our_own").stdout
