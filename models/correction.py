"""What people say of documents, where the machine was wrong or unsure."""

from datetime import datetime
from enum import StrEnum

from models.page import PageRef
from models.record import Record


class About(StrEnum):
    """What a correction is about.

    The first ones say what a document is; ``BEGINS`` and ``CONTINUES``, that one does or does not begin on a page.
    """

    KIND = "kind"
    DATE = "date"
    CASE_NUMBER = "case_number"
    COURT = "court"
    BEGINS = "begins"
    CONTINUES = "continues"


class Correction(Record):
    """What one person said.

    ``page`` is the document's first page at that time, and what was said counts for the document that begins on it: so
    it stays with its pages when documents are cut otherwise, and rests while none begins there. ``value`` is in normal
    form, "" where the document has none, and None where what was said before is taken back; ``machine`` is what the
    machine said then. ``at`` is aware, UTC; ``by`` is the account and the machine it was said from.
    """

    about: About
    value: str | None
    page: PageRef
    machine: str
    at: datetime
    by: str
