"""Ends what a test or a measurement started, also if it is itself ended by a signal and cannot clean up."""

import subprocess
from pathlib import Path

# It reads until this process closes its end of the pipe. The kernel does that for a process that was killed.
_SCRIPT = 'read -r _; kill -s KILL -- "-$1"; rm -rf -- "$2"'


class Guard:
    """A small process: if this one ends without a dismissal, it kills a process group and removes its folder."""

    def __init__(self, group: int, folder: Path) -> None:
        """Begin to guard."""
        self._process = subprocess.Popen(
            ["sh", "-c", _SCRIPT, "sh", str(group), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.pid = self._process.pid

    def dismiss(self) -> None:
        """End the guard; group and folder are left alone."""
        self._process.kill()
        self._process.communicate()
