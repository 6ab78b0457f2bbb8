"""What was typed before the name of a command. It imports little, so that the help is fast."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class Typed:
    """The command, when it began (``time.monotonic``), how much is logged (0 to 2), and the log file."""

    command: str = ""
    since: float = 0.0
    verbose: int = 0
    log_file: Path | None = None


TYPED = Typed()
