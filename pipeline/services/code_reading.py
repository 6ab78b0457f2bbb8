"""Reads the codes of a file that anybody may give: in a sandbox, which limits its time and its memory."""

import pickle
from pathlib import Path

from pipeline.execution.perform import unpickled
from pipeline.execution.sandbox import Sandboxes

_SECONDS = 60
_MEGABYTES = 2000


def codes_in(file: Path) -> list[str]:
    """Return the texts of the QR codes in a file; none if it is not a picture or a PDF, or takes too much."""
    sandboxes = Sandboxes(_MEGABYTES)
    try:
        done = unpickled(sandboxes.call(pickle.dumps((_read, (file,))), _SECONDS))
    finally:
        sandboxes.close()
    return [] if done.failure else list(done.value)


def _read(file: Path) -> list[str]:
    # What draws pages takes much memory, and only the sandbox needs it.
    from pipeline.page.codes import read_codes  # noqa: PLC0415

    return read_codes(file, _SECONDS)
