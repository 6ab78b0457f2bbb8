"""Why a query finds nothing; both kinds of store give the same reason."""

import pytest

from pipeline.index.language import parse
from pipeline.index.nothing import values_of, why_nothing
from pipeline.index.query import Field
from pipeline.index.store import View
from tests.conftest import EVERYTHING
from tests.index.test_search import _cases


@pytest.fixture
def filled(store, make):
    for case, page in _cases(make):
        store.put(case, [page])
    return store


_WHY = {
    "court:Kompot": ("court:Kompot", "សាលាដំបូងខេត្តកំពត", "សាលាដំបូងខេត្តតាកែវ"),
    "greffier box:box-3": ("matches box:box-3", "Its boxes are: box-1, box-2."),
    "kind:summons greffier": ("matches kind:summons", "judgment", "complaint"),
    "case:999/99": ("No case file has this name", "case:999/99"),
    "date:1970..": ("No document has a date in date:1970..", "1963 to 1965"),
    '"greffier chef"': ('No page has exactly "greffier chef"', "Without quotes"),
    "xyzzyx": ("No page has xyzzyx or anything similar.",),
    "greffier AND xyzzyx": ("No page has xyzzyx",),
    "kind:complaint date:1963": ("not all together: kind:complaint (1 page), date:1963 (1 page)",),
    "greffier AND លេខ": ("not all together: greffier (2 pages), លេខ (1 page)",),
    "chef -kind:judgment": ("1 page would be found, but kind:judgment must not be on it",),
    'chef NOT "le greffier"': ('1 page would be found, but "le greffier" must not',),
    "box:box-3 OR box:box-4": ("matches box:box-3 OR box:box-4",),
}


def test_the_part_that_nothing_answers_is_named_with_what_there_is(filled):
    """A correct value that is not in the archive, or parts that never occur together."""
    for text, reasons in _WHY.items():
        query = parse(text)
        assert filled.search(query, View(), EVERYTHING).pages == 0, text
        sentences = " ".join(why_nothing(filled, query, EVERYTHING))
        for part in reasons:
            assert part in sentences, (text, sentences)
    assert list(values_of(filled, Field.KIND, EVERYTHING)) == ["judgment", "complaint"]


def test_an_empty_index_says_that_it_is_empty(store):
    """Case files may wait for it."""
    assert "has no pages yet" in " ".join(why_nothing(store, parse("greffier kind:judgment"), EVERYTHING))
