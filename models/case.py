"""Documents and case files: the product of the pipeline."""

from datetime import datetime
from pathlib import PurePosixPath

from pydantic import Field

from models.correction import Correction
from models.fact import Fact, FactName
from models.failure import Code
from models.page import PageRef
from models.record import Record
from models.restriction import Restriction, page_levels
from models.scan import Scan
from models.scope import PageLevels


class Unread(Record):
    """Parts of a page of a document that are not read, or perhaps not: short remarks that a person should see."""

    page: PageRef
    remarks: tuple[str, ...]


class Document(Record):
    """Consecutive pages that belong together.

    ``number`` counts the documents of the case file from 1. ``kind`` is a kind of the glossary, or "unknown".
    ``kind_read`` is what the machine takes it for, with ``kind_confidence``, 0–1; ``kind_by`` is the person who
    corrected or confirmed it. ``facts`` are what was read from it, and the corrections by people. ``unread`` names
    those of its pages of which something is not read.
    """

    number: int
    title: str
    pages: tuple[PageRef, ...]
    kind: str = "unknown"
    kind_confidence: float = 0.0
    kind_read: str = ""
    kind_by: str = ""
    facts: tuple[Fact, ...] = ()
    unread: tuple[Unread, ...] = ()

    def best_value(self, name: FactName) -> str:
        """Return the correction of a fact by a person, else the value with the highest confidence, else ""."""
        found = self._valid(name)
        return max(found, key=lambda fact: fact.confidence).value if found else ""

    def all_of(self, name: FactName) -> tuple[str, ...]:
        """Return the correction of a fact by a person, else all the values that were read, each once."""
        return tuple(dict.fromkeys(fact.value for fact in self._valid(name) if fact.value))

    def _valid(self, name: FactName) -> list[Fact]:
        """Return the facts that count: if a person corrected one, nothing that was read."""
        found = [fact for fact in self.facts if fact.name is name and (fact.value or fact.by)]
        return [fact for fact in found if fact.by] or found


class Missing(Record):
    """What a case file lacks because it failed: a page of a scan, or (``page`` is None) a whole scan, and why.

    ``sha256`` is that of the page's scan, because a better scan may have replaced it at the same path since. Case files
    made by earlier versions do not have it.
    """

    path: PurePosixPath
    sha256: str = ""
    page: int | None
    code: Code
    reason: str


class Version(Record):
    """How a case file was made at one time: when (aware, UTC), with which programs and settings, by whom.

    ``operator`` is the account and the machine. ``reason`` is the correction in words, "" for a run. ``scans`` are the
    SHA-256s of its scans, ``read`` of those whose pages were read for it; None where an earlier version has none.
    ``manifest`` is the SHA-256 of the bag's ``tagmanifest-sha512.txt``, as in the journal; "" while the bag is
    not there yet.
    """

    created: datetime
    software: dict[str, str]
    settings: dict[str, str] = Field(default_factory=dict)
    operator: str = ""
    reason: str = ""
    scans: tuple[str, ...] | None = None
    read: tuple[str, ...] | None = None
    manifest: str = ""


class CaseFile(Record):
    """One case file: a folder of a box, or a single scan directly in the box.

    ``id`` is unique in the archive and safe as a folder's name; ``title`` is what the folder or the scan was called;
    ``folder`` is its path in the box ("" for a single scan). ``scans`` are in the order of their paths.
    ``created``, ``software``, ``settings``, ``operator``, ``reason`` and ``read`` are as in :class:`Version`;
    ``history`` are the versions before this one, the oldest first. ``corrections`` are those of its documents, and
    ``restrictions`` the levels that were set, the oldest first. A case file with something ``missing`` is *partial*.
    """

    id: str
    box: str
    title: str
    folder: str
    scans: tuple[Scan, ...]
    documents: tuple[Document, ...]
    created: datetime
    software: dict[str, str]
    settings: dict[str, str] = Field(default_factory=dict)
    operator: str = ""
    reason: str = ""
    read: tuple[str, ...] | None = None
    history: tuple[Version, ...] = ()
    corrections: tuple[Correction, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    missing: tuple[Missing, ...] = ()

    def levels(self, now: datetime | None) -> PageLevels:
        """Return the level of every page; with ``now`` None, no end date counts as passed."""
        return page_levels(self.restrictions, (document.pages for document in self.documents), now)

    @property
    def has_end_dates(self) -> bool:
        """Whether a level was set that ends some day: then its levels depend on the time."""
        return any(one.until for one in self.restrictions)

    @property
    def courts(self) -> frozenset[str]:
        """The courts of its documents: as people entered them, else as they were read."""
        return frozenset(court for document in self.documents for court in document.all_of(FactName.COURT))

    @property
    def missing_pages(self) -> dict[tuple[str, int], Missing]:
        """The pages it lacks, by the SHA-256 of their scan and their number."""
        return {
            (scan.sha256, one.page): one
            for one in self.missing
            for scan in self.scans
            if one.page is not None and (one.sha256 == scan.sha256 or (not one.sha256 and one.path == scan.path))
        }

    @property
    def upright(self) -> bool:
        """Whether its PDFs show the pages upright, and not as in their scans."""
        return self.settings.get("pdf.upright") != "False"

    @property
    def version(self) -> Version:
        """How it was made this time."""
        return Version(
            created=self.created,
            software=self.software,
            settings=self.settings,
            operator=self.operator,
            reason=self.reason,
            scans=tuple(scan.sha256 for scan in self.scans),
            read=self.read,
        )

    def reading_of(self, sha256: str) -> Version:
        """Return the version for which the pages of a scan were read: this one, or the last before it that did."""
        known = (version for version in (self.version, *reversed(self.history)) if version.read is not None)
        return next((version for version in known if sha256 in (version.read or ())), self.version)
