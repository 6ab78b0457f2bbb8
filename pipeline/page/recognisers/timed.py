"""The time limit that all recognisers share."""

import time
from pathlib import Path

from models.errors import ScanError
from models.failure import Code


class Timed:
    """The base class of recognisers: the reading of one page within one time limit."""

    def __init__(self, models_folder: Path, seconds: float) -> None:
        """Start the clock: reading is stopped after this many seconds."""
        self._folder = models_folder
        self._end = time.monotonic() + seconds

    def _seconds_left(self) -> float:
        """Return the seconds that are left.

        Raises:
            ScanError: TIMEOUT if there are none.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise ScanError(Code.TIMEOUT)
        return left
