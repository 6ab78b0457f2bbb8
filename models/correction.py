"""Corrections: what people enter where the machine was wrong or not confident."""

from datetime import datetime
from enum import StrEnum

from models.page import PageRef
from models.record import Record


class About(StrEnum):
    """What a correction is about.

    The first four describe a document. ``BEGINS`` and ``CONTINUES`` say that one does or does not begin on a page.
    """

    KIND = "kind"
    DATE = "date"
    CASE_NUMBER = "case_number"
    COURT = "court"
    BEGINS = "begins"
    CONTINUES = "continues"


class Correction(Record):
    """One correction by one person.

    ``page`` is the document's first page at that time. The correction counts for the document that begins on that page.
    So it stays with its pages when documents are split or merged, and is inactive while no document begins there.
    ``value`` is in normal form, "" where the document has none, and None where an earlier correction is undone.
    ``machine`` is what the machine read then. ``at`` is aware, UTC; ``by`` is the account and the machine it came from.
    """

    about: About
    value: str | None
    page: PageRef
    machine: str
    at: datetime
    by: str
