"""A page as ALTO 4, a format of library and archive software (Library of Congress, ALTO 4.3)."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby

from lxml import etree

from models.case import CaseFile
from models.page import Block, Line, Page, Rect, Word, around
from pipeline.formats.format import Format, Part, Unit

_NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
_SCHEMA_VERSION = "4.3"
_MARKS = {"handwriting": "H", "seal": "S", "signature": "N"}
"""What the names of illustrations begin with."""

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def alto(page: Page, file_name: str, software: Mapping[str, str], created: datetime) -> bytes:
    """Return a page as ALTO.

    Args:
        page: the page.
        file_name: the name of the scan it comes from.
        software: versions of the programs that read it, by name.
        created: when the reading was recorded, with time zone.

    Returns:
        XML in UTF-8. Measures are in pixels of the upright page; blocks are in reading order. The cells of a table are
        in composed blocks of the types ``table`` and ``row``.
        Handwriting, seals and signatures are not read: they come last, as illustrations of the types ``handwriting``,
        ``seal`` and ``signature``.
    """
    root = etree.Element(_tag("alto"), nsmap={None: _NAMESPACE})
    root.set("SCHEMAVERSION", _SCHEMA_VERSION)
    description = _add(root, "Description")
    _add(description, "MeasurementUnit").text = "pixel"
    _add(_add(description, "sourceImageInformation"), "fileName").text = xml_text(file_name)
    processing = _add(description, "Processing", ID="READ")
    _add(processing, "processingDateTime").text = created.isoformat()
    _add(processing, "processingStepSettings").text = f"source={page.source} turn={page.turn} skew={page.skew:.2f}"
    made_by = _add(processing, "processingSoftware")
    _add(made_by, "softwareName").text = "Bannasar"
    _add(made_by, "softwareVersion").text = software.get("bannasar", "")
    versions = ", ".join(f"{name} {version}" for name, version in software.items() if name != "bannasar")
    _add(made_by, "applicationDescription").text = versions
    layout = _add(root, "Layout")
    element = _add(
        layout,
        "Page",
        ID="P",
        PHYSICAL_IMG_NR=str(page.number),
        WIDTH=str(page.width),
        HEIGHT=str(page.height),
        PROCESSINGREFS="READ",
    )
    space = _add(element, "PrintSpace", **_place(Rect(0, 0, page.width, page.height)))
    # ALTO requires a line in each block: an empty cell of a table is left out.
    blocks = [(f"B{number}", block) for number, block in enumerate(page.blocks, 1) if block.lines]
    for table, group in groupby(blocks, key=lambda one: one[1].cell.table if one[1].cell else None):
        if table is None:
            for name, block in group:
                _add_block(space, block, name)
        else:
            _add_table(space, list(group), f"T{table + 1}")
    marks = {"handwriting": page.handwriting, "seal": page.seals, "signature": page.signatures}
    for kind, places in marks.items():
        for number, place in enumerate(places, 1):
            _add(space, "Illustration", ID=f"{_MARKS[kind]}{number}", TYPE=kind, **_place(place))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def alto_of(case: CaseFile, page: Page) -> bytes:
    """Return a page of a case file as ALTO, with how its scan was read."""
    reading = case.reading_of(page.scan)
    (file_name,) = {scan.path.name for scan in case.scans if scan.sha256 == page.scan}
    return alto(page, file_name, reading.software, reading.created)


def _write(part: Part) -> bytes:
    (page,) = part.pages
    return alto_of(part.case, page)


def _add_table(space: etree._Element, cells: Sequence[tuple[str, Block]], name: str) -> None:
    """Add a table: a composed block of its rows, which are composed blocks of their cells."""
    # A table may go on after something else: its parts have different names.
    name = f"{name}-{cells[0][0]}"
    table = _add(space, "ComposedBlock", ID=name, TYPE="table", **_place(around([block.box for _, block in cells])))
    for number, (_, group) in enumerate(groupby(cells, key=lambda one: one[1].cell and one[1].cell.row), 1):
        own = list(group)
        place = _place(around([block.box for _, block in own]))
        row = _add(table, "ComposedBlock", ID=f"{name}R{number}", TYPE="row", **place)
        for cell_name, block in own:
            _add_block(row, block, cell_name)


def _add_block(space: etree._Element, block: Block, name: str) -> None:
    element = _add(space, "TextBlock", ID=name, **_place(block.box))
    for number, line in enumerate(block.lines, 1):
        _add_line(element, line, f"{name}L{number}")


def _add_line(block: etree._Element, line: Line, name: str) -> None:
    element = _add(block, "TextLine", ID=name, **_place(line.box))
    for number, word in enumerate(line.words, 1):
        content = {"CONTENT": xml_text(word.text), "WC": f"{word.confidence:.2f}"}
        _add(element, "String", ID=f"{name}W{number}", **_place(word.box), **content)
        follower: Word | None = line.words[number] if number < len(line.words) else None
        if follower and word.space:
            gap = max(0, follower.box.left - word.box.right)
            _add(element, "SP", HPOS=str(word.box.right), VPOS=str(word.box.top), WIDTH=str(gap))


def _place(box: Rect) -> dict[str, str]:
    return {
        "HPOS": str(box.left),
        "VPOS": str(box.top),
        "WIDTH": str(box.right - box.left),
        "HEIGHT": str(box.bottom - box.top),
    }


def _add(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    element: etree._Element = etree.SubElement(parent, _tag(name), attributes)
    return element


def _tag(name: str) -> str:
    return f"{{{_NAMESPACE}}}{name}"


def xml_text(text: str) -> str:
    """Return a text with characters that XML 1.0 cannot contain replaced: control characters and lone surrogates."""
    return _NOT_XML.sub("\ufffd", text)


FORMAT = Format(
    name="alto",
    ending=".xml",
    unit=Unit.PAGE,
    help="Write each page as ALTO 4, with the place of every word. The bag of a case file contains the same.",
    write=_write,
)
