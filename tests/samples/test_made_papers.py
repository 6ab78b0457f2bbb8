"""Papers of every kind are made from templates, and it is known what is true of each."""

from collections import Counter
from datetime import date

import numpy as np
import pytest

from config.settings import GLOSSARY
from pipeline.document.classifier import SHIPPED, read_model
from pipeline.document.glossary import letters, read_glossary, read_names
from pipeline.text.dates import dates
from pipeline.text.normalise import match_form, tidy
from samples.made_papers import Cast, Look, Maker, lunar_km, pages_of, read_templates
from samples.typeset import lay_out
from samples.words import FAMILIES, GIVEN, PROVINCES, VILLAGES
from tests.conftest import ROOT

LOOK = Look(
    khmer=("Khmer OS Siemreap",),
    khmer_titles=("Khmer OS Muol Light",),
    latin=("Liberation Serif",),
    latin_titles=("Liberation Serif Bold",),
)


@pytest.fixture(scope="module")
def templates():
    return read_templates()


@pytest.fixture(scope="module")
def held_back():
    """Return the templates that are for measuring only."""
    return read_templates(ROOT / "tests" / "bench" / "papers")


@pytest.fixture
def maker():
    return Maker(Cast(FAMILIES, GIVEN, VILLAGES, PROVINCES), LOOK, np.random.default_rng(3))


def test_every_kind_of_the_glossary_has_papers_in_three_languages(templates, held_back):
    """Several for teaching, one at least for measuring; each with its own date, and at most one number and court.

    A kind is without them only where the glossary says so.
    """
    kinds = {kind for kind, named in read_glossary(GLOSSARY).kinds.items() if named.papers}
    for set_of, least in ((templates, 4), (held_back, 1)):
        count = Counter((template.kind, template.lang) for template in set_of)
        assert set(count) == {(kind, lang) for kind in kinds for lang in ("km", "fr", "en")}
        assert min(count.values()) >= least
        for template in set_of:
            assert template.words.count("{date}") == 1, template.titles
            assert max(template.words.count("{number}"), template.words.count("{court}")) <= 1, template.titles


def test_the_classifier_knows_the_kinds_that_have_papers():
    """Where papers of a kind were added, or taken away, `script/train-kinds` is to be run."""
    with_papers = {kind for kind, named in read_glossary(GLOSSARY).kinds.items() if named.papers}
    assert set(read_model(SHIPPED).kinds.classes) == with_papers


def test_khmer_papers_are_spelt_in_the_order_of_the_standard(templates, held_back):
    """So that what is printed, and what is asked for, is the same text."""
    assert [one.titles for one in (*templates, *held_back) if tidy(one.words) != one.words] == []


def test_papers_for_measuring_share_no_title_with_the_glossary(held_back):
    """Nor may a rule that knows the glossary find them by it alone."""
    known = read_names(GLOSSARY).kinds
    assert [title for template in held_back for title in template.titles if letters(title) in known] == []


def test_a_paper_bears_what_is_said_to_be_true_of_it(templates, maker):
    """Its number, its date and its court stand on it, in whatever script and calendar."""
    for template in templates[::9]:
        paper = maker.make(template)
        pages = pages_of(lay_out(paper.blocks, 100, numbered=paper.numbered))
        text = match_form(" ".join(word.text for page in pages for block in page.blocks for line in block.lines
                                   for word in line.words))  # fmt: skip
        assert paper.case_number in text
        assert paper.date in {found.value for found in dates(text)}, (paper.date, text)
        of_its_own = template.kind not in {"appeal_judgment", "cassation"}
        assert bool(paper.court) == (of_its_own and "{court}" in template.words)


def test_a_paper_may_fill_several_sheets(templates, maker):
    """Where documents are told apart, not every page begins one."""
    sheets = [len(lay_out(maker.make(template, 3).blocks, 100)) for template in templates[::20]]
    assert min(sheets) >= 1
    assert max(sheets) >= 2


@pytest.mark.parametrize("day", [date(1963, 5, 12), date(1975, 4, 10), date(1998, 1, 5), date(2007, 12, 30)])
def test_a_day_is_written_by_the_moon_and_read_again(day):
    """In the days before the new year, too, when an animal's year has both ends in April."""
    assert [found.value for found in dates(match_form(lunar_km(day)))] == [day.isoformat()]
