"""Every way in which a scan or a page can fail: a closed set of codes, each with a sentence and a next step."""

from enum import StrEnum

from models.record import Record


class Code(StrEnum):
    """The closed set of failure codes.

    A *refused* scan will never be read as it is; a *failed* one may be tried again.
    """

    EMPTY = "empty"
    NOT_A_DOCUMENT = "not-a-document"
    UNSUPPORTED = "unsupported"
    DAMAGED = "damaged"
    ENCRYPTED = "encrypted"
    PAGE_TOO_LARGE = "page-too-large"
    TOO_MANY_PAGES = "too-many-pages"
    OUTSIDE_BOX = "outside-box"
    UNREADABLE = "unreadable"
    CHANGED = "changed"
    LEFT_BOX = "left-box"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out-of-memory"
    WORKER_LOST = "worker-lost"
    WORKER_DIFFERS = "worker-differs"
    DISK_FULL = "disk-full"
    RECOGNITION = "recognition"
    NO_TEXT = "no-text"
    PDF = "pdf"
    CASE_INCOMPLETE = "case-incomplete"
    INTERNAL = "internal"

    @property
    def refuses(self) -> bool:
        """Whether the scan is refused for good rather than failed for now."""
        return self in _REFUSALS

    @property
    def sentence(self) -> str:
        """What happened, for an operator."""
        return _WORDS[self][0]

    @property
    def next_step(self) -> str:
        """What the operator can do about it."""
        return _WORDS[self][1]


_REFUSALS = frozenset(
    {
        Code.EMPTY,
        Code.NOT_A_DOCUMENT,
        Code.UNSUPPORTED,
        Code.DAMAGED,
        Code.ENCRYPTED,
        Code.PAGE_TOO_LARGE,
        Code.TOO_MANY_PAGES,
        Code.OUTSIDE_BOX,
    }
)

_WORDS: dict[Code, tuple[str, str]] = {
    Code.EMPTY: ("The file is empty (0 bytes).", "Scan the paper again and put the new file into the box."),
    Code.NOT_A_DOCUMENT: (
        "The file is neither a PDF nor a picture, even if its name says so.",
        "If it belongs to the case, save it as a PDF or a picture. If not, take it out of the box.",
    ),
    Code.UNSUPPORTED: (
        "The file is of a kind that Bannasar does not read.",
        "Open it with the program it comes from, save it as PDF, TIFF or JPEG, and put that into the box.",
    ),
    Code.DAMAGED: (
        "The file is cut off or damaged: not all of its pages can be opened.",
        "Copy it again from the scanner, or scan the paper again.",
    ),
    Code.ENCRYPTED: (
        "The PDF is locked.",
        "If a password opens it, give the password: `bannasar rerun --scan SCAN --password-file FILE`. If not, ask a "
        "person who can open it for a copy that is not locked, and put that into the box.",
    ),
    Code.PAGE_TOO_LARGE: (
        "A page has more pixels than this archive accepts.",
        "Scan it at a lower resolution. Or raise limits.page_megapixels in bannasar.toml, then `bannasar rerun --scan "
        "SCAN --force`.",
    ),
    Code.TOO_MANY_PAGES: (
        "The scan has more pages than this archive accepts.",
        "Split it. Or raise limits.scan_pages in bannasar.toml, then `bannasar rerun --scan SCAN --force`.",
    ),
    Code.OUTSIDE_BOX: (
        "The entry is a link to something outside the box, or not an ordinary file.",
        "Put the file itself into the box.",
    ),
    Code.UNREADABLE: (
        "The file could not be opened for reading.",
        "Check its permissions and its disk, then run the box again.",
    ),
    Code.CHANGED: (
        "The file was changed or removed while it was being read.",
        "Wait until the file is completely copied, then run the box again.",
    ),
    Code.LEFT_BOX: (
        "The scan was accepted, but its file left the box before it was archived.",
        "Put the file back and run the box again. If nobody needs it any more, perhaps because the paper was scanned "
        "again, say so: `bannasar ledger dismiss SCAN --reason TEXT`.",
    ),
    Code.TIMEOUT: (
        "A page took longer than the time limit.",
        "Look at the page. If it is not damaged, raise limits.page_seconds in bannasar.toml, then run the box again.",
    ),
    Code.OUT_OF_MEMORY: (
        "A page needed more memory than the limit, or than the machine had.",
        "Run the box again with fewer workers (--workers), or raise limits.page_megabytes in bannasar.toml.",
    ),
    Code.WORKER_LOST: (
        "The process that read a page was stopped, or crashed at this page.",
        "Run the box again; if it happens again at the same page, scan that page again.",
    ),
    Code.WORKER_DIFFERS: (
        "The worker has other versions of Bannasar, or of the programs that read pages, than this machine.",
        "Install the same versions on every machine (`bannasar doctor` shows them), then run the box again.",
    ),
    Code.DISK_FULL: ("The disk is full.", "Make room, then run the box again."),
    Code.RECOGNITION: (
        "Tesseract could not read a page.",
        "Run `bannasar doctor`. If it reports no problem, run the box again.",
    ),
    Code.NO_TEXT: (
        "A page is not blank, but no text was found on it.",
        "Look at the page. If there is printed text on it, scan it again, darker or at a higher resolution.",
    ),
    Code.PDF: (
        "The searchable PDF of a document could not be made.",
        "Run `bannasar doctor`. If it reports no problem, run the box again, or archive the other pages with "
        "--allow-partial.",
    ),
    Code.CASE_INCOMPLETE: (
        "Another scan of its case file failed, and a case file is only archived complete.",
        "Repair the other scan and run the box again, or archive what there is with --allow-partial.",
    ),
    Code.INTERNAL: (
        "Something went wrong that Bannasar does not know; the ledger keeps the details.",
        "Run the box again; if it happens again, report it with the details.",
    ),
}


class Failure(Record):
    """One failure: its code, what exactly was found (never a secret), and where."""

    code: Code
    detail: str = ""
    page: int | None = None

    @property
    def sentence(self) -> str:
        """What happened, with the page and the detail where they are known."""
        where = f"Page {self.page}: " if self.page is not None else ""
        what = f" ({self.detail})" if self.detail else ""
        return f"{where}{self.code.sentence}{what}"

    @property
    def reason(self) -> str:
        """What happened, and the next step."""
        return f"{self.sentence} {self.code.next_step}"
