"""Pages in = pages archived + blank + failed + refused + gone: the account of a run."""

from dataclasses import dataclass

from models.errors import AccountError
from pipeline.archive.ledger import Ledger

# A duplicate's pages are those of its first, and those of a scan that was renamed or moved are the new one's. What was
# archived and lies in the box no more is accounted for as well.
_SUMS = """
    SELECT coalesce(sum(pages), 0) AS pages,
           coalesce(sum(read), 0) AS archived,
           coalesce(sum(blank), 0) AS blank,
           coalesce(sum(CASE state WHEN 'archived' THEN missing WHEN 'failed' THEN pages END), 0) AS failed,
           coalesce(sum(CASE state WHEN 'refused' THEN pages END), 0) AS refused,
           coalesce(sum(CASE state WHEN 'gone' THEN pages END), 0) AS gone,
           coalesce(sum(CASE state WHEN 'pending' THEN pages - read - blank END), 0) AS waiting
    FROM scans WHERE box = ? AND state <> 'duplicate' AND NOT (state = 'gone' AND first_path IS NOT NULL)
"""


@dataclass(frozen=True, slots=True)
class Account:
    """The pages of a box: all that came in, and what became of them.

    ``gone`` are those of refused or dismissed scans that were taken out of the box; ``waiting`` is for the next run.
    """

    pages: int
    archived: int
    blank: int
    failed: int
    refused: int
    gone: int
    waiting: int

    def check(self, box: str) -> None:
        """Make sure that every page has gone one way.

        Raises:
            AccountError: it has not.
        """
        out = self.archived + self.blank + self.failed + self.refused + self.gone + self.waiting
        if self.pages != out:
            raise AccountError(
                f"Of the {self.pages:,} pages of {box}, {out:,} are accounted for ({self}). "
                "Run `bannasar ledger check`, and report this."
            )


def account(ledger: Ledger, box: str) -> Account:
    """Return the account of a box."""
    (row,) = ledger.query(_SUMS, (box,))
    return Account(**dict(row))
