"""A command that stands still at one point until it is let on: so that no test depends on who is the faster.

Run as a module in place of ``bannasar``, it is ``bannasar`` with a gate behind the n-th call of one method.
"""

import functools
import importlib
import itertools
import os
import subprocess
import time
from pathlib import Path

from tests.conftest import BANNASAR

# A page has been kept; in the process that dispatches pages, so that the sandboxes are not hindered.
PAGE_KEPT = "pipeline.archive.results:Results.put"
_SCRIPT = "from tests.gate import main; main()"
_SETTING = "BANNASARS_GATE"
_SECONDS_BETWEEN_LOOKS = 0.02
_MOST_SECONDS = 300


class Gate:
    """A gate behind the n-th call of a method: its file is there while it is shut."""

    def __init__(self, folder: Path, calls: int, method: str = PAGE_KEPT) -> None:
        """Shut it; ``method`` is written ``module:Class.method``."""
        self._file = folder / f"gate-{time.monotonic_ns()}"
        self._file.touch()
        self.environment = {_SETTING: f"{method}|{calls}|{self._file}"}

    def within(self, command: list[str]) -> list[str]:
        """Return the command line of ``bannasar`` with the gate in it."""
        return [_SCRIPT if part == BANNASAR[-1] else part for part in command]

    def wait(self, process: subprocess.Popen[str]) -> None:
        """Wait until a process stands before it."""
        end = time.monotonic() + _MOST_SECONDS
        while not self._reached.exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end
            time.sleep(_SECONDS_BETWEEN_LOOKS)

    def open(self) -> None:
        """Let the process go on."""
        self._file.unlink(missing_ok=True)

    @property
    def _reached(self) -> Path:
        return self._file.with_name(f"{self._file.name}-reached")


def main() -> None:
    """Run ``bannasar`` with the gate that its environment names."""
    from cli.main import main as bannasar  # noqa: PLC0415  # as BANNASAR does

    method, most, name = os.environ[_SETTING].split("|")
    module, _, inside = method.partition(":")
    owner, _, attribute = inside.partition(".")
    holder = getattr(importlib.import_module(module), owner)
    real = getattr(holder, attribute)
    calls = itertools.count(1)
    file = Path(name)

    @functools.wraps(real)
    def gated(*arguments: object, **options: object) -> object:
        value = real(*arguments, **options)
        if next(calls) == int(most) and file.exists():
            file.with_name(f"{file.name}-reached").touch()
            while file.exists():
                time.sleep(_SECONDS_BETWEEN_LOOKS)
        return value

    setattr(holder, attribute, gated)
    bannasar()
