"""Guards the archive's disk: a run waits while there is too little space."""

import logging
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from models.errors import is_disk_full

_LOG = logging.getLogger(__name__)
_SECONDS_BETWEEN_LOOKS = 1.0
_GIGABYTE = 1 << 30


class DiskGuard:
    """Waits, before something is written on the archive's disk, until there is enough space."""

    def __init__(self, archive: Path, least_gigabytes: float, pause: Callable[[str], None]) -> None:
        """Set how much space is enough.

        Args:
            archive: the archive's folder.
            least_gigabytes: the least free space, in GB.
            pause: called with the reason while there is less, and with "" when there is enough again.
        """
        self._archive = archive
        self._least = least_gigabytes * _GIGABYTE
        self._pause = pause

    def wait(self) -> None:
        """Return when there is enough space; this is usually at once."""
        if not self._is_short():
            return
        _LOG.warning("the run waits: less than %g GB is free", self._least / _GIGABYTE)
        while self._is_short():
            free = shutil.disk_usage(self._archive).free / _GIGABYTE
            self._pause(
                f"Paused: {free:.2f} GB is free at {self._archive}, less than {self._least / _GIGABYTE:g} GB. "
                "Free some space to continue."
            )
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        _LOG.warning("the run continues: there is space again")
        self._pause("")

    def write(self, write: Callable[[], None]) -> None:
        """Write something; if the disk is full, wait for space and try again."""
        while True:
            try:
                write()
            except (OSError, sqlite3.OperationalError) as error:
                if not is_disk_full(error):
                    raise
                _LOG.warning("the run waits: the disk is full")
                self._pause(f"Paused: the disk of {self._archive} is full. Free some space to continue.")
                time.sleep(_SECONDS_BETWEEN_LOOKS)
                self.wait()
                self._pause("")
            else:
                return

    def _is_short(self) -> bool:
        return shutil.disk_usage(self._archive).free < self._least
