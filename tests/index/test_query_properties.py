"""Whatever is typed is a query or a refusal that names its place: never another error."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import QueryError
from pipeline.document.glossary import read_names
from pipeline.document.name_lookup import NameLookup
from pipeline.index.language import parse
from pipeline.index.query import Query, Term
from pipeline.text.units import units
from tests.conftest import ROOT

_MADE = settings(deadline=None, derandomize=True, max_examples=300)
_KNOWN = NameLookup(read_names(ROOT / "config" / "glossary"), lambda: ["judgment"])
# What people type, and what they may hit by mistake: pieces of the language, letters of all scripts, marks, controls.
_PARTS = st.sampled_from(
    [*'()"«»\'-~*? ', "AND", "OR", "NOT", "kind:", "date:", "court:", "box:", "x:", "..", "1963", "2541", "1963-13",
     "judgment", "jug*", "ចៅក្រម", "ក្", "្", "ំ", "លេខ២១៤", "é", "\u200b", "\t", "\x00", "ﬁ"]
)  # fmt: skip
_SPACED = st.lists(_PARTS, max_size=9).map(" ".join)
_TYPED = st.one_of(st.text(max_size=30), st.lists(_PARTS, max_size=14).map("".join), _SPACED)
_WORDS = st.lists(st.text("abcdefgស្កខរតា12", min_size=1, max_size=8).filter(units), min_size=1, max_size=6)


@pytest.mark.parametrize("known", [None, _KNOWN], ids=["any names", "a glossary"])
@_MADE
@given(_TYPED)
def test_whatever_is_typed_is_read_or_refused_with_its_place(known, text):
    """A person may type anything, and a program, too."""
    refused = None
    try:
        query = parse(text, known)
    except QueryError as error:
        refused = error
    if refused:
        assert 0 <= refused.position <= len(text)
        assert str(refused)
    else:
        assert query.groups or query.conditions
        assert all(term.units for term in (*query.terms, *query.without))
        assert all(0 <= number < len(query.groups) for number in query.must)


@_MADE
@given(_WORDS)
def test_words_side_by_side_are_read_as_they_were_written(words):
    """Words, and phrases, come out as they went in, in their order."""
    assert [term.text for term in parse(" ".join(words)).terms] == words
    quoted = parse(" ".join(f'"{word}"' for word in words))
    assert [(term.text, term.exact) for term in quoted.terms] == [(word, True) for word in words]
    barred = parse(f"x {' '.join(f'-{word}' for word in words)}")
    assert [term.text for term in barred.without] == words


def _shown(query: Query) -> str:
    """Return a query of words as it could have been typed."""

    def one(term: Term) -> str:
        return (f'"{term.text}"' if term.exact else term.text) + "~" * term.fuzzy + "*" * term.prefix

    wanted = [" OR ".join(map(one, group)) for group in query.groups]
    return " ".join([*wanted, *(f"-{one(term)}" for term in query.without)])


_ONE = st.sampled_from(["a", '"b c"', "de~", "fg*", "ស្កា"])


@_MADE
@given(st.lists(st.lists(_ONE, min_size=1, max_size=3), min_size=1, max_size=5), st.lists(_ONE, max_size=3))
def test_a_query_written_again_is_the_same_query(wanted, barred):
    """What is shown to a person as what was understood can be typed again."""
    query = parse(" ".join([*map(" OR ".join, wanted), *(f"-{word}" for word in barred)]))
    again = parse(_shown(query))
    assert (again.groups, again.without) == (query.groups, query.without)
    assert [len(group) for group in query.groups] == list(map(len, wanted))
