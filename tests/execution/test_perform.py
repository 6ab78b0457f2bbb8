"""Every error on a worker gets a code."""

import errno
import os

import pytest

from models.failure import Code
from pipeline.execution.perform import perform


def _raise(error):
    raise error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryError(), Code.OUT_OF_MEMORY),
        (OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)), Code.OUT_OF_MEMORY),
        (ImportError("/x/md.so: failed to map segment from shared object"), Code.OUT_OF_MEMORY),
        (RuntimeError("can't start new thread"), Code.OUT_OF_MEMORY),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), Code.DISK_FULL),
        (ImportError("No module named x"), Code.INTERNAL),
    ],
)
def test_a_lack_of_memory_is_known_by_whatever_it_stops(error, code):
    """An array, a library to load, a thread."""
    done = perform(_raise, (error,))
    assert done.failure is not None
    assert done.failure.code is code


@pytest.mark.parametrize(
    "error", [ValueError("Sok Dara, minor"), KeyError("Sok Dara"), OSError(5, "Input/output error")]
)
def test_what_stands_on_a_paper_is_in_no_error_that_nobody_foresaw(error):
    """The ledger stores its class and its place, and `bannasar show` prints them."""
    done = perform(_raise, (error,))
    assert done.failure is not None
    assert type(error).__name__ in done.failure.detail
    assert "_raise" in done.trace
    assert "Sok Dara" not in done.failure.reason + done.trace
