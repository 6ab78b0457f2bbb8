"""What the steps of one run share."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from models.actor import Actor
from models.settings import Settings
from pipeline.archive.archive import Archive
from pipeline.archive.ledger import Ledger
from pipeline.execution.disk_guard import Room
from pipeline.execution.pool import Outcome, Pool, Task
from pipeline.execution.progress import Progress, Watcher


@dataclass(frozen=True, slots=True)
class Context:
    """The archive, which is held; who has it done; the workers; and who watches."""

    archive: Archive
    actor: Actor
    pool: Pool
    watcher: Watcher
    progress: Progress = field(default_factory=Progress)

    @property
    def settings(self) -> Settings:
        """All settings, without secrets: what workers are given needs no way into the index."""
        return self.archive.settings.without_secrets()

    @property
    def ledger(self) -> Ledger:
        """The archive's ledger."""
        return self.archive.ledger

    @property
    def room(self) -> Room:
        """The room on the archive's disk; the watcher sees when there is too little."""
        return Room(self.settings.archive, self.settings.run.free_gigabytes, self.pause)

    def finished(self, take: Callable[[], Task | None]) -> Iterator[Outcome]:
        """Hand out tasks, as :meth:`Pool.finished` does; the watcher sees what is the matter with the workers."""
        return self.pool.finished(take, self.pause, self._note)

    def pause(self, sentence: str) -> None:
        """Let the watcher see why the run waits, and with "" that it goes on."""
        self.progress.paused = sentence
        self.show()

    def _note(self, sentence: str) -> None:
        self.progress.notes.append(sentence)
        self.show()

    def show(self) -> None:
        """Let the watcher see the progress."""
        self.watcher(self.progress)
        self.progress.failures.clear()
        self.progress.notes.clear()
