"""Separator sheets separate documents, and give the kind and number of the next one."""

import pytest

from config.settings import load
from models.case import Document
from models.fact import FactName
from models.page import SHEET, PageRef
from pipeline.document.describe import describe_documents
from pipeline.document.sheets import SheetFields, payload, read_payload

HEAD = ["ព្រះរាជាណាចក្រកម្ពុជា"]
BODY = ["ម៉ោងប្រាំល្ងាច មេឃភ្លៀងខ្លាំង ហើយទឹកឡើងដល់មាត់ផ្លូវ គ្មានអ្នកណាចេញក្រៅ"] * 24
BLANK = "blank"


@pytest.fixture(scope="module")
def cut(make):
    """Return the documents of scans whose pages are lists of lines, ``BLANK``, or the payload of a sheet."""

    def documents(*scans, **settings):
        refs, wholes = {}, []
        for count, pages in enumerate(scans):
            own = []
            for number, page in enumerate(pages, 1):
                if isinstance(page, SheetFields):
                    one = make.page(number=number, scan=f"{count:064}").model_copy(update={"sheet": payload(page)})
                elif page == BLANK:
                    one = make.page(number=number, scan=f"{count:064}", blank=True)
                else:
                    one = make.page(*page, number=number, scan=f"{count:064}")
                ref = PageRef(scan=one.scan, number=number)
                refs[ref] = one
                own.append(ref)
            wholes.append(Document(number=count + 1, title=f"scan{count}", pages=tuple(own)))
        return describe_documents(wholes, refs, load().document.model_copy(update=settings))

    return documents


def told(documents):
    return [([ref.number for ref in one.pages], one.kind) for one in documents]


@pytest.mark.parametrize(
    "stated",
    [
        SheetFields(),
        SheetFields("judgment"),
        SheetFields(case="458/98"),
        SheetFields("complaint", "១២៣/៩៨ ក.ប & co?=%"),
    ],
    ids=str,
)
def test_a_payload_says_what_was_put_into_it(stated):
    """In ASCII, for every script."""
    text = payload(stated)
    assert text.isascii()
    assert read_payload(text) == stated


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        (SHEET, SheetFields()),
        (f"{SHEET}?", SheetFields()),
        (f"{SHEET}?colour=red&kind=judgment", SheetFields("judgment")),
        (f"{SHEET}?kind=judgment&kind=complaint&case=1", SheetFields(case="1")),
        (f"{SHEET}?case=1%00%1b", SheetFields()),
    ],
)
def test_what_a_payload_does_not_say_plainly_it_does_not_say(text, stated):
    """Unknown fields, fields given twice, control characters."""
    assert read_payload(text) == stated


def test_a_sheet_is_a_document_by_itself_and_the_next_one_begins_after_it(cut):
    """The pages themselves need no sign of it; no page is lost."""
    found = cut([[BODY], SheetFields(), [BODY], [BODY], SheetFields(), [BODY]])
    assert told(found) == [
        ([1], "unknown"),
        ([2], "separator"),
        ([3, 4], "unknown"),
        ([5], "separator"),
        ([6], "unknown"),
    ]
    sheet = found[1]
    assert (sheet.kind_confidence, sheet.facts, sheet.number) == (1.0, (), 2)


def test_sheets_first_last_and_one_after_another(cut):
    """Each is separate, and its back, if it was scanned too, belongs to it."""
    assert told(cut([SheetFields(), BLANK, [BODY], SheetFields(), SheetFields()])) == [
        ([1, 2], "separator"),
        ([3], "unknown"),
        ([4], "separator"),
        ([5], "separator"),
    ]


def test_a_sheet_says_what_the_next_document_is(cut):
    """Its kind replaces the title's, its case number comes first; the document after the next is read normally."""
    title = [HEAD, ["សាលក្រមព្រហ្មទណ្ឌ"], ["លេខ ១២/៩៩"]]
    sheet, first, second = cut([SheetFields("complaint", "៤៥៨/៩៨ ក.ប"), title, title])
    assert (sheet.kind, sheet.facts) == ("separator", ())
    assert (first.kind, first.kind_confidence) == ("complaint", 1.0)
    fact = first.facts[0]
    assert (fact.name, fact.value, fact.text) == (FactName.CASE_NUMBER, "458/98ក.ប", "៤៥៨/៩៨ ក.ប")
    assert (fact.page, fact.boxes, fact.confidence) == (1, (), 1.0)
    assert first.best_value(FactName.CASE_NUMBER) == "458/98ក.ប"
    assert first.all_of(FactName.CASE_NUMBER) == ("458/98ក.ប", "12/99")
    assert (second.kind, second.all_of(FactName.CASE_NUMBER)) == ("judgment", ("12/99",))


def test_what_a_sheet_says_stays_in_its_scan(cut):
    """The last page of one stack does not affect the next; a kind that is not in the glossary is ignored."""
    assert told(cut([[BODY], SheetFields("complaint")], [[BODY], SheetFields("nonsense"), [BODY]])) == [
        ([1], "unknown"),
        ([2], "separator"),
        ([1], "unknown"),
        ([2], "separator"),
        ([3], "unknown"),
    ]


def test_a_sheet_that_was_scanned_by_itself_says_what_the_next_scan_is(cut):
    """Sheets that a scanner saves one by one are one stack."""
    assert told(cut([[BODY]], [SheetFields("complaint")], [[BODY]], [[BODY]])) == [
        ([1], "unknown"),
        ([1], "separator"),
        ([1, 1], "complaint"),
    ]


def test_a_blank_page_separates_where_that_is_set(cut):
    """It is the last page of the document before it; by default it separates nothing."""
    pages = [BLANK, [BODY], [BODY], BLANK, BLANK, [BODY], BLANK]
    assert told(cut(pages)) == [([1, 2, 3, 4, 5, 6, 7], "unknown")]
    assert told(cut(pages, blank_separates=True)) == [([1, 2, 3, 4, 5], "unknown"), ([6, 7], "unknown")]
