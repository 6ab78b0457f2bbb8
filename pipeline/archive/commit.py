"""The only way to change a case file: first the bag, then the journal, then the ledger, then the index.

Any step may be the last one before a crash. So the line for the journal is written to ``pending.json`` before the bag
changes, signed if the archive has a key. The next process that holds the archive calls :meth:`Commits.finish`: if the
bag has changed as that line says, the later steps are done; if not, nothing has happened.
"""

import logging
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from models.actor import Actor
from models.errors import IndexUnusableError, JournalBrokenError
from pipeline.access.chain import after
from pipeline.archive import journal, withdrawal
from pipeline.archive.adoption import adopt
from pipeline.archive.bag import read_bag
from pipeline.archive.custody import CustodyRecorder
from pipeline.archive.journal import Entry, Event, Line, manifest_of
from pipeline.archive.ledger import Ledger
from pipeline.archive.places import pictures_cache
from pipeline.archive.placing import NewBag, move_into_place, sync, to_disk
from pipeline.archive.present import put_into_index
from pipeline.index.entry import Analysed
from pipeline.index.store import Store
from pipeline.logs import described

_LOG = logging.getLogger(__name__)
_PENDING = "pending.json"


@dataclass(frozen=True, slots=True)
class Committed:
    """The result of a change: its line in the journal, and why the index does not have it yet ("" if it has)."""

    line: Line
    index_error: str = ""


class Indexing(Protocol):
    """Updates the index after a change of a bag; returns why it could not, "" if it could."""

    def __call__(self, bag: Path) -> str:
        """Add the bag's pages, or remove them if it is withdrawn."""


