"""What was typed before the name of a command; light, so that the help need not wait for it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class Typed:
    """The command, since when it goes on (``time.monotonic``), how much of it is logged (0 to 2), and where to."""

    command: str = ""
    since: float = 0.0
    verbose: int = 0
    log_file: Path | None = None


TYPED = Typed()
