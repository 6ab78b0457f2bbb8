"""Reads a file that anybody may give: in a sandbox, which limits its time and its memory."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.execution.perform import unpickled
from pipeline.execution.sandbox import Sandboxes

if TYPE_CHECKING:
    from pipeline.archive.signed_pdf import Signature

_SECONDS = 60
_MEGABYTES = 2000
_TIMES_ITS_SIZE = 4  # of a PDF, in memory


def codes_in(file: Path) -> list[str]:
    """Return the texts of the QR codes in a file; none if it is not a picture or a PDF, or takes too much."""
    return list(_read(_codes, file) or ())


def signature_in(file: Path, known: frozenset[str]) -> "Signature | None":
    """Return the state of a PDF's signature; None if it takes too much to look at it.

    A PDF of a thousand bytes can keep its reader busy for years: with fields in fields, each named ten times.

    Args:
        file: the PDF.
        known: the fingerprints of the keys whose signatures count.
    """
    found: Signature | None = _read(_signature, file, known)
    return found


def _read(function: Callable[..., Any], file: Path, *more: object) -> Any:  # noqa: ANN401  # what the function returns
    """Return what a function reads from a file; None if it fails."""
    sandboxes = Sandboxes(max(_MEGABYTES, _TIMES_ITS_SIZE * (file.stat().st_size >> 20)))
    try:
        done = unpickled(sandboxes.call(pickle.dumps((function, (file, *more))), _SECONDS))
    finally:
        sandboxes.close()
    return None if done.failure else done.value


# What they import takes much memory, and only the sandbox needs it.


def _codes(file: Path) -> list[str]:
    from pipeline.page.codes import read_codes  # noqa: PLC0415

    return read_codes(file, _SECONDS)


def _signature(file: Path, known: frozenset[str]) -> "Signature":
    from pipeline.archive.signed_pdf import signature_of  # noqa: PLC0415

    return signature_of(file.read_bytes(), known)
