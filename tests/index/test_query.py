"""Queries are read, or it is said where they cannot be."""

import pytest

from pipeline.index.language import QueryError, parse


def test_words_and_phrases_are_told_apart():
    """A phrase stands in quotes of any kind."""
    terms = parse('លេខ "de première instance" «Cour d\'appel» “abc”').terms
    assert [(term.text, term.exact) for term in terms] == [
        ("លេខ", False),
        ("de première instance", True),
        ("Cour d'appel", True),
        ("abc", True),
    ]


@pytest.mark.parametrize(("text", "position"), [('a "b', 2), ("«", 0), ("", 0), ('""', 0), ("។ --", 0)])
def test_a_query_that_cannot_be_read_says_where(text, position):
    """The sentence names the place of the fault."""
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert caught.value.position == position


def test_a_query_of_more_words_than_can_be_ranked_says_where_they_are_too_many():
    """A whole paragraph was pasted: in quotes it is one passage. Words that an OR joins are asked for as one."""
    words = [f"mot{number:02}" for number in range(60)]
    assert len(parse(" ".join([*words, "OR", "autre", "-sans", "box:a"])).groups) == 60
    with pytest.raises(QueryError, match="60 words at most") as caught:
        parse(" ".join([*words, "trop", "encore"]))
    assert caught.value.position == 60 * 6
    assert len(parse(f'"{" ".join([*words, "trop", "encore"])}"').groups) == 1


def test_what_parts_lines_parts_nothing_in_a_phrase():
    """A phrase that was copied from a page or a table may hold line ends and tabs."""
    (term,) = parse('"première\tinstance\n\nde"').terms
    assert term.phrase == (["premiere", "instance", "de"], False)
    assert {unit.block for unit in term.units} == {0}


def test_words_that_follow_one_another_have_a_seam():
    """Outside quotes only: a phrase is one piece."""
    (seam,) = parse("សាល ក្រម").seams
    assert seam.phrase == parse("លក្រ").terms[0].phrase
    assert parse('សាល "ក្រម"').seams == ()
