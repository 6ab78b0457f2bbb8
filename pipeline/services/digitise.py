"""Digitising boxes: scans in, an archive out, even after a run that was stopped."""

from collections.abc import Callable, Sequence
from pathlib import Path

from models.errors import UsageError
from pipeline.access.asker import Asker
from pipeline.access.roles import Action
from pipeline.archive.archive import Archive
from pipeline.execution.progress import Watcher
from pipeline.intake.discover import Entry
from pipeline.services.digitising.run import Summary, read_and_archive, running
from pipeline.services.ingest import ingest


def digitise(
    archive: Archive,
    asker: Asker,
    roots: Sequence[Path],
    watch: Watcher = lambda _progress: None,
    accept: Callable[[Entry], bool] = lambda _entry: True,
) -> Summary:
    """Digitise boxes; what earlier runs have done is not done again.

    Args:
        archive: the archive; it is made where there is none.
        asker: who does it.
        roots: the boxes' folders.
        watch: called with the progress after every change.
        accept: says whether this run looks at an entry of a box.

    Raises:
        NotAllowedError: the asker may not.
        UsageError: a folder cannot be a box of this archive.
        OSError: none of the boxes can be read, or the archive cannot be written.
        TooManyFailuresError: the run stopped itself.
        KeyUnusableError: the archive's key cannot be used.
        JournalBrokenError: nothing can be written after the last line of the archive's journal.
    """
    asker.must_be_allowed(Action.DIGITISE)
    for root in roots:
        check_box(archive, root)
    with running("run", archive, asker.actor, watch) as context:
        boxes = tuple(context.ledger.enter_box(root) for root in dict.fromkeys(root.resolve() for root in roots))
        return read_and_archive(context, *ingest(boxes, context, accept))


def check_box(archive: Archive, box: Path) -> None:
    """Refuse a folder that cannot be a box of an archive.

    Raises:
        UsageError: it is not a folder, or one of the two is inside the other.
        OSError: there is no permission to look at it.
    """
    if not box.is_dir():
        what = "is not a folder" if box.exists() else "does not exist"
        raise UsageError(f"{box} {what}.", "A box is a folder of scans: `bannasar run FOLDER`.")
    place, own = box.resolve(), archive.folder.resolve()
    if place == own or own in place.parents:
        raise UsageError(f"{box} is inside the archive {archive.folder}.", "Keep boxes and archive apart.")
    if place in own.parents:
        raise UsageError(f"The archive {archive.folder} is inside the box {box}.", "Keep them apart: --archive DIR.")
