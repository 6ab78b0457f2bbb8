"""Corrections as people type them: checked, and converted into the form in which the archive keeps them."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from rapidfuzz import process

from models.case import CaseFile, Document
from models.correction import About, Correction
from models.errors import CorrectionError
from models.fact import FactName
from models.page import PageRef
from pipeline.document.courts import court_in
from pipeline.document.facts import case_number
from pipeline.document.glossary import UNKNOWN, Names
from pipeline.text.dates import dates
from pipeline.text.normalise import match_form

NONE = "none"
"""People type this if the document has no such thing."""
MACHINE = "machine"
"""People type this to remove an earlier correction."""

_DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?")


def corrections(
    case: CaseFile, number: int, values: Mapping[About, str], names: Names, by: str
) -> tuple[Correction, ...]:
    """Return corrections of a document.

    Args:
        case: the case file.
        number: of the document.
        values: by what they are about, as people type them, with :data:`NONE` and :data:`MACHINE`.
        names: the glossary.
        by: who makes the corrections.

    Raises:
        CorrectionError: there is no such document, or a value is impossible.
    """
    document = document_of(case, number)
    return tuple(
        _correction(about, _value(about, text, names), document.pages[0], _read(document, about), by)
        for about, text in values.items()
    )


def split(case: CaseFile, number: int, page: int, by: str) -> Correction:
    """Return the correction that splits a document before one of its pages, counted from 1.

    Raises:
        CorrectionError: there is no such document or page, or it is the first.
    """
    document = document_of(case, number)
    if not 1 < page <= len(document.pages):
        raise CorrectionError(
            f"Document {number} has {len(document.pages)} pages: it can be split before a page from 2 to that number."
            if len(document.pages) > 1
            else f"Document {number} has one page: it cannot be split."
        )
    return _correction(About.BEGINS, "", document.pages[page - 1], "continues", by)


def merge(case: CaseFile, number: int, by: str) -> Correction:
    """Return the correction that merges a document with the one before it.

    Raises:
        CorrectionError: there is no such document, or it is the first.
    """
    if number == 1:
        raise CorrectionError(
            "Document 1 is the first: there is no document before it. Give the number of the later of the two."
        )
    return _correction(About.CONTINUES, "", document_of(case, number).pages[0], "begins", by)


def document_of(case: CaseFile, number: int) -> Document:
    """Return the document of a number.

    Raises:
        CorrectionError: there is none.
    """
    for document in case.documents:
        if document.number == number:
            return document
    raise CorrectionError(f"{case.id} has no document {number}: its documents are 1 to {len(case.documents)}.")


def _correction(about: About, value: str | None, page: PageRef, machine: str, by: str) -> Correction:
    return Correction(
        about=about, value=value, page=page, machine=machine, at=datetime.now(UTC).replace(microsecond=0), by=by
    )


def _read(document: Document, about: About) -> str:
    """Return what the machine read."""
    if about is About.KIND:
        return document.kind_read
    read = tuple(fact for fact in document.facts if not fact.by)
    return document.model_copy(update={"facts": read}).best_value(FactName(about.value))


def _value(about: About, text: str, names: Names) -> str | None:
    if text == MACHINE:
        return None
    if text == NONE:
        return UNKNOWN if about is About.KIND else ""
    return _FORMS[about](text.strip(), names)


def _kind(text: str, names: Names) -> str:
    kinds = sorted({*names.kinds.values(), UNKNOWN})
    if text in kinds:
        return text
    near = ", ".join(kind for kind, *_ in process.extract(text, kinds, limit=4))
    raise CorrectionError(
        f"The glossary has no kind {text}. Similar ones are: {near}. `bannasar kinds` lists all of them."
    )


def _date(text: str, _names: Names) -> str:
    form = match_form(text)
    found = [one for one in dates(form) if one.value and not one.doubt]
    if len(found) == 1:
        return found[0].value
    if _DATE.fullmatch(form):
        try:
            datetime.strptime(f"{form}-01-01"[:10], "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            pass
        else:
            return form
    raise CorrectionError(f"“{text}” is not a date. Write it as 1998-03-02, 1998-03 or 1998, or as it is on the paper.")


def _case_number(text: str, _names: Names) -> str:
    if number := case_number(text):
        return number
    raise CorrectionError("A case number cannot be empty. Type `none` if the document has none.")


def _court(text: str, names: Names) -> str:
    if court := court_in(text, names):
        return court
    raise CorrectionError(f"The glossary has no court in “{text}”. Its names are in courts.toml (docs/documents.md).")


_FORMS: dict[About, Callable[[str, Names], str]] = {
    About.KIND: _kind,
    About.DATE: _date,
    About.CASE_NUMBER: _case_number,
    About.COURT: _court,
}