class Commits:
    """Changes the case files of one archive. The archive must be held."""

    def __init__(self, archive: Path, ledger: Ledger, recorder: CustodyRecorder, store: Callable[[], Store]) -> None:
        """Make it for an archive.

        Args:
            archive: its folder.
            ledger: its ledger.
            recorder: writes its journal.
            store: opens its index; only called if a change has no ``index`` of its own.
        """
        self._archive = archive
        self._ledger = ledger
        self._recorder = recorder
        self._store = store

    def place(
        self,
        event: Event,
        bag: NewBag,
        actor: Actor,
        *,
        reason: str = "",
        enter: Callable[[str], None] | None = None,
        index: Indexing | None = None,
    ) -> Committed:
        """Move a newly built bag into its place, instead of the older one if there is one.

        Args:
            event: what makes the bag new here.
            bag: the new bag.
            actor: who does it.
            reason: why, for the journal.
            enter: enters the bag (its path in the archive) into the ledger; without it the bag is read and entered.
            index: updates the index.

        Raises:
            JournalBrokenError: nothing can be written after the journal's last line; then nothing has changed.
            OSError: something cannot be read or written.
        """
        self._recorder.sign(bag.aside, event)
        if (signatures := bag.aside / "signatures").is_dir():
            to_disk(signatures)
        line = self._begin(Entry(event, self._path(bag.place), manifest_of(bag.aside), reason), actor)
        move_into_place(bag.aside, bag.place, self._archive)
        _LOG.debug("the bag of journal line %d is in its place", line.number)
        return self._end(line, enter, index)

    def mark(self, event: Event, bag: Path, actor: Actor, reason: str) -> Committed:
        """Withdraw a case file from searches, or reinstate it; nothing else of its bag changes."""
        line = self._begin(Entry(event, self._path(bag), manifest_of(bag), reason), actor)
        _mark(bag, line)
        return self._end(line, None, None)

    def adopt(
        self,
        bag: Path,
        actor: Actor,
        reason: str,
        *,
        enter: Callable[[str], None] | None = None,
        index: Indexing | None = None,
    ) -> Committed:
        """Record a bag that is in its place but not in the journal yet; otherwise as :meth:`place`."""
        line = self._begin(Entry(Event.IMPORTED, self._path(bag), manifest_of(bag), reason), actor)
        return self._end(line, enter, index)

    def finish(self) -> None:
        """Finish what a crash left half done; do nothing if nothing was begun.

        Raises:
            OSError: something cannot be read or written.
        """
        line = self._pending()
        if line is not None and self._has_happened(line):
            _LOG.warning("a change that a stop left half done is finished: journal line %d", line.number)
            self._write_down(line)
            self._enter(line, None)
            self._forget_pictures(line)
        elif line is not None:
            _LOG.warning("a change that a stop left undone is dropped: it would be journal line %d", line.number)
        (self._archive / _PENDING).unlink(missing_ok=True)

    def _path(self, bag: Path) -> str:
        return bag.relative_to(self._archive).as_posix()

    def _begin(self, entry: Entry, actor: Actor) -> Line:
        line = journal.prepare(self._archive, entry, actor, self._recorder.signer)
        file = self._archive / _PENDING
        part = file.with_suffix(".part")
        with part.open("wb") as stream:
            stream.write(line.written().encode())
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)
        sync(self._archive)
        return line

    def _end(self, line: Line, enter: Callable[[str], None] | None, index: Indexing | None) -> Committed:
        self._write_down(line)
        self._enter(line, enter)
        self._forget_pictures(line)
        (self._archive / _PENDING).unlink()
        return Committed(line, self._index(self._archive / line.bag, index))

    def _write_down(self, line: Line) -> None:
        journal.write(self._archive, line)

    def _enter(self, line: Line, enter: Callable[[str], None] | None) -> None:
        if enter is not None:
            enter(line.bag)
        elif line.event in {Event.ARCHIVED, Event.IMPORTED}:
            adopt(self._ledger, *read_bag(self._archive / line.bag), line.bag)
        else:
            self._ledger.case_not_indexed(line.case)

    def _forget_pictures(self, line: Line) -> None:
        """Delete the pictures that were kept of a case file: what of it was shown may be sealed now."""
        kept = pictures_cache(self._archive) / line.case
        shutil.rmtree(kept, ignore_errors=True)  # a picture may come or go at that moment
        if kept.exists():
            shutil.rmtree(kept)

    def _index(self, bag: Path, index: Indexing | None) -> str:
        if index is not None:
            return index(bag)
        try:
            show_or_hide(self._store(), bag)
        except IndexUnusableError as error:
            _LOG.warning("the case file waits for the index: %s", described(error))
            return str(error)
        self._ledger.case_indexed(bag.name)
        return ""

    def _pending(self) -> Line | None:
        """Return the line of a change that was begun; None if there is none that this archive's key signed."""
        try:
            line = journal.read_line((self._archive / _PENDING).read_bytes())
        except (FileNotFoundError, JournalBrokenError):
            return None
        signer = self._recorder.signer
        # A person who can write the archive but has no key must not get a line signed by leaving it here.
        return line if signer is None or line.is_signed_by({signer.fingerprint: signer.key.public_key()}) else None

    def _has_happened(self, line: Line) -> bool:
        """Whether the change of the bag is done; if the change is only a mark, the mark is set again."""
        last = journal.last_line(self._archive)
        if last != line and (line.number, line.previous) != after(last):
            return False
        bag = self._archive / line.bag
        if line.event in {Event.WITHDRAWN, Event.REINSTATED}:
            _mark(bag, line)
            return True
        return bag.is_dir() and manifest_of(bag) == line.manifest


def changing(archive: Path) -> tuple[str, ...]:
    """Return the ids of case files that are being changed, or were when a process died; bag and index may differ."""
    try:
        return (journal.read_line((archive / _PENDING).read_bytes()).case,)
    except (FileNotFoundError, JournalBrokenError):
        return ()


def show_or_hide(store: Store, bag: Path, found: Analysed | None = None) -> None:
    """Add the pages of a bag to the index, or remove them if it is withdrawn.

    Args:
        store: the index.
        bag: the bag.
        found: what the index takes of it, if that is known; none of its levels may have an end date.

    Raises:
        IndexUnusableError: the index cannot be used.
    """
    if withdrawal.is_withdrawn(bag):
        store.remove(bag.name)
    elif found is not None:
        store.put_analysed(found)
    else:
        put_into_index(store, bag.parents[2], *read_bag(bag))


def _mark(bag: Path, line: Line) -> None:
    if line.event is Event.REINSTATED:
        withdrawal.reinstate(bag)
    elif not withdrawal.is_withdrawn(bag):  # an imported bag may be withdrawn already, with its own reason
        withdrawal.withdraw(bag, line.at, line.reason)
