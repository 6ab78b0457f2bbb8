"""How much one person may ask for at the same time, so that the others are answered, too."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from models.errors import TooManyError
from models.message import Message

MOST = 3
"""How many searches of one person run at the same time. On two processors Elasticsearch runs four; the server answers
some forty requests at once."""


@dataclass(frozen=True, slots=True)
class AtOnce:
    """The searches that are running, by the name of the person."""

    _running: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def search(self, name: str) -> Iterator[None]:
        """Count a search of a person while it runs.

        Raises:
            TooManyError: too many of the same person are running.
        """
        with self._lock:
            if self._running[name] >= MOST:
                raise TooManyError(
                    Message("Your earlier searches are still running."),
                    Message("Wait until they have ended, then try again."),
                )
            self._running[name] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[name] -= 1
                if not self._running[name]:
                    del self._running[name]
