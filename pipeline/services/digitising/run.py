"""A run: it holds the archive, reads what waits, archives and indexes it, and accounts for every page."""

import logging
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from models.actor import Actor
from models.errors import IndexUnusableError
from models.scan import Box
from pipeline.archive.archive import Archive
from pipeline.archive.places import work_folder
from pipeline.archive.placing import recover
from pipeline.execution.context import Context
from pipeline.execution.opening import open_executor
from pipeline.execution.progress import Watcher
from pipeline.execution.task import Task
from pipeline.execution.tasks import archive_case, prove_page, read_page
from pipeline.intake.discover import Entry
from pipeline.page.recipe import fingerprint, versions
from pipeline.services.digitising.archiving import CaseArchiver
from pipeline.services.digitising.plan import ScanKey, plan
from pipeline.services.digitising.reading import PageReader
from pipeline.services.digitising.work import Inputs, Work
from pipeline.services.indexing import Indexer
from pipeline.services.waiting_seals import complete

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Summary:
    """What one run did: the pages it read itself, in how many seconds, and why the index did not accept a bag.

    ``pages_failed`` are those that it could not read. ``recipe`` is the recipe it read the others with; ``warning``
    says why it did not sign what it should have. ``left`` says which boxes could not be ingested, and which scans stay
    archived as they were because they failed now, each with its reason.
    """

    boxes: tuple[Box, ...]
    pages_read: int
    pages_failed: int
    seconds: float
    index_error: str
    recipe: str
    warning: str
    left: tuple[str, ...]


@contextmanager
def running(command: str, archive: Archive, actor: Actor, watch: Watcher) -> Iterator[Context]:
    """Hold the archive and begin a run; record in the ledger how it ends, in any case."""
    with archive.held():
        settings, ledger = archive.settings, archive.ledger
        complete(archive)
        # An index that cannot be used now keeps what it holds; the bags that it does not accept wait for it.
        with suppress(IndexUnusableError):
            if archive.index.count() == 0:
                ledger.index_lost()
        ledger.begin_run(command, fingerprint(settings.page), versions(settings.page))
        try:
            with open_executor(settings, work_folder(archive.folder)) as executor:
                yield Context(archive, actor, executor, watch)
        except BaseException as error:
            ledger.end_run("stopped", str(error) or type(error).__name__)
            raise
        finally:
            recover(archive.folder)
            complete(archive)
        ledger.end_run("done")


def read_and_archive(
    context: Context,
    boxes: Sequence[Box],
    entries: Mapping[tuple[str, str], Entry],
    chosen: Collection[ScanKey] | None = None,
    unlocked: Mapping[str, Path] = MappingProxyType({}),
) -> Summary:
    """Read what waits in some boxes, archive and index it, and check that every page is accounted for.

    Args:
        context: what the run works with.
        boxes: the boxes.
        entries: what is in them now, by box and path.
        chosen: the scans (box, path and SHA-256) to read, None for all that wait.
        unlocked: copies without a password of locked scans, by SHA-256.

    Raises:
        TooManyFailuresError: too many pages fail.
    """
    work, progress = Work(context, Inputs(entries, unlocked)), context.progress
    cases = plan(work, boxes, chosen)
    progress.step = "reading"
    progress.cases = len(cases)
    progress.pages = sum(row.pages or 0 for case in cases for row in case.pending)
    work.breaker.scans = sum(len(case.pending) for case in cases)
    _LOG.info("case files to archive: %d, pages: %d, recipe: %.12s", len(cases), progress.pages, context.recipe)

    indexer = Indexer(context.archive, progress)
    started = time.monotonic()
    with PageReader(work, cases) as reader:
        archiver = CaseArchiver(work, indexer)
        ended = {read_page: reader.ended, archive_case: archiver.ended, prove_page: archiver.prover.ended}

        def take() -> Task | None:
            """Return the next task; work that is nearest to its end comes first."""
            context.disk.wait()
            task = archiver.next_task() or archiver.prover.next_task() or reader.next_task()
            # The pages of a case file may all have been read before: then it is ready without a task.
            return task or archiver.next_task()

        for outcome in context.finished(take):
            ended[outcome.task.function](outcome)
            if not context.executor.has_ended():  # there is nothing else to do now
                reader.enter_kept()
            context.show()
    seconds = time.monotonic() - started
    _LOG.info("pages read: %d, failed: %d, after %.1f s", progress.pages_read, progress.pages_failed, seconds)
    indexer.put_all_waiting()
    context.show()
    for box in boxes:
        context.ledger.account(box.id).check(box.id)
    return Summary(
        tuple(boxes),
        progress.pages_read,
        progress.pages_failed,
        seconds,
        progress.index_error,
        context.recipe,
        context.archive.recorder.warning,
        tuple(progress.left),
    )
