"""Documents that were scanned in one go are told apart."""

import pytest

from config.settings import load
from models.case import Document, PageRef
from pipeline.document.describe import described

HEAD = ["ព្រះរាជាណាចក្រកម្ពុជា"]
BODY = ["សាក្សីបានឃើញហេតុការណ៍នៅក្បែរផ្ទះរបស់មេភូមិ"]


@pytest.fixture(scope="module")
def cut(make):
    """Return the pages and the kind of each document that a scan with these pages holds."""

    def parts(*pages):
        made = [make.page(*blocks, number=number) for number, blocks in enumerate(pages, 1)]
        refs = {PageRef(scan=page.scan, number=page.number): page for page in made}
        whole = Document(number=1, title="scan", pages=tuple(refs))
        return [
            ([ref.number for ref in document.pages], document.kind, document.title)
            for document in described([whole], refs, load().document)
        ]

    return parts


def test_a_document_begins_where_letterhead_and_title_stand(cut):
    """The pages in between belong to the one before."""
    assert cut(
        [HEAD, ["កំណត់ហេតុស្តាប់ចម្លើយសាក្សី"], BODY],
        [BODY],
        [HEAD, ["សាលក្រមព្រហ្មទណ្ឌ"], BODY],
        [["ROYAUME DU CAMBODGE"], ["BORDEREAU D'ENVOI"]],
    ) == [
        ([1, 2], "witness_interview", "scan"),
        ([3], "judgment", "scan, page 3"),
        ([4], "transmittal", "scan, page 4"),
    ]


@pytest.mark.parametrize(
    "second",
    [[BODY], [HEAD, BODY], [["សាលក្រមព្រហ្មទណ្ឌ"], BODY], [HEAD, ["សាលក្រមព្រហ្មទណ្ឌ"], ["- ២ -"]], []],
    ids=["text", "letterhead", "title", "numbered", "blank"],
)
def test_nothing_else_begins_a_document(cut, second):
    """A letterhead or a title by itself, a page that says it is the second, an empty page."""
    assert [pages for pages, *_ in cut([HEAD, ["សាលក្រម"], BODY], second)] == [[1, 2]]
