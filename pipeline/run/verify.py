"""The bags of an archive verified one after the other, with a log of it that the next call goes on from.

``fixity.jsonl`` in the archive has a line an event, appended and never changed: a pass begun (with the share of bags it
looks at), a bag looked at, a pass ended.
"""

import fcntl
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from pipeline.archive.bag import bag_folders
from pipeline.archive.fixity import Damage, Pace, verify_bag
from pipeline.run.lock import ArchiveBusyError

_LOG = "fixity.jsonl"


@dataclass(frozen=True, slots=True)
class Checked:
    """A bag (its path in the archive), what is wrong with it, and how many of how many are done with it.

    ``before`` says that an earlier call of the same pass looked at it.
    """

    bag: str
    damages: tuple[Damage, ...]
    done: int
    all: int
    before: bool = False


def verify(archive: Path, *, share: float = 1.0, pace: Pace | None = None, again: bool = False) -> Iterator[Checked]:
    """Yield every bag of a pass; one that was stopped is gone on with, unless it is to begin again.

    Bags that were damaged when they were looked at before are looked at again.

    Args:
        archive: the archive's folder; nobody need hold it.
        share: of all bags, those that are looked at; each pass takes others.
        pace: how fast it may read.
        again: begin a new pass.

    Raises:
        ArchiveBusyError: another process verifies this archive.
        OSError: the log cannot be read or written.
    """
    with _log(archive) as log:
        begun, looked_at = _last_pass(log)
        if begun is None or again or begun["share"] != share:
            begun, looked_at = {"event": "begun", "at": _now(), "share": share}, {}
            _note(log, begun)
        chosen = [bag for bag in bag_folders(archive) if _is_chosen(bag.relative_to(archive), begun["at"], share)]
        for done, bag in enumerate(chosen, 1):
            name = str(bag.relative_to(archive))
            if looked_at.get(name) != ():  # what was damaged may have been put back
                damages = tuple(verify_bag(bag, pace))
                if not bag.is_dir():
                    continue  # a run has just put another in its place, or is about to
                _note(log, {"event": "bag", "at": _now(), "bag": name, "damages": list(map(asdict, damages))})
                yield Checked(name, damages, done, len(chosen))
            else:
                yield Checked(name, (), done, len(chosen), before=True)
        _note(log, {"event": "ended", "at": _now(), "bags": len(chosen)})


@contextmanager
def _log(archive: Path) -> Iterator[TextIO]:
    file = archive / _LOG
    with file.open("a+", encoding="utf-8") as log:
        try:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ArchiveBusyError(f"{archive} is being verified by another process.") from error
        if (kept := file.read_bytes()) and not kept.endswith(b"\n"):
            log.write("\n")  # after half a line that a power cut left
            log.flush()
        yield log


def _last_pass(log: TextIO) -> tuple[dict[str, Any] | None, dict[str, tuple[Damage, ...]]]:
    """Return how the last pass was begun, None if it has ended, and what it found so far."""
    log.seek(0)
    begun: dict[str, Any] | None = None
    found: dict[str, tuple[Damage, ...]] = {}
    for line in log:
        try:
            event = json.loads(line)
        except ValueError:
            continue  # a power cut may leave half a line; its bag is looked at again
        if event["event"] == "begun":
            begun, found = event, {}
        elif event["event"] == "bag":
            found[event["bag"]] = tuple(Damage(**damage) for damage in event["damages"])
        else:
            begun = None
    return begun, found


def _is_chosen(bag: Path, begun: str, share: float) -> bool:
    """Whether a bag is in the sample of a pass: by chance, but the same when the pass is gone on with."""
    chance = int.from_bytes(hashlib.sha256(f"{begun}{bag}".encode()).digest()[:8]) / 2**64
    return chance < share


def _note(log: TextIO, event: dict[str, Any]) -> None:
    log.write(json.dumps(event, ensure_ascii=False) + "\n")
    log.flush()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
