"""Adds bags to the index. While it cannot be used, they wait in the ledger, and the run continues."""

import logging
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from models.errors import BagError, IndexUnusableError
from models.progress import silent
from pipeline.archive.archive import Archive
from pipeline.archive.commit import show_or_hide
from pipeline.archive.present import put_analysed, surely_now
from pipeline.archive.withdrawal import is_withdrawn
from pipeline.execution.progress import Progress
from pipeline.index.entry import Analysed
from pipeline.logs import described
from pipeline.services.analysing import analysed_bags, are_many

_LOG = logging.getLogger(__name__)
_LONGER = 4
_LONGEST_SECONDS = 300.0


class Indexer:
    """Adds bags to the index. After an error, it waits before it tries again, longer each time."""

    def __init__(self, archive: Archive, progress: Progress) -> None:
        """Make it for the index of an archive, with the progress that shows its errors."""
        self._archive = archive
        self._settings = archive.settings.run
        self._progress = progress
        self._failures = 0
        self._due = 0.0
        self._has_put = False
        self._unreadable: set[Path] = set()

    def put(self, bag: Path, found: Analysed | None = None) -> str:
        """Add the pages of a bag, or let it wait until the index can be used, or the bag can be read.

        Args:
            bag: the bag.
            found: what the index takes of it, if that is known; none of its levels may have an end date.

        Returns:
            Why the index could not be used; "" if it could, or was not tried.
        """
        return self._try(bag, partial(show_or_hide, self._archive.index, bag, found))

    def _try(self, bag: Path, put: Callable[[], None]) -> str:
        if time.monotonic() < self._due:
            return self._progress.index_error
        try:
            put()
        except BagError as error:
            _LOG.warning("a bag cannot be read, and waits for the index: %s", described(error))
            self._leave(bag)
        except IndexUnusableError as error:
            wait = min(self._settings.retry_seconds * _LONGER**self._failures, _LONGEST_SECONDS)
            _LOG.warning("the index cannot be used, and is tried again in %.0f s: %s", wait, described(error))
            self._due = time.monotonic() + wait
            self._failures += 1
            self._progress.index_error = str(error)
            return str(error)
        else:
            if self._failures:
                _LOG.info("the index can be used again")
            self._failures = 0
            self._has_put = True
            self._archive.ledger.case_indexed(bag.name)
        return ""

    def _leave(self, bag: Path) -> None:
        self._unreadable.add(bag)
        self._progress.notes.append(
            f"The bag of {bag.name} could not be read: it waits for the index. If `bannasar verify` finds it damaged, "
            "put it back from a copy. If not, give the workers more memory (limits.page_megabytes)."
        )

    def put_all_waiting(self) -> None:
        """Add every bag that waits; if the index cannot be used, wait and try again, as often as the settings say."""
        for _ in range(self._settings.retries + 1):
            if (early := self._due - time.monotonic()) > 0:
                time.sleep(early)
            self._put_all(self._waiting())
            if not self._waiting():
                self._progress.index_error = ""
                self._merge()
                return

    def _put_all(self, bags: list[Path]) -> None:
        """Add bags, until the index cannot be used; if there are many, workers analyse them."""
        shown = [bag for bag in bags if not is_withdrawn(bag)] if are_many(bags) else []
        for bag in bags if not shown else set(bags).difference(shown):
            self.put(bag)
        if not shown:
            return
        archive, unreadable = self._archive, list[Path]()
        now = surely_now(archive.folder)
        with closing(analysed_bags(archive, shown, now, silent, unreadable)) as cases:
            for found in cases:
                bag = archive.place_of(found[0].box, found[0].id)
                if self._try(bag, partial(put_analysed, archive.index, archive.folder, found, now)):
                    break
        for bag in unreadable:
            self._leave(bag)

    def _waiting(self) -> list[Path]:
        """Return the bags that wait, except those that cannot be read."""
        waiting = [self._archive.folder / bag for bag in self._archive.ledger.to_be_indexed()]
        return [bag for bag in waiting if bag not in self._unreadable]

    def _merge(self) -> None:
        """Make searches fast again after many additions."""
        if self._has_put:
            try:
                self._archive.index.merge()
            except IndexUnusableError as error:
                self._progress.index_error = str(error)
