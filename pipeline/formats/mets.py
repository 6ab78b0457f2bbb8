"""The contents of a bag and how it was made, as METS 1.12 with PREMIS 3.0, formats of other archives' software.

The Library of Congress maintains both. METS lists the files, the documents and their pages. PREMIS describes each scan,
what was done (the events), and who or what did it (the agents).
"""

import json
import mimetypes
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote

from lxml import etree

from models.case import CaseFile, Version
from models.fact import FactName
from pipeline.formats.alto import xml_text

_METS = "http://www.loc.gov/METS/"
_PREMIS = "http://www.loc.gov/premis/v3"
_DC = "http://purl.org/dc/elements/1.1/"
_XLINK = "http://www.w3.org/1999/xlink"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NAMES = {None: _METS, "premis": _PREMIS, "dc": _DC, "xlink": _XLINK, "xsi": _XSI}
_SCHEMAS = (
    f"{_METS} http://www.loc.gov/standards/mets/mets.xsd {_PREMIS} http://www.loc.gov/standards/premis/premis.xsd"
)
# On some machines the system's list lacks some of these.
_MIME = {
    ".jp2": "image/jp2",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".heic": "image/heic",
    ".xml": "application/xml",
    ".json": "application/json",
}


@dataclass(frozen=True, slots=True)
class BagFile:
    """A file of the bag: its path under ``data``, its size in bytes, its SHA-256 in hexadecimal."""

    path: PurePosixPath
    size: int
    sha256: str


def mets(case: CaseFile, files: Sequence[BagFile], originals: Mapping[str, PurePosixPath]) -> bytes:
    """Return the METS document of a case file.

    Args:
        case: the case file, with its history.
        files: every file of the bag's payload except this one.
        originals: the path of each scan under ``data``, by its SHA-256.

    Returns:
        XML in UTF-8.
    """
    root = etree.Element(_name(_METS, "mets"), nsmap=_NAMES)
    for name, value in (("OBJID", case.id), ("LABEL", case.title), ("TYPE", "case file")):
        root.set(name, xml_text(value))
    root.set(_name(_XSI, "schemaLocation"), _SCHEMAS)
    ids = {file.path: f"F{number:06}" for number, file in enumerate(files, 1)}
    scans = frozenset(originals.values())
    _head(root, case)
    _add_descriptions(root, case)
    _add_provenance(root, case, [file for file in files if file.path in scans], ids)
    _add_files(root, files, ids, scans)
    _add_structure(root, case, ids)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _head(root: etree._Element, case: CaseFile) -> None:
    status = "partial" if case.missing else "whole"
    head = _add(root, "metsHdr", CREATEDATE=case.created.isoformat(), RECORDSTATUS=status)
    agent = _add(head, "agent", ROLE="CREATOR", TYPE="OTHER", OTHERTYPE="SOFTWARE")
    _add(agent, "name").text = f"Bannasar {case.software.get('bannasar', '')}".strip()


def _add_descriptions(root: etree._Element, case: CaseFile) -> None:
    """Write Dublin Core of the case file and of each document, with the facts that were read from it."""
    data = _wrap(_add(root, "dmdSec", ID="D0"), "DC")
    for name, value in (("title", case.title), ("identifier", case.id), ("relation", case.box)):
        _element(data, _DC, name, value)
    for document in case.documents:
        data = _wrap(_add(root, "dmdSec", ID=f"D{document.number}"), "DC")
        _element(data, _DC, "title", document.title)
        if document.kind != "unknown":
            _element(data, _DC, "type", document.kind)
        for element, fact in (("date", FactName.DATE), ("creator", FactName.COURT)):
            if value := document.best_value(fact):
                _element(data, _DC, element, value)
        for fact in FactName:
            if fact not in {FactName.DATE, FactName.COURT}:
                for value in document.all_of(fact):
                    _element(data, _DC, "identifier" if fact is FactName.CASE_NUMBER else "subject", value)


