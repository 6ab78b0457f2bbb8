"""What is read from a document, each with the words it was read from."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.page import Rect
from models.record import Record


class FactName(StrEnum):
    """What a fact says about a document."""

    CASE_NUMBER = "case_number"
    COURT = "court"
    DATE = "date"
    PARTY = "party"
    JUDGE = "judge"
    CLERK = "clerk"
    ARTICLE = "article"


class Fact(Record):
    """One fact with its evidence.

    ``value`` is its normal form (a date as ``YYYY-MM-DD``, ``YYYY-MM`` or ``YYYY``; a court by its name in the
    glossary); ``text`` is what was read, at ``boxes`` (pixels of the upright page) of page ``page`` of ``scan``.
    ``confidence`` is 0–1. ``doubt`` says what speaks against it, or is "". ``by`` is the person who entered
    a fact that was not read: it has no ``text`` and no ``boxes``, and ``page`` is the document's first.
    """

    name: FactName
    value: str
    text: str
    scan: str
    page: int
    boxes: tuple[Rect, ...]
    confidence: Annotated[float, Field(ge=0, le=1)]
    doubt: str = ""
    by: str = ""
