"""What the steps of one run share."""

from dataclasses import dataclass, field

from models.settings import Settings
from pipeline.index.store import Store
from pipeline.run.custody import Registrar
from pipeline.run.disk import Room
from pipeline.run.ledger import Ledger
from pipeline.run.pool import Pool
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
        return Room(self.settings.archive, self.settings.run.free_gigabytes, self._tell_of_room)

    def _tell_of_room(self, sentence: str) -> None:
        self.progress.paused = sentence
        self.show()

    def show(self) -> None:
        """Let the watcher see the progress."""
        self.watcher(self.progress)
        self.progress.failures.clear()