def _add_provenance(
    root: etree._Element, case: CaseFile, scans: Sequence[BagFile], ids: Mapping[PurePosixPath, str]
) -> None:
    section = _add(root, "amdSec", ID="A")
    for file in scans:
        _object(_wrap(_add(section, "techMD", ID=f"T{ids[file.path]}"), "PREMIS:OBJECT"), file)
    versions = (*case.history, case.version)
    known: set[str] = set()
    for number, version in enumerate(versions, 1):
        own = [file for file in scans if version.scans is None or file.sha256 in version.scans]
        for name, kind, detail, about in _events(version, own, known):
            data = _wrap(_add(section, "digiprovMD", ID=f"E{number}-{name}"), "PREMIS:EVENT")
            _event(data, (f"{case.id}/{number}/{name}", kind, detail), version, about)
        known |= {file.sha256 for file in own}
    for number, agent in enumerate(sorted({agent for version in versions for agent in _agents(version)}), 1):
        _agent(_wrap(_add(section, "digiprovMD", ID=f"P{number}"), "PREMIS:AGENT"), *agent)


def _events(
    version: Version, scans: Sequence[BagFile], known: Collection[str]
) -> Iterator[tuple[str, str, str, Sequence[BagFile]]]:
    """Yield name, type (from the Library of Congress' vocabulary), detail and scans of each event.

    Args:
        version: the version for which the events were done.
        scans: its scans.
        known: the SHA-256s of the scans that earlier versions had.
    """
    settings = json.dumps(version.settings, ensure_ascii=False, sort_keys=True)
    if new := [file for file in scans if file.sha256 not in known]:
        yield "ingestion", "ingestion", "The scans were ingested, bit for bit.", new
        yield "digest", "message digest calculation", "The SHA-256 of each scan was calculated as it was read.", new
    if version.reason:
        yield "correction", "metadata modification", f"A person changed the record: {version.reason}", scans
    elif read := [file for file in scans if version.read is None or file.sha256 in version.read]:
        yield "recognition", "metadata extraction", f"The pages were read, with these settings: {settings}", read
    yield "documents", "creation", "Searchable PDF/A, ALTO and page records were made of what was read.", scans


def _object(parent: etree._Element, file: BagFile) -> None:
    element = _element(parent, _PREMIS, "object")
    element.set(_name(_XSI, "type"), "premis:file")
    _identify(element, "objectIdentifier", "SHA-256", file.sha256)
    about = _element(element, _PREMIS, "objectCharacteristics")
    _element(about, _PREMIS, "compositionLevel", "0")  # neither compressed nor encrypted
    fixity = _element(about, _PREMIS, "fixity")
    _element(fixity, _PREMIS, "messageDigestAlgorithm", "SHA-256")
    _element(fixity, _PREMIS, "messageDigest", file.sha256)
    _element(about, _PREMIS, "size", str(file.size))
    designation = _element(_element(about, _PREMIS, "format"), _PREMIS, "formatDesignation")
    _element(designation, _PREMIS, "formatName", _mime(file.path))
    _element(element, _PREMIS, "originalName", str(file.path))


def _event(parent: etree._Element, about: tuple[str, str, str], version: Version, scans: Sequence[BagFile]) -> None:
    identifier, kind, detail = about
    element = _element(parent, _PREMIS, "event")
    _identify(element, "eventIdentifier", "local", identifier)
    _element(element, _PREMIS, "eventType", kind)
    _element(element, _PREMIS, "eventDateTime", version.created.isoformat())
    _element(_element(element, _PREMIS, "eventDetailInformation"), _PREMIS, "eventDetail", detail)
    _element(_element(element, _PREMIS, "eventOutcomeInformation"), _PREMIS, "eventOutcome", "success")
    for name, _, number in sorted(_agents(version)):
        _identify(element, "linkingAgentIdentifier", "local", f"{name} {number}".strip())
    for file in scans:
        _identify(element, "linkingObjectIdentifier", "SHA-256", file.sha256)


