"""Which store an archive's searches go to."""

import logging
import shutil
from pathlib import Path

from models.errors import IndexUnreadableError
from models.settings import IndexEngine, IndexSettings
from pipeline.index.sqlite import SqliteStore
from pipeline.index.store import Store

_LOG = logging.getLogger(__name__)
_FILE, _FOLDER = "index.db", "index.tantivy"


def open_index(archive: Path, settings: IndexSettings) -> Store:
    """Open the index of an archive: the cluster that is set, or else the one in its folder.

    Raises:
        IndexUnusableError: it cannot be used. That a cluster is down is noticed only at the first request.
    """
    # Only one of them is loaded: the client takes a third of a second.
    if settings.url:
        from pipeline.index.elastic import ElasticStore  # noqa: PLC0415

        return ElasticStore(settings)
    if settings.engine is IndexEngine.TANTIVY:
        from pipeline.index.tantivy_store import TantivyStore  # noqa: PLC0415

        return TantivyStore(archive / _FOLDER, settings.seconds)
    return SqliteStore(archive / _FILE, settings.seconds)


def open_to_rebuild(archive: Path, settings: IndexSettings) -> Store:
    """Open the index of an archive to rebuild it.

    One that has another version, or any damage, is removed first: a damaged page would stay in a file of SQLite,
    and new content would fail on it again. So is an index of the other engine: nothing is hidden in it any more.

    Raises:
        IndexUnusableError: it cannot be used.
    """
    if not settings.url:
        if settings.engine is IndexEngine.TANTIVY:
            from pipeline.index.tantivy_store import TantivyStore  # noqa: PLC0415

            _remove_file(archive)
            TantivyStore(archive / _FOLDER).drop_damaged()
        else:
            shutil.rmtree(archive / _FOLDER, ignore_errors=True)
            try:
                with SqliteStore(archive / _FILE) as store:
                    store.check_integrity()
            except IndexUnreadableError:
                _LOG.warning("the index is damaged, or of another version: its file is removed")
                _remove_file(archive)
    return open_index(archive, settings)


def place_of(archive: Path, settings: IndexSettings) -> str:
    """Return where the index of an archive is: the address of the cluster that is set, or its place in the archive."""
    return settings.url or str(archive / _name(settings))


def is_made(archive: Path, settings: IndexSettings) -> bool:
    """Whether there is an index to search: a cluster is set, or it is in the archive."""
    return bool(settings.url) or (archive / _name(settings)).exists()


def _name(settings: IndexSettings) -> str:
    return _FOLDER if settings.engine is IndexEngine.TANTIVY else _FILE


def _remove_file(archive: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        (archive / f"{_FILE}{ending}").unlink(missing_ok=True)
