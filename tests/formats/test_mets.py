"""METS and PREMIS that other archives' programs can read."""

from datetime import UTC, datetime
from pathlib import PurePosixPath
from urllib.parse import unquote

import pytest
from lxml import etree

from models.case import Version
from models.fact import Fact, FactName
from pipeline.formats.mets import BagFile, mets
from tests.schemas import schema, without_premis_types

NAMES = {
    "m": "http://www.loc.gov/METS/",
    "p": "http://www.loc.gov/premis/v3",
    "dc": "http://purl.org/dc/elements/1.1/",
    "x": "http://www.w3.org/1999/xlink",
}
PREMIS_2 = "info:lc/xmlns/premis-v2"


@pytest.fixture
def case(make):
    """Return a case file of two pages that is archived for the second time, with the facts read from it."""
    page = make.page(["លេខ ២១៤"], number=1)
    whole = make.case(page, make.page(["ទំព័រ"], number=2), path="ស្កេន 1#ក.pdf")
    fact = Fact(name=FactName.DATE, value="1965-03", text="x", scan=page.scan, page=1, boxes=(), confidence=1)
    document = whole.documents[0].model_copy(update={"kind": "judgment", "facts": (fact,)})
    before = Version(
        created=datetime(2025, 1, 1, tzinfo=UTC),
        software={"bannasar": "0", "tesseract": "4"},
        operator="sok@desk-3",
        manifest="ab" * 32,
    )
    return whole.model_copy(
        update={
            "title": "សំណុំ\x00រឿង",
            "documents": (document,),
            "operator": "dara@desk-4",
            "settings": {"page.dpi": "300"},
            "history": (before,),
        }
    )


@pytest.fixture
def made(case):
    """Return its METS."""
    original = PurePosixPath("originals/ស្កេន 1#ក.pdf")
    names = [f"{kind}/0001/00000{n}.{end}" for kind, end in (("alto", "xml"), ("pages", "json")) for n in (1, 2)]
    paths = [*map(PurePosixPath, (*names, "documents/001.pdf", "case.json")), original]
    files = [BagFile(path, 3, f"{number:064x}") for number, path in enumerate(paths[:-1])]
    files.append(BagFile(original, 3, case.scans[0].sha256))
    return etree.fromstring(mets(case, files, {case.scans[0].sha256: original}))


@pytest.mark.slow
def test_mets_is_valid(made):
    """Against the Library of Congress' schema; it does not check PREMIS, whose types it does not contain."""
    schema("mets-schema", "mets.xsd").assertValid(without_premis_types(made))


@pytest.mark.slow
def test_premis_is_valid(made):
    """Against the schema of PREMIS 2.1, the newest in a package, after undoing what 3.0 changed in what we use.

    The namespace; an element around the details of events; versions of agents (from the list of changes in PREMIS 3.0).
    """
    elements = made.xpath("//m:xmlData/p:*", namespaces=NAMES)
    assert len(elements) > 8
    premis = schema("mets-schema", "premis-v2-1.xsd")
    for element in elements:
        old = etree.tostring(element, encoding="unicode").replace(NAMES["p"], PREMIS_2)
        again = etree.fromstring(old)
        for around in again.findall(f"{{{PREMIS_2}}}eventDetailInformation"):
            again.replace(around, around[0])
        for version in again.findall(f"{{{PREMIS_2}}}agentVersion"):
            again.remove(version)
        premis.assertValid(again)


def test_it_tells_who_did_what_with_which_versions_and_settings(made):
    """This version, and the one before."""
    events = made.xpath("//p:event", namespaces=NAMES)
    assert [
        (e.findtext("p:eventType", namespaces=NAMES), e.findtext("p:eventDateTime", namespaces=NAMES)[:4])
        for e in events
    ] == [
        ("ingestion", "2025"),
        ("message digest calculation", "2025"),
        ("metadata extraction", "2025"),
        ("creation", "2025"),
        ("metadata extraction", "2026"),
        ("creation", "2026"),
    ]
    linked = [
        event.xpath("p:linkingAgentIdentifier/p:linkingAgentIdentifierValue/text()", namespaces=NAMES)
        for event in events
    ]
    assert linked[2] == ["bannasar 0", "sok@desk-3", "tesseract 4"]
    assert linked[-1] == ["bannasar 0", "dara@desk-4", "tesseract 5"]
    assert '"page.dpi": "300"' in events[-2].findtext(".//p:eventDetail", namespaces=NAMES)
    agents = made.xpath("//p:agent/p:agentIdentifier/p:agentIdentifierValue/text()", namespaces=NAMES)
    assert set(agents) == {name for names in linked for name in names}


def test_every_file_and_every_page_is_there(made):
    """Under its path, with its digest; the pages in their order."""
    files = {file.get("ID"): file for file in made.xpath("//m:file", namespaces=NAMES)}
    paths = {name: unquote(file.find("m:FLocat", NAMES).get(f"{{{NAMES['x']}}}href")) for name, file in files.items()}
    assert len(paths) == 7
    assert "originals/ស្កេន 1#ក.pdf" in paths.values()
    (document,) = made.xpath("//m:div[@TYPE='document']", namespaces=NAMES)
    pages = document.findall("m:div", NAMES)
    assert [[paths[point.get("FILEID")] for point in page] for page in pages] == [
        [f"alto/0001/00000{number}.xml", f"pages/0001/00000{number}.json"] for number in (1, 2)
    ]
    assert made.xpath("//m:dmdSec//dc:date/text()", namespaces=NAMES) == ["1965-03"]
    assert made.xpath("//m:dmdSec//dc:type/text()", namespaces=NAMES) == ["judgment"]