def _agents(version: Version) -> Iterator[tuple[str, str, str]]:
    """Yield the name, the type and the version of each agent."""
    yield from ((name, "software", number) for name, number in version.software.items())
    if version.operator:
        yield version.operator, "person", ""


def _agent(parent: etree._Element, name: str, kind: str, number: str) -> None:
    element = _element(parent, _PREMIS, "agent")
    _identify(element, "agentIdentifier", "local", f"{name} {number}".strip())
    _element(element, _PREMIS, "agentName", name)
    _element(element, _PREMIS, "agentType", kind)
    if number:
        _element(element, _PREMIS, "agentVersion", number)


def _add_files(
    root: etree._Element, files: Sequence[BagFile], ids: Mapping[PurePosixPath, str], scans: frozenset[PurePosixPath]
) -> None:
    section = _add(root, "fileSec")
    groups: dict[str, etree._Element] = {}
    for file in files:
        use = file.path.parts[0] if len(file.path.parts) > 1 else "record"
        if use not in groups:
            groups[use] = _add(section, "fileGrp", USE=use)
        attributes = {
            "ID": ids[file.path],
            "MIMETYPE": _mime(file.path),
            "SIZE": str(file.size),
            "CHECKSUM": file.sha256,
            "CHECKSUMTYPE": "SHA-256",
        }
        if file.path in scans:
            attributes["ADMID"] = f"T{ids[file.path]}"
        place = _add(_add(groups[use], "file", **attributes), "FLocat", LOCTYPE="URL")
        place.set(_name(_XLINK, "href"), quote(str(file.path)))


def _add_structure(root: etree._Element, case: CaseFile, ids: Mapping[PurePosixPath, str]) -> None:
    """Write the documents of the case file and their pages, in order."""
    title = xml_text(case.title)
    whole = _add(_add(root, "structMap", TYPE="logical"), "div", TYPE="case file", LABEL=title, DMDID="D0")
    numbers = {scan.sha256: number for number, scan in enumerate(case.scans, 1)}
    for document in case.documents:
        attributes = {"ORDER": str(document.number), "LABEL": xml_text(document.title), "DMDID": f"D{document.number}"}
        division = _add(whole, "div", TYPE="document", **attributes)
        _point(division, ids, f"documents/{document.number:03}.pdf")
        for order, ref in enumerate(document.pages, 1):
            page = _add(division, "div", TYPE="page", ORDER=str(order))
            _point(page, ids, f"alto/{numbers[ref.scan]:04}/{ref.number:06}.xml")
            _point(page, ids, f"pages/{numbers[ref.scan]:04}/{ref.number:06}.json")


def _point(division: etree._Element, ids: Mapping[PurePosixPath, str], path: str) -> None:
    _add(division, "fptr", FILEID=ids[PurePosixPath(path)])


def _mime(path: PurePosixPath) -> str:
    return _MIME.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def _wrap(section: etree._Element, kind: str) -> etree._Element:
    version = {"MDTYPEVERSION": "3.0"} if kind.startswith("PREMIS") else {}
    return _add(_add(section, "mdWrap", MDTYPE=kind, **version), "xmlData")


def _identify(parent: etree._Element, name: str, kind: str, value: str) -> None:
    element = _element(parent, _PREMIS, name)
    _element(element, _PREMIS, f"{name}Type", kind)
    _element(element, _PREMIS, f"{name}Value", value)


def _add(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    element: etree._Element = etree.SubElement(parent, _name(_METS, name), attributes)
    return element


def _element(parent: etree._Element, namespace: str, name: str, text: str | None = None) -> etree._Element:
    element: etree._Element = etree.SubElement(parent, _name(namespace, name))
    element.text = text if text is None else xml_text(text)
    return element


def _name(namespace: str, name: str) -> str:
    return f"{{{namespace}}}{name}"
