"""Only one run at a time on an archive."""

import errno
import fcntl
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.errors import ArchiveBusyError
from pipeline.archive.places import lock_file

_LOG = logging.getLogger(__name__)


@contextmanager
def hold(archive: Path) -> Iterator[None]:
    """Hold an archive against other runs; the system releases it when the process ends, in any way.

    Raises:
        ArchiveBusyError: another run holds it, or it cannot be written.
    """
    try:
        archive.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock_file(archive), os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        if error.errno not in {errno.EROFS, errno.EACCES, errno.EPERM}:
            raise
        raise ArchiveBusyError(
            f"The archive {archive} cannot be written: {error.strerror}. Check its permissions and the disk."
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            _LOG.warning("the archive is in use by another process")
            holder = os.read(descriptor, 200).decode("utf-8", "replace").strip() or "another run"
            raise ArchiveBusyError(
                f"The archive {archive} is in use by {holder}. Wait until it has ended, or stop it, and try again."
            ) from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
        _LOG.debug("the archive is held by process %d", os.getpid())
        yield
    finally:
        os.close(descriptor)
