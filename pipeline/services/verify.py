"""Verifies the bags of an archive one after the other, with a log from which the next call continues.

``fixity.jsonl`` in the archive has one line for each event, appended and never changed: a pass begun (with the share of
bags to check), a bag checked, a pass ended. If it cannot be written, every bag is checked anyway.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from models.errors import ArchiveBusyError, KeyUnusableError, NotFoundError
from models.progress import Show, silent
from pipeline.access.asker import Asker
from pipeline.access.roles import Action
from pipeline.archive.archive import Archive
from pipeline.archive.custody import custody
from pipeline.archive.fixity import Damage, Pace, verify_bag
from pipeline.archive.journal import manifest_of
from pipeline.archive.keys import Signer, read_keys
from pipeline.archive.places import fixity_log

__all__ = ["Checked", "Pace", "check_custody", "read_keys", "verify"]

_BEGUN = b'{"event": "begun"'  # so a line of the log begins that begins a pass


@dataclass(frozen=True, slots=True)
class Checked:
    """A bag (its path in the archive), what is wrong with it, and how many bags are done, of how many.

    ``before`` says that an earlier call of the same pass checked it.
    """

    bag: str
    damages: tuple[Damage, ...]
    done: int
    all: int
    before: bool = False


def verify(
    archive: Archive,
    asker: Asker,
    *,
    share: float = 1.0,
    pace: Pace | None = None,
    again: bool = False,
    report: Callable[[str], None] = lambda _sentence: None,
) -> Iterator[Checked]:
    """Yield every bag of a pass; a pass that was stopped is continued, unless a new one is asked for.

    Bags that were damaged when they were checked before are checked again.

    Args:
        archive: the archive, with or without a ledger; it is not held.
        asker: who asks.
        share: the share of all bags that is checked; each pass takes others.
        pace: how fast it may read.
        again: begin a new pass.
        report: called once if the log cannot be written: on a full disk, or a read-only one.

    Raises:
        NotAllowedError: the asker may not.
        NotFoundError: there are no bags.
        ArchiveBusyError: another process verifies this archive.
        OSError: the bags cannot be listed, or the log not be read.
    """
    asker.must_be_allowed(Action.MAINTAIN)
    folder = archive.folder
    if not next(archive.bag_folders(), None) and not archive.has_bags:
        raise NotFoundError(f"There are no bags at {folder}.", "Make some with `bannasar run BOX`.")
    with _log(folder, report) as log:
        begun, looked_at = log.last_pass()
        if begun is None or again or begun["share"] != share:
            begun, looked_at = {"event": "begun", "at": _now(), "share": share}, {}
            log.note(begun)
        chosen = [bag for bag in archive.bag_folders() if _is_chosen(bag.relative_to(folder), begun["at"], share)]
        for done, bag in enumerate(chosen, 1):
            name = archive.path_of(bag)
            if looked_at.get(name) != ():  # what was damaged may have been put back
                damages = _damages(bag, pace)
                if not bag.is_dir():
                    continue  # a run has just replaced it, or is about to
                log.note({"event": "bag", "at": _now(), "bag": name, "damages": list(map(asdict, damages))})
                yield Checked(name, damages, done, len(chosen))
            else:
                yield Checked(name, (), done, len(chosen), before=True)
        log.note({"event": "ended", "at": _now(), "bags": len(chosen)})


def check_custody(
    archive: Archive,
    asker: Asker,
    keys: Mapping[str, Ed25519PublicKey] | None = None,
    *,
    whole: bool = False,
    show: Show = silent,
) -> list[Damage]:
    """Return what speaks against the journal, its keys and its bags, checked twice because a run may be writing.

    Args:
        archive: the archive.
        asker: who asks.
        keys: whose signatures count, by fingerprint; None is those in the archive's own folder.
        whole: check every line of the journal, also those that an earlier check found whole.
        show: called after each bag of the first check with the number of those done and of all.

    Raises:
        NotAllowedError: the asker may not.
        KeyUnusableError: a key cannot be read.
        OSError: something cannot be read.
    """
    asker.must_be_allowed(Action.MAINTAIN)
    signer = _signer(archive)
    found = list(custody(archive.folder, keys, whole=whole, signer=signer, show=show))
    again = set(custody(archive.folder, keys, whole=whole, signer=signer)) if found else set()
    return [damage for damage in found if damage in again]


def _signer(archive: Archive) -> Signer | None:
    """Return the archive's key, if this account has it: others check the whole journal each time."""
    try:
        return archive.recorder.signer
    except (KeyUnusableError, OSError):
        return None


