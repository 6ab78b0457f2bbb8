"""ALTO that other programs can read."""

from datetime import UTC, datetime

import pytest
from lxml import etree

from models.page import Cell, Rect
from pipeline.formats.alto import alto
from tests.schemas import schema

NAMES = {"a": "http://www.loc.gov/standards/alto/ns-v4#"}
WHEN = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.slow
@pytest.mark.parametrize(
    "blocks", [[], [["ព្រះ|រាជា ២១៤"], ["Première instance", "a\x00b"]]], ids=["a blank page", "a page"]
)
def test_it_is_valid(make, blocks):
    """Against the schema, for every result of the recogniser."""
    schema("alto-schema", "alto-4-3.xsd").assertValid(
        etree.fromstring(alto(make.page(*blocks), "ស្កេន 1.pdf", {"bannasar": "1", "tesseract": "5"}, WHEN))
    )


@pytest.mark.slow
def test_a_table_has_its_rows(make):
    """As composed blocks, between the text before and after it."""
    page = make.page(["ល.រ"], ["ឈ្មោះ"], ["១"], ["សុខ"], ["ចប់"])
    cells = [Cell(table=0, row=row, column=column) for row in range(2) for column in range(2)]
    blocks = [block.model_copy(update={"cell": cell}) for block, cell in zip(page.blocks, [*cells, None], strict=True)]
    root = etree.fromstring(alto(page.model_copy(update={"blocks": tuple(blocks)}), "a.pdf", {}, WHEN))
    schema("alto-schema", "alto-4-3.xsd").assertValid(root)
    (table,) = root.iterfind(".//a:PrintSpace/a:ComposedBlock[@TYPE='table']", NAMES)
    rows = table.findall("a:ComposedBlock[@TYPE='row']", NAMES)
    assert [[cell.get("ID") for cell in row] for row in rows] == [["B1", "B2"], ["B3", "B4"]]
    assert [block.get("ID") for block in root.iterfind(".//a:PrintSpace/a:TextBlock", NAMES)] == ["B5"]


@pytest.mark.slow
def test_handwriting_seals_and_signatures_have_their_place(make):
    """As illustrations, because they were not read."""
    places = {"handwriting": (Rect(80, 300, 500, 360),), "seals": (Rect(90, 10, 190, 110), Rect(0, 0, 9, 9))}
    page = make.page(["ព្រះ|រាជា ២១៤"]).model_copy(update=places | {"signatures": (Rect(1, 2, 3, 4),)})
    root = etree.fromstring(alto(page, "a.pdf", {}, WHEN))
    schema("alto-schema", "alto-4-3.xsd").assertValid(root)
    marks = [dict(place.attrib) for place in root.iterfind(".//a:Illustration", NAMES)]
    assert [(mark["ID"], mark["TYPE"]) for mark in marks] == [
        ("H1", "handwriting"),
        ("S1", "seal"),
        ("S2", "seal"),
        ("N1", "signature"),
    ]
    assert marks[0] == {
        "ID": "H1",
        "TYPE": "handwriting",
        "HPOS": "80",
        "VPOS": "300",
        "WIDTH": "420",
        "HEIGHT": "60",
    }


def test_words_have_their_place_and_their_confidence(make):
    """There is a space only where one is printed."""
    page = make.page(["ព្រះ|រាជា ២១៤"])
    root = etree.fromstring(alto(page, "a.pdf", {}, WHEN))
    line = root.find(".//a:TextLine", NAMES)
    assert line is not None
    assert [etree.QName(node).localname for node in line] == ["String", "String", "SP", "String"]
    first = line[0]
    box = page.blocks[0].lines[0].words[0].box
    assert first.get("CONTENT") == "ព្រះ"
    assert (first.get("HPOS"), first.get("VPOS")) == (str(box.left), str(box.top))
    assert float(first.get("WC", "0")) == 0.9
