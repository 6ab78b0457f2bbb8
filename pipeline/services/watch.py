"""Watches a box: scans are ingested as they come, when they have stopped growing."""

import logging
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from pipeline.access.asker import Asker
from pipeline.access.roles import Action
from pipeline.archive.archive import Archive
from pipeline.execution.progress import Watcher
from pipeline.intake.discover import Entry, discover
from pipeline.logs import described
from pipeline.services.digitise import digitise
from pipeline.services.digitising.run import Summary
from pipeline.services.gone import newly_gone
from pipeline.services.waiting_seals import complete

_LOG = logging.getLogger(__name__)
_SECONDS_BETWEEN_LOOKS = 2.0


class Settled:
    """Says which entries have stopped growing: same size and time of change for some seconds."""

    def __init__(self, seconds: float) -> None:
        """Begin with nothing seen, and the seconds without change."""
        self._seconds = seconds
        self._seen: dict[Path, tuple[int, int, float]] = {}

    def look(self, entries: tuple[Entry, ...], now: float) -> frozenset[Path]:
        """Look at what is in a box at a time; return the files that have settled.

        The time is the watcher's own, because a scanner's clock, and so a file's time of change, may be wrong.
        """
        seen = {}
        for entry in entries:
            size, changed, since = self._seen.get(entry.file, (-1, -1, now))
            same = (size, changed) == (entry.size, entry.mtime_ns)
            seen[entry.file] = (entry.size, entry.mtime_ns, since if same else now)
        self._seen = seen
        return frozenset(file for file, (_, _, since) in seen.items() if now - since >= self._seconds)


def watch_box(  # noqa: PLR0913  # who works on what, and how it is watched
    archive: Archive,
    asker: Asker,
    folder: Path,
    watch: Watcher,
    *,
    settle: float,
    once: bool,
    report: Callable[[Summary], None],
    notify: Callable[[str], None],
) -> Summary | None:
    """Ingest what has settled in a folder, again and again.

    Args:
        archive: the archive; it is made where there is none.
        asker: who does it.
        folder: the box.
        watch: called with the progress after every change.
        settle: seconds for which a file must not have changed.
        once: end when everything there has settled and is ingested.
        report: called with what each run did.
        notify: called with a sentence when the folder goes away, as network shares do, and when it is there again.

    Returns:
        What the last run did, None where there was nothing.

    Raises:
        NotAllowedError: the asker may not.
        OSError: the folder cannot be read, and ``once`` was asked for.
    """
    asker.must_be_allowed(Action.DIGITISE)
    with archive.held():
        settled = Settled(settle)
        summary = None
        done: frozenset[tuple[Path, int, int]] = frozenset()
        lost = False
        while True:
            try:
                entries = discover(folder).entries
            except OSError as error:
                if once:
                    raise
                if not lost:
                    _LOG.warning("the folder cannot be read: %s", described(error))
                    notify(
                        f"Paused: {folder} cannot be read ({error.strerror}). It continues when the folder can be read."
                    )
                lost = True
                # What failed as the folder went away is tried again when it is back.
                done = frozenset()
                time.sleep(_SECONDS_BETWEEN_LOOKS)
                continue
            if lost:
                _LOG.info("the folder can be read again")
                notify(f"{folder} is there again: it continues.")
                lost = False
            complete(archive)
            ready = settled.look(entries, time.monotonic())
            now = frozenset((entry.file, entry.size, entry.mtime_ns) for entry in entries if entry.file in ready)
            done &= now
            if now - done or _something_left(archive, folder, entries):
                _LOG.info("files in the folder: %d, of which have settled: %d", len(entries), len(ready))
                try:
                    summary = digitise(archive, asker, [folder], watch, partial(_is_among, now))
                except OSError as error:
                    # It went away as the run began; the next look says so.
                    if once or not Path(error.filename or "/").is_relative_to(folder.resolve()):
                        raise
                    _LOG.warning("the folder went away: %s", described(error))
                    continue
                report(summary)
                done = now
            elif once and len(ready) == len(entries):
                return summary
            time.sleep(min(_SECONDS_BETWEEN_LOOKS, max(settle, 0.1)))


def _something_left(archive: Archive, folder: Path, entries: tuple[Entry, ...]) -> bool:
    """Whether an unsettled scan was taken out of the box."""
    known = [box.id for box in archive.ledger.boxes() if box.root == folder.resolve()]
    return any(newly_gone(archive.ledger, box, {str(entry.path) for entry in entries}) for box in known)


def _is_among(files: frozenset[tuple[Path, int, int]], entry: Entry) -> bool:
    return (entry.file, entry.size, entry.mtime_ns) in files
