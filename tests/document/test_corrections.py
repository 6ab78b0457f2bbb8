"""What people state about documents is checked, and converted to the form in which the archive stores it."""

import pytest

from config.settings import GLOSSARY
from models.case import Document
from models.correction import About
from models.errors import CorrectionError
from models.page import PageRef
from pipeline.document.corrections import corrections, merge, split
from pipeline.document.glossary import read_names

BY = "clerk@desk"


@pytest.fixture(scope="module")
def names():
    return read_names(GLOSSARY)


@pytest.fixture(scope="module")
def case(make):
    """Return a case file of two documents, the first of two pages."""
    pages = [make.page(["a"], number=number) for number in (1, 2, 3)]
    refs = [PageRef(scan=page.scan, number=page.number) for page in pages]
    documents = (
        Document(number=1, title="a", pages=tuple(refs[:2]), kind_read="letter"),
        Document(number=2, title="a, page 3", pages=(refs[2],)),
    )
    return make.case(*pages).model_copy(update={"documents": documents})


@pytest.mark.parametrize(
    ("about", "text", "value"),
    [
        (About.KIND, "judgment", "judgment"),
        (About.KIND, "none", "unknown"),
        (About.KIND, "machine", None),
        (About.DATE, "1998-03-02", "1998-03-02"),
        (About.DATE, "១៩៩៨-០៣-០២", "1998-03-02"),
        (About.DATE, "1998-03", "1998-03"),
        (About.DATE, "1998", "1998"),
        (About.DATE, "ថ្ងៃទី០២ ខែមីនា ឆ្នាំ១៩៩៨", "1998-03-02"),
        (About.DATE, "le 2 mars 1998", "1998-03-02"),
        (About.DATE, "none", ""),
        (About.CASE_NUMBER, "៤៥៨/៩៨ ក.ប", "458/98ក.ប"),
        (About.COURT, "Provincial Court of Kampot", "សាលាដំបូងខេត្តកំពត"),
        (About.COURT, "machine", None),
    ],
)
def test_a_value_is_taken_as_people_write_it(case, names, about, text, value):
    """In any script and calendar; `none` and `machine` have their own meanings."""
    (made,) = corrections(case, 1, {about: text}, names, BY)
    assert (made.about, made.value, made.by) == (about, value, BY)
    assert made.page == case.documents[0].pages[0]
    assert made.machine == ("letter" if about is About.KIND else "")


@pytest.mark.parametrize(
    ("about", "text", "message"),
    [
        (About.KIND, "judgement", "Similar ones are: judgment"),
        (About.DATE, "31 février 1998", "is not a date"),
        (About.DATE, "1998-13", "is not a date"),
        (About.DATE, "0000", "is not a date"),
        (About.CASE_NUMBER, " ", "cannot be empty"),
        (About.COURT, "la boulangerie", "no court in"),
    ],
)
def test_what_is_no_value_is_refused_with_what_would_be_one(case, names, about, text, message):
    """Before anything is changed."""
    with pytest.raises(CorrectionError, match=message):
        corrections(case, 1, {about: text}, names, BY)


def test_a_cut_is_said_of_a_page(case):
    """A document begins on a page, or it does not."""
    made = split(case, 1, 2, BY)
    assert (made.about, made.page.number) == (About.BEGINS, 2)
    made = merge(case, 2, BY)
    assert (made.about, made.page.number) == (About.CONTINUES, 3)


@pytest.mark.parametrize(
    ("say", "message"),
    [
        (lambda case: split(case, 1, 3, BY), "has 2 pages"),
        (lambda case: split(case, 2, 2, BY), "has one page"),
        (lambda case: split(case, 3, 2, BY), "its documents are 1 to 2"),
        (lambda case: merge(case, 1, BY), "is the first"),
        (lambda case: merge(case, 9, BY), "its documents are 1 to 2"),
    ],
)
def test_a_cut_that_cannot_be_is_refused(case, say, message):
    """The message lists what exists."""
    with pytest.raises(CorrectionError, match=message):
        say(case)
