"""The ledger's records of runs, scans, pages and attempts, as they are entered and read."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from models.errors import AccountError
from models.failure import Failure
from models.plural import plural
from models.scan import Kind, Scan, ScanState

Step = Literal["inspect", "read", "archive"]
PageState = Literal["read", "blank", "failed"]
RunOutcome = Literal["done", "stopped"]


@dataclass(frozen=True, slots=True)
class ScanRow:
    """The state of one scan; the columns of the table ``scans``.

    ``read``, ``blank`` and ``missing`` are the pages of an archived scan: with text, blank, and missing from its bag.
    """

    box: str
    path: str
    sha256: str
    size: int
    mtime_ns: int
    kind: Kind | None
    pages: int | None
    state: ScanState
    case_id: str | None
    recipe: str | None
    first_box: str | None
    first_path: str | None
    code: str | None
    reason: str | None
    blank: int
    confidence: float | None
    read: int
    missing: int
    locked: int

    @property
    def in_bag(self) -> bool:
        """Whether the archive holds it in a bag: it is archived, or was and is waiting to be read again."""
        return self.recipe is not None

    def scan(self) -> Scan:
        """Return the scan's record; only for one that was identified."""
        return Scan.model_validate(
            {"path": self.path, "sha256": self.sha256, "size": self.size, "kind": self.kind, "pages": self.pages}
        )


def scan_row(box: str, path: str, size: int, mtime_ns: int, **known: Any) -> ScanRow:  # noqa: ANN401
    """Return a row for a scan of which only some columns are known yet."""
    empty: dict[str, Any] = {field.name: None for field in fields(ScanRow)}
    empty |= {"sha256": "", "state": ScanState.PENDING, "blank": 0, "read": 0, "missing": 0, "locked": 0}
    return ScanRow(**(empty | {"box": box, "path": path, "size": size, "mtime_ns": mtime_ns} | known))


@dataclass(frozen=True, slots=True)
class PageRead:
    """What the ledger enters of a page that was read; ``confidence`` and ``handwriting`` as in :class:`PageRow`."""

    scan: str
    number: int
    recipe: str
    blank: bool
    confidence: float | None
    handwriting: float


@dataclass(frozen=True, slots=True)
class PageRow:
    """The last result of one page of a scan; the columns of the table ``pages``.

    ``confidence`` and ``handwriting`` (the part of the text that is written by hand) are 0–1, None where not known;
    ``updated`` is a time in ISO 8601.
    """

    sha256: str
    number: int
    state: PageState
    recipe: str
    confidence: float | None
    seconds: float
    code: str | None
    reason: str | None
    updated: str
    handwriting: float | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that has ended, to be entered; ``subject`` is the path, SHA-256 or case file it was about."""

    step: Step
    box: str
    subject: str
    started: datetime
    seconds: float = 0.0
    page: int | None = None
    recipe: str | None = None
    worker: str = ""
    failure: Failure | None = None
    trace: str = ""


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """An attempt as the ledger keeps it; times are in ISO 8601, ``versions`` is what its run was made with, in JSON."""

    id: int
    step: Step
    box: str
    subject: str
    page: int | None
    recipe: str | None
    worker: str | None
    ended: str
    seconds: float
    outcome: Literal["done", "failed"]
    code: str | None
    message: str | None
    run: int | None
    started: str
    trace: str | None
    versions: str | None


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run: when it began (ISO 8601) and how it ended, None where it has not."""

    id: int
    command: str
    started: str
    outcome: Literal["done", "stopped", "died"] | None


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case file: its bag's path in the archive, None before it has one, and whether the index has it."""

    id: str
    bag: str | None
    is_indexed: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """The scans of a box in one state: how many, their pages, the blank ones among these.

    ``confidence`` is their mean, 0–1, weighted by their pages that are not blank; None where there are none.
    """

    scans: int = 0
    pages: int = 0
    blank: int = 0
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class FailureRow:
    """A page of a scan that failed, or (``page`` is None) the scan itself, with the code and the sentence for it."""

    box: str
    path: str
    page: int | None
    code: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Account:
    """The pages of a box: all that came in, and what became of them.

    ``gone`` are the pages of refused or dismissed scans that were taken out of the box; ``waiting`` are for the next
    run.
    """

    pages: int
    archived: int
    blank: int
    failed: int
    refused: int
    gone: int
    waiting: int

    def check(self, box: str) -> None:
        """Check that every page is accounted for exactly once.

        Raises:
            AccountError: one is not.
        """
        out = self.archived + self.blank + self.failed + self.refused + self.gone + self.waiting
        if self.pages != out:
            raise AccountError(
                f"Of the {self.pages:,} {plural(self.pages, 'page')} of {box}, {out:,} are accounted for ({self}). "
                "Run `bannasar ledger check`, and report this problem."
            )
