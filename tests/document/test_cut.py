"""Documents that were scanned together are separated."""

import pytest

from config.settings import load
from models.case import Document
from models.page import Page, PageRef
from pipeline.document.describe import describe_documents

HEAD = ["ព្រះរាជាណាចក្រកម្ពុជា"]
TITLE = ["សាលក្រមព្រហ្មទណ្ឌ"]
TEXT = ["សាក្សីបានឃើញហេតុការណ៍នៅក្បែរផ្ទះរបស់មេភូមិ ហើយបានជូនដំណឹងដល់អាជ្ញាធរ"] * 24
END = ["ធ្វើនៅភ្នំពេញ ថ្ងៃទី២ ខែមីនា ឆ្នាំ១៩៩៨", "ក្រឡាបញ្ជី"]


@pytest.fixture(scope="module")
def cut(make):
    """Return the pages and the kind of each document in a scan with these pages."""

    def parts(*pages):
        return [
            ([ref.number for ref in document.pages], document.kind, document.title) for document in _cut(make, [pages])
        ]

    return parts


@pytest.fixture(scope="module")
def cut_scans(make):
    """Return the scans and the pages of each document in scans with these pages."""

    def parts(*scans):
        return [
            ([(ref.scan[0], ref.number) for ref in document.pages], document.title) for document in _cut(make, scans)
        ]

    return parts


def _cut(make, scans):
    """Return the documents of scans a, b, c …, each a list of pages, which are lists of blocks."""
    refs: dict[PageRef, Page] = {}
    wholes: list[Document] = []
    for name, pages in zip("abcdef", scans, strict=False):
        made = [make.page(*blocks, number=number, scan=name * 64) for number, blocks in enumerate(pages, 1)]
        own = {PageRef(scan=page.scan, number=page.number): page for page in made}
        refs |= own
        wholes.append(Document(number=len(wholes) + 1, title="scan" if len(scans) == 1 else name, pages=tuple(own)))
    return describe_documents(wholes, refs, load().document)


def test_a_document_begins_where_the_page_looks_like_a_first_one(cut):
    """The pages in between belong to the document before them."""
    assert cut(
        [HEAD, ["កំណត់ហេតុស្តាប់ចម្លើយសាក្សី"], TEXT],
        [TEXT],
        [TEXT[:2], END],
        [
            ["ROYAUME DU CAMBODGE"],
            ["BORDEREAU D'ENVOI"],
            ["Monsieur le Procureur, je vous transmets les pièces jointes"],
        ],
    ) == [([1, 2, 3], "witness_interview", "scan"), ([4], "transmittal", "scan, page 4")]


@pytest.mark.parametrize(
    "first", [[HEAD, TITLE, TEXT], [HEAD, TITLE, TEXT[:8], END]], ids=["goes on", "ends in the middle of the page"]
)
@pytest.mark.parametrize(
    ("second", "begins"),
    [
        ([HEAD, TITLE, TEXT], True),
        ([HEAD, TEXT], True),  # its title was not read
        ([TEXT], False),
        ([["- ២ -"], TEXT], False),
        ([TEXT[:2]], False),
        ([END], False),
        ([], False),
    ],
    ids=["letterhead and title", "letterhead", "text", "numbered", "short", "signatures", "blank"],
)
def test_a_page_begins_a_document_or_goes_on(cut, first, second, begins):
    """For every look of the page before it."""
    assert [pages for pages, *_ in cut(first, second)] == ([[1], [2]] if begins else [[1, 2]])


@pytest.mark.parametrize(
    "second",
    [[TITLE, TEXT], [["ភ្នំពេញ ថ្ងៃទី២ ខែមីនា ឆ្នាំ១៩៩៨"], ["ជូនចំពោះលោកព្រះរាជអាជ្ញា"], TEXT]],
    ids=["title", "letter"],
)
def test_without_a_letterhead_the_end_of_the_one_before_tells(cut, second):
    """After a page with signatures, a page begins a document even without a letterhead."""
    assert [pages for pages, *_ in cut([HEAD, TITLE, TEXT[:8], END], second)] == [[1], [2]]


def test_a_title_within_running_text_begins_nothing(cut):
    """Papers quote titles."""
    assert [pages for pages, *_ in cut([HEAD, TITLE, TEXT], [TITLE, TEXT])] == [[1, 2]]


FIRST, ON, LAST = [HEAD, TITLE, TEXT], [TEXT], [TEXT[:2], END]


def test_sheets_that_were_scanned_one_by_one_are_put_together(cut_scans):
    """Each in its own file, as from many scanners; a document has the name of its first scan."""
    assert cut_scans([FIRST], [ON], [LAST], [FIRST], [LAST]) == [
        ([("a", 1), ("b", 1), ("c", 1)], "a"),
        ([("d", 1), ("e", 1)], "d"),
    ]


def test_scans_of_several_pages_stay_apart(cut_scans):
    """Pages that were scanned together end with their file, and pages of other files are not added to them."""
    assert cut_scans([FIRST, ON], [LAST], [ON, FIRST], [LAST]) == [
        ([("a", 1), ("a", 2)], "a"),
        ([("b", 1)], "b"),
        ([("c", 1)], "c"),
        ([("c", 2)], "c, page 2"),
        ([("d", 1)], "d"),
    ]
