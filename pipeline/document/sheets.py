"""Separator sheets: what the code of one says, and what follows from it for the documents before and after it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import parse_qs, quote, urlencode

from models.case import Document
from models.fact import Fact, FactName
from models.page import SHEET, Page, PageRef
from pipeline.document.facts import case_number
from pipeline.document.glossary import Names

SEPARATOR = "separator"
"""The kind of a document that is a separator sheet."""

LONGEST_CASE = 60
"""Most characters of a case number on a sheet, so that its code stays coarse enough for a worn print."""


class SheetFields(NamedTuple):
    """What a sheet says about the next document: its kind, and the number of its case; "" for what it does not say."""

    kind: str = ""
    case: str = ""


def payload(content: SheetFields) -> str:
    """Return what the code of a sheet holds: ``BANNASAR-SHEET1``, then ``?kind=…&case=…`` as in a URL (RFC 3986).

    It is ASCII, so that every reader of codes returns it unchanged.
    """
    fields = {name: value for name, value in content._asdict().items() if value}
    return f"{SHEET}?{urlencode(fields, safe='/', quote_via=quote)}" if fields else SHEET


def read_payload(text: str) -> SheetFields:
    """Return what a sheet says. Fields that are unknown, empty or given twice are ignored."""
    fields = parse_qs(text.partition("?")[2])
    return SheetFields(*(_plain(fields.get(name, [])) for name in SheetFields._fields))


def _plain(values: Sequence[str]) -> str:
    text = " ".join(values[0].split()) if len(values) == 1 else ""
    return text if text.isprintable() else ""


def apply_separator_sheets(
    documents: Sequence[Document], stacks: Sequence[Sequence[PageRef]], pages: Mapping[PageRef, Page], names: Names
) -> Iterator[Document]:
    """Yield documents with the kind and the case number that the sheets before them say; the sheets are separators.

    What a sheet says applies to the one document that follows it in its stack. A kind that is not in the glossary is
    not used. The number takes precedence over numbers read from the document; its evidence is the sheet.

    Args:
        documents: of a case file, in order; each sheet begins one.
        stacks: the pages that were scanned one after another.
        pages: every page of them.
        names: the glossary.
    """
    stack_of = {ref: number for number, stack in enumerate(stacks) for ref in stack}
    before: PageRef | None = None
    for document in documents:
        first = document.pages[0]
        if pages[first].sheet:
            before = first
            yield document.model_copy(update={"kind": SEPARATOR, "kind_confidence": 1.0, "kind_read": SEPARATOR})
            continue
        together = before is not None and stack_of[before] == stack_of[first]
        yield _with_fields(document, pages[before], names) if before and together else document
        before = None


def _with_fields(document: Document, sheet: Page, names: Names) -> Document:
    fields_read = read_payload(sheet.sheet)
    changes: dict[str, object] = {}
    if fields_read.kind in names.kinds.values():
        changes = {"kind": fields_read.kind, "kind_confidence": 1.0, "kind_read": fields_read.kind}
    if fields_read.case:
        number = Fact(
            name=FactName.CASE_NUMBER,
            value=case_number(fields_read.case),
            text=fields_read.case,
            scan=sheet.scan,
            page=sheet.number,
            boxes=(),
            confidence=1.0,
        )
        changes["facts"] = (number, *document.facts)
    return document.model_copy(update=changes)
