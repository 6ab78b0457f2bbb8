"""Bags into the index; while that cannot be used they wait in the ledger, and the run goes on."""

import time
from pathlib import Path

from models.case import CaseFile
from models.page import Page
from models.settings import RunSettings
from pipeline.archive.bag import UNREADABLE, read_bag
from pipeline.archive.withdrawal import is_withdrawn
from pipeline.index.store import IndexUnusableError, Store
from pipeline.run.ledger import Ledger
from pipeline.run.progress import Progress

_LONGER = 4
_LONGEST_SECONDS = 300.0


def show_or_hide(store: Store, bag: Path) -> None:
    """Put the pages of a bag into the index, or take them out if it is withdrawn.

    Raises:
        IndexUnusableError: the index cannot be used.
    """
    _put(store, bag, _shown(bag))


def _shown(bag: Path) -> tuple[CaseFile, list[Page]] | None:
    """Return what searches are to find of a bag, None where that is nothing."""
    return None if is_withdrawn(bag) else read_bag(bag)


def _put(store: Store, bag: Path, shown: tuple[CaseFile, list[Page]] | None) -> None:
    if shown is None:
        store.remove(bag.name)
    else:
        store.put(*shown)


class Indexer:
    """Puts bags into the index, and leaves it alone for a growing while after it could not be used."""

    def __init__(self, store: Store, ledger: Ledger, settings: RunSettings, progress: Progress) -> None:
        """Say which index, and who notes what is in it."""
        self._store = store
        self._ledger = ledger
        self._settings = settings
        self._progress = progress
        self._failures = 0
        self._due = 0.0
        self._has_put = False
        self._unreadable: set[Path] = set()

    def put(self, bag: Path) -> None:
        """Put the pages of a bag in, or let it wait: until the index can be used, or the bag be read."""
        if time.monotonic() < self._due:
            return
        try:
            shown = _shown(bag)
        except UNREADABLE:
            self._unreadable.add(bag)
            self._progress.notes.append(
                f"The bag of {bag.name} cannot be read: it waits for the index. `bannasar verify` says what is wrong "
                "with it; put it back from a copy."
            )
            return
        try:
            _put(self._store, bag, shown)
        except IndexUnusableError as error:
            wait = self._settings.retry_seconds * _LONGER**self._failures
            self._due = time.monotonic() + min(wait, _LONGEST_SECONDS)
            self._failures += 1
            self._progress.index_error = str(error)
        else:
            self._failures = 0
            self._has_put = True
            self._ledger.case_indexed(bag.name)

    def put_all_waiting(self, archive: Path) -> None:
        """Put in every bag that waits; where the index cannot be used, wait and try again a few times, as it is set."""
        for _ in range(self._settings.retries + 1):
            if (early := self._due - time.monotonic()) > 0:
                time.sleep(early)
            for bag in self._waiting(archive):
                self.put(bag)
            if not self._waiting(archive):
                self._progress.index_error = ""
                self._merge()
                return

    def _waiting(self, archive: Path) -> list[Path]:
        """Return the bags that wait, but for those that cannot be read."""
        waiting = [archive / bag for bag in self._ledger.to_be_indexed()]
        return [bag for bag in waiting if bag not in self._unreadable]

    def _merge(self) -> None:
        """Make searches fast again after what was put in."""
        if self._has_put:
            try:
                self._store.merge()
            except IndexUnusableError as error:
                self._progress.index_error = str(error)