def _damages(bag: Path, pace: Pace | None) -> tuple[Damage, ...]:
    """Return what is wrong with a bag; if a run has replaced it meanwhile, with the new one."""
    while True:
        before = _manifest(bag)
        damages = tuple(verify_bag(bag, pace))
        if not damages or _manifest(bag) == before:
            return damages


def _manifest(bag: Path) -> str:
    try:
        return manifest_of(bag)
    except OSError:
        return ""


class _Log:
    """The log; after the first failed write it is not written any more, and the pass continues without it."""

    def __init__(self, file: Path, report: Callable[[str], None]) -> None:
        self._file = file
        self._report = report
        self._lost = False

    def last_pass(self) -> tuple[dict[str, Any] | None, dict[str, tuple[Damage, ...]]]:
        """Return how the last pass was begun, None if it has ended, and what it found so far.

        If nothing can be recorded, the next call would find the same, so every pass is a new one.
        """
        begun: dict[str, Any] | None = None
        found: dict[str, tuple[Damage, ...]] = {}
        for line in () if self._lost else self._lines_of_last_pass():
            try:
                event = json.loads(line)
            except ValueError:
                continue  # a power cut may leave half a line; its bag is checked again
            if event["event"] == "begun":
                begun, found = event, {}
            elif event["event"] == "bag":
                found[event["bag"]] = tuple(Damage(**damage) for damage in event["damages"])
            else:
                begun = None
        return begun, found

    def _lines_of_last_pass(self) -> Iterator[bytes]:
        """Yield the lines from where the last pass was begun: the log grows with every pass."""
        start = at = 0
        with self._file.open("rb") as stream:
            for line in stream:
                if line.startswith(_BEGUN):
                    start = at
                at += len(line)
            stream.seek(start)
            yield from stream

    def note(self, event: dict[str, Any]) -> None:
        """Record what happened."""
        self.write(json.dumps(event, ensure_ascii=False) + "\n")

    def write(self, text: str) -> None:
        """Add to the file, unless an earlier write failed."""
        if self._lost:
            return
        try:
            with self._file.open("a", encoding="utf-8") as stream:
                stream.write(text)
        except OSError as error:
            self.lose(error)

    def lose(self, error: OSError) -> None:
        """Continue without it, and say so."""
        self._lost = True
        why = f"The results cannot be kept in {self._file}: {error.strerror}."
        self._report(f"{why} The bags are checked anyway.")


@contextmanager
def _log(archive: Path, report: Callable[[str], None]) -> Iterator[_Log]:
    file = fixity_log(archive)
    log = _Log(file, report)
    try:
        held = file.open("ab+")
    except OSError as error:
        log.lose(error)
        yield log
        return
    with held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ArchiveBusyError(f"{archive} is being verified by another process.") from error
        size = held.seek(0, os.SEEK_END)
        held.seek(max(0, size - 1))
        if held.read() not in {b"", b"\n"}:
            log.write("\n")  # after half a line that a power cut left
        yield log


def _is_chosen(bag: Path, begun: str, share: float) -> bool:
    """Whether a bag is in the sample of a pass: by chance, but the same when the pass is continued."""
    chance = int.from_bytes(hashlib.sha256(f"{begun}{bag}".encode()).digest()[:8]) / 2**64
    return chance < share


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
