"""What a run would do, without doing it."""

from dataclasses import dataclass
from pathlib import Path

from models.errors import ScanError
from models.scan import ScanState
from pipeline.access.asker import Asker
from pipeline.access.roles import Action
from pipeline.archive.archive import Archive
from pipeline.intake.discover import discover
from pipeline.intake.inspect import inspect


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run would do with one box.

    ``pages`` are those of new and unfinished scans; ``refusals`` are paths with the reason; ``seconds`` is the time it
    would take at the rate so far, None before the first run.
    """

    root: Path
    scans: int
    done: int
    to_do: int
    pages: int
    ignored: int
    refusals: tuple[tuple[str, str], ...]
    seconds: float | None


def forecast(archive: Archive, asker: Asker, root: Path, workers: int) -> Forecast:
    """Look through a box; nothing is written. Only a run finds duplicates, because it hashes all scans.

    Args:
        archive: the archive, which may not be there yet.
        asker: who asks.
        root: the box's folder.
        workers: how many there will be.

    Raises:
        NotAllowedError: the asker may not digitise.
        OSError: the box cannot be read.
    """
    asker.must_be_allowed(Action.DIGITISE)
    settings = archive.settings
    ledger = archive.ledger if archive.is_made else None
    found = discover(root)
    box = next((box.id for box in ledger.boxes() if box.root == root.resolve()), None) if ledger else None
    done = to_do = pages = 0
    refusals = []
    for entry in found.entries:
        known = ledger.known(box, str(entry.path), entry.size, entry.mtime_ns) if ledger and box else None
        if known and known.state in {ScanState.ARCHIVED, ScanState.DUPLICATE}:
            done += 1
        elif entry.refusal or (known and known.state is ScanState.REFUSED):
            refusals.append((str(entry.path), entry.refusal.reason if entry.refusal else str(known and known.reason)))
        else:
            try:
                pages += inspect(entry.file, settings.limits, settings.page.dpi)[1]
                to_do += 1
            except ScanError as error:
                refusals.append((str(entry.path), error.failure.reason))
    rate = ledger.seconds_a_page() if ledger else None
    seconds = pages * rate / workers if rate is not None else None
    return Forecast(root, len(found.entries), done, to_do, pages, found.ignored, tuple(refusals), seconds)
