"""The text of scans as files."""

import errno
import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from models.case import CaseFile
from models.errors import BagError
from models.scan import Scan
from pipeline.access.asker import Asker
from pipeline.access.audit import Deed
from pipeline.access.roles import Action
from pipeline.archive.archive import Archive
from pipeline.archive.bag import fitting, read_bag, read_case
from pipeline.formats.format import Unit, parts
from pipeline.formats.plain_text import plain_text
from pipeline.services.audit import note, notes_refusals
from pipeline.services.sight import known_box, sees

# Errors of one file; after any other error no text can be written.
_OF_A_PLACE = {
    errno.EISDIR,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.ENOTEMPTY,
    errno.EACCES,
    errno.EPERM,
    errno.EINVAL,
    errno.ENAMETOOLONG,
    errno.ELOOP,
}
_LONGEST = 3


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export of text did.

    ``written`` counts the files that were written; ``failed`` are those that could not be, each with the reason;
    ``damaged`` the bags that could not be read, which are named to operators only; ``others`` counts other texts in the
    folder.
    """

    written: int
    failed: tuple[tuple[Path, str], ...]
    damaged: tuple[Path, ...]
    others: int


@notes_refusals
def export_text(archive: Archive, asker: Asker, folder: Path, box: str | None = None) -> Exported:
    """Write the text of every archived scan that is not withdrawn into a folder, with form feeds between pages.

    A file that is there is overwritten: the same export again gives the same. Each is written completely or not at all.

    Args:
        archive: the archive.
        asker: who asks for them. Scans with a page that the asker may not see are left out.
        folder: the folder for the texts. With more than one box each gets its own folder, unless ``box`` is given.
        box: only this box, by its id or its folder.

    Raises:
        NotFoundError: the archive holds no such box.
        NotAllowedError: the asker may not take copies.
        AuditUnusableError: the copies cannot be recorded.
        OSError: no text can be written, for example because the disk is full.
    """
    asker.must_be_allowed(Action.EXPORT)
    note(archive, asker, Deed.EXPORTED, f"text/{box or ''}".rstrip("/"), asker.scope.level)
    found: list[tuple[Path, Scan]] = []
    damaged: list[Path] = []
    for bag in archive.shown_bags(known_box(archive, asker, box).id if box else None):
        try:
            found += [(bag, scan) for scan in _scans_in_sight(archive, asker, read_case(bag))]
        except BagError:
            if asker.scope.is_everything:  # nobody knows its level
                damaged.append(bag)
    paths = _text_paths(found, boxes=len({bag.parent.name for bag, _ in found}) > 1)
    places: dict[Path, list[Path]] = {}
    for (bag, _), path in zip(found, paths, strict=True):
        places.setdefault(bag, []).append(folder / path)
    written: set[Path] = set()
    failed: list[tuple[Path, str]] = []
    for bag, own in places.items():
        try:
            case, pages = read_bag(bag)
        except BagError:
            damaged.append(bag)
            continue
        chosen = {scan.sha256 for scan in _scans_in_sight(archive, asker, case)}
        texts = zip(case.scans, parts(case, pages, Unit.SCAN), strict=True)
        for part, file in zip((part for scan, part in texts if scan.sha256 in chosen), own, strict=True):
            try:
                _write(file, plain_text(part))
                written.add(file)
            except OSError as error:
                if error.errno not in _OF_A_PLACE:
                    raise
                failed.append((file, str(error.strerror)))
    others = sum(file not in written for file in folder.rglob("*.txt") if file.is_file())
    return Exported(len(written), tuple(failed), tuple(damaged), others)


def _scans_in_sight(archive: Archive, asker: Asker, case: CaseFile) -> list[Scan]:
    is_seen = sees(archive, asker, case)
    out_of_sight = {page.scan for document in case.documents for page in document.pages if not is_seen(page)}
    return [scan for scan in case.scans if scan.sha256 not in out_of_sight]


def _write(file: Path, content: bytes) -> None:
    """Write a file completely; a link in its place is replaced, and the target of the link does not change."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".bannasar-{os.getpid()}")
    try:
        aside.write_bytes(content)
        aside.replace(file)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def _text_paths(scans: Sequence[tuple[Path, Scan]], *, boxes: bool) -> list[PurePosixPath]:
    """Return the file for the text of each scan.

    ``.txt`` replaces the scan's ending. If two names would collide, it follows the ending; if they still would,
    eight digits of the scan's SHA-256 are added. Names collide where they are the same, or differ only in capital
    letters or the form of Unicode, which some disks do not distinguish, or where one is a folder that another needs.

    Args:
        scans: the scans, each with its bag.
        boxes: whether each box has its own folder.
    """
    lengths = [0] * len(scans)
    while True:
        paths = [_text_path(bag, scan, length, boxes=boxes) for (bag, scan), length in zip(scans, lengths, strict=True)]
        folders = {_key(folder) for folder in {folder for path in paths for folder in path.parents}}
        colliding: dict[str, list[int]] = {}
        for number, path in enumerate(paths):
            colliding.setdefault(_key(path), []).append(number)
        # The longer names were made longer before; now the shorter ones are.
        shortest = {key: min(lengths[number] for number in numbers) for key, numbers in colliding.items()}
        too_short = [
            number
            for key, numbers in colliding.items()
            if len(numbers) > 1 or key in folders
            for number in numbers
            if lengths[number] == shortest[key] < _LONGEST
        ]
        if not too_short:
            return paths
        for number in too_short:
            lengths[number] += 1


def _text_path(bag: Path, scan: Scan, length: int, *, boxes: bool) -> PurePosixPath:
    """Return the file for a text, with a name of one of four lengths, 0 to ``_LONGEST``."""
    *folders, name = map(_inside, scan.path.parts)
    marks = ("", "", f"~{scan.sha256[:8]}", f"~{scan.sha256}~{bag.name}")
    short = PurePosixPath(name).stem if length == 0 else name
    box = bag.parent.name if boxes else ""
    return PurePosixPath(box, *folders, fitting(f"{short}.txt", marks[length]))


def _inside(part: str) -> str:
    """Return a part of a path that can only lead down: a case file from elsewhere may hold any path."""
    return "_" if part in {"/", ".", ".."} else part


def _key(path: PurePosixPath) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", str(path)).casefold())
