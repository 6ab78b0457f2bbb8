"""What the steps of one run share."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from models.actor import Actor
from models.settings import Settings
from pipeline.archive.archive import Archive
from pipeline.archive.ledger import Ledger
from pipeline.execution.disk_guard import DiskGuard
from pipeline.execution.executor import Executor
from pipeline.execution.progress import Progress, Watcher
from pipeline.execution.task import Outcome, Task
from pipeline.page.recipe import fingerprint


@dataclass(frozen=True)
class Context:
    """The archive, which is locked for this run; who started the run; the executor; and who watches."""

    archive: Archive
    actor: Actor
    executor: Executor
    watcher: Watcher
    progress: Progress = field(default_factory=Progress)

    @cached_property
    def settings(self) -> Settings:
        """All settings, without secrets: sandboxes need no access to the index."""
        return self.archive.settings.without_secrets()

    @cached_property
    def recipe(self) -> str:
        """The recipe with which this run reads pages."""
        return fingerprint(self.settings.page)

    @cached_property
    def disk(self) -> DiskGuard:
        """The guard of the archive's disk; the watcher is informed when there is too little space."""
        return DiskGuard(self.settings.archive, self.settings.run.free_gigabytes, self.pause)

    @property
    def ledger(self) -> Ledger:
        """The archive's ledger."""
        return self.archive.ledger

    def finished(self, take: Callable[[], Task | None]) -> Iterator[Outcome]:
        """Dispatch tasks, as :meth:`Executor.finished` does; the watcher sees what delays the workers."""
        return self.executor.finished(take, self.pause, self._note)

    def pause(self, sentence: str) -> None:
        """Show the watcher why the run waits, and with "" that it continues."""
        self.progress.paused = sentence
        self.show()

    def _note(self, sentence: str) -> None:
        self.progress.notes.append(sentence)
        self.show()

    def show(self) -> None:
        """Show the progress to the watcher."""
        self.watcher(self.progress)
        self.progress.failures.clear()
        self.progress.notes.clear()
