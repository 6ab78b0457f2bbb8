"""What the steps of one run share."""

from dataclasses import dataclass, field

from models.settings import Settings
from pipeline.index.store import Store
from pipeline.run.ledger import Ledger
from pipeline.run.pool import Pool
from pipeline.run.progress import Progress, Watcher


@dataclass(frozen=True, slots=True)
class Context:
    """The settings, the archive's ledger and index, the workers, and who watches."""

    settings: Settings
    ledger: Ledger
    store: Store
    pool: Pool
    watcher: Watcher
    progress: Progress = field(default_factory=Progress)

    def show(self) -> None:
        """Let the watcher see the progress."""
        self.watcher(self.progress)
