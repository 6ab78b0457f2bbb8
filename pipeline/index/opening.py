"""Which store an archive's searches go to."""

import logging
from pathlib import Path

from models.errors import IndexUnreadableError
from models.settings import IndexSettings
from pipeline.index.sqlite import SqliteStore
from pipeline.index.store import Store

_LOG = logging.getLogger(__name__)
_FILE = "index.db"


def open_index(archive: Path, settings: IndexSettings) -> Store:
    """Open the index of an archive: the cluster that is set, or else the file in its folder.

    Raises:
        IndexUnusableError: it cannot be used. That a cluster is down is noticed only at the first request.
    """
    if settings.url:
        # The client takes a third of a second to load, so it is loaded only when it is used.
        from pipeline.index.elastic import ElasticStore  # noqa: PLC0415

        return ElasticStore(settings)
    return SqliteStore(archive / _FILE, settings.seconds)


def open_to_rebuild(archive: Path, settings: IndexSettings) -> Store:
    """Open the index of an archive to rebuild it: a file of another version, or with any damage, is removed first.

    A damaged page would stay in the file, and new content would fail on it again.

    Raises:
        IndexUnusableError: it cannot be used.
    """
    if not settings.url:
        try:
            with SqliteStore(archive / _FILE) as store:
                store.check_integrity()
        except IndexUnreadableError:
            _LOG.warning("the index is damaged, or of another version: its file is removed")
            for ending in ("", "-wal", "-shm"):
                (archive / f"{_FILE}{ending}").unlink(missing_ok=True)
    return open_index(archive, settings)


def place_of(archive: Path, settings: IndexSettings) -> str:
    """Return where the index of an archive is: the address of the cluster that is set, or the file in its folder."""
    return settings.url or str(archive / _FILE)


def is_made(archive: Path, settings: IndexSettings) -> bool:
    """Whether there is an index to search: a cluster is set, or the file exists."""
    return bool(settings.url) or (archive / _FILE).is_file()
