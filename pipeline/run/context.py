"""What the steps of one run share."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from models.settings import Settings
from pipeline.index.store import Store
from pipeline.run.custody import Registrar
from pipeline.run.disk import Room
from pipeline.run.ledger import Ledger
from pipeline.run.pool import Outcome, Pool, Task
from pipeline.run.progress import Progress, Watcher


@dataclass(frozen=True, slots=True)
class Context:
    """The settings, the archive's ledger, journal and index, the workers, and who watches."""

    settings: Settings
    ledger: Ledger
    store: Store
    pool: Pool
    watcher: Watcher
    registrar: Registrar
    progress: Progress = field(default_factory=Progress)

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
