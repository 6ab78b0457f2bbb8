"""What the parts of a run share: the case files in work, where their scans are, what failed."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from models.failure import Failure
from models.ledger import Attempt, ScanRow, Step
from models.scan import ScanState
from pipeline.archive.bag import original
from pipeline.execution.circuit_breaker import CircuitBreaker
from pipeline.execution.context import Context
from pipeline.execution.progress import Failed
from pipeline.execution.source import Source
from pipeline.execution.task import Outcome
from pipeline.intake.discover import Entry


@dataclass
class CaseWork:
    """A case file in work.

    ``rows`` are the scans of its bag, ``lost`` those that failed before their pages could be read; ``failed`` are the
    failures of pages, by scan and number. ``waiting`` counts the pages that are not done yet. ``archive_failure`` is
    why it could not be archived, though none had failed.
    """

    id: str
    box: str
    folder: str
    rows: list[ScanRow]
    lost: list[ScanRow]
    waiting: int = 0
    failed: dict[str, dict[int, Failure]] = field(default_factory=dict)
    archive_failure: Failure | None = None

    @property
    def pending(self) -> list[ScanRow]:
        """The scans that are not archived yet, or are archived again."""
        return [row for row in self.rows if row.state is ScanState.PENDING]

    @property
    def is_whole(self) -> bool:
        """Whether nothing of it has failed."""
        return not self.failed and not self.lost


@dataclass(frozen=True, slots=True)
class Inputs:
    """Where the scans of a run are.

    ``entries`` is what is in the boxes now, by box and path; ``unlocked`` are copies without a password of locked
    scans, by SHA-256.
    """

    entries: Mapping[tuple[str, str], Entry]
    unlocked: Mapping[str, Path]


class Work:
    """The work of one run; ``ready`` are the case files whose pages are done."""

    def __init__(self, context: Context, inputs: Inputs) -> None:
        """Begin with nothing done."""
        self.context = context
        self.inputs = inputs
        self.breaker = CircuitBreaker(context.ledger, context.recipe, context.settings.run.failed_share)
        self.ready: deque[CaseWork] = deque()

    def source(self, row: ScanRow) -> Source:
        """Return where a scan's bytes are: in its box, or in its bag if it is archived and gone from the box."""
        entry = self.inputs.entries.get((row.box, row.path))
        unlocked = self.inputs.unlocked.get(row.sha256)
        if entry and (entry.size, entry.mtime_ns) == (row.size, row.mtime_ns):
            return Source(entry.file, row.scan().kind, row.sha256, entry.size, entry.mtime_ns, unlocked)
        archive = self.context.archive
        file = original(archive.folder / archive.ledger.bag_of(row.case_id), row.sha256)
        return Source(file, row.scan().kind, row.sha256, row.size, file.stat().st_mtime_ns, unlocked)

    def recipe_of(self, row: ScanRow) -> str:
        """Return the recipe with which the pages of a scan were read, or are read now."""
        return self.context.recipe if row.state is ScanState.PENDING else str(row.recipe)

    def page_failed(self, case: CaseWork, row: ScanRow, failure: Failure, seconds: float) -> None:
        """Record that a page has failed for this run; ``failure.page`` is its number."""
        self.context.progress.pages_failed += 1
        self.context.progress.failures.append(Failed(row.box, row.path, failure))
        self.breaker.enter(row, failure, seconds)
        case.failed.setdefault(row.sha256, {})[failure.page or 0] = failure

    def page_done(self, case: CaseWork) -> bool:
        """Count a page of a case file as done; return whether it was the last one."""
        case.waiting -= 1
        return not case.waiting

    def fail(self, row: ScanRow, failure: Failure) -> None:
        """Let a scan fail. If it is archived, nothing is lost, and the run says so at its end."""
        if row.in_bag:
            self.context.progress.left.append(f"{row.box}/{row.path} stays archived as it is. {failure.reason}")
        self.context.ledger.fail(row, failure)

    def note_attempt(self, step: Step, outcome: Outcome, box: str, subject: str, page: int | None = None) -> None:
        """Enter an attempt at a task into the ledger; ``subject`` is the scan's SHA-256, or the case file's id."""
        self.context.ledger.attempt(
            Attempt(
                step,
                box,
                subject,
                outcome.started,
                outcome.seconds,
                page,
                self.context.recipe,
                outcome.worker,
                outcome.failure,
                outcome.trace,
            )
        )
