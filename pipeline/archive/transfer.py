"""Bags out of an archive and into another: as folders or as ZIP files, whole or not at all."""

import errno
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from models.case import CaseFile
from pipeline.archive.bag import UNREADABLE, bag_folder, move_into_place, read_bag, read_case, stored_paths, to_disk
from pipeline.archive.fixity import Damage, told_of, verify_bag
from pipeline.archive.keys import false_signatures

_ENCRYPTED = 1  # a flag of an entry (APPNOTE.TXT, 4.4.4)


class TransferError(Exception):
    """A bag cannot be taken out or in; the message says why and what to do."""


class SameBagError(TransferError):
    """The archive holds that very case file already: its ``place`` and its record, ``case``."""

    def __init__(self, place: Path, case: CaseFile) -> None:
        """Say which."""
        super().__init__(f"The archive holds {case.box}/{case.id} already: the same, nothing is to be done.")
        self.place, self.case = place, case


class NoBagError(TransferError):
    """Something is no bag; the message says so, and what to do."""


def export_bag(bag: Path, to: Path) -> Path:
    """Copy a bag into a folder, or into a ZIP file where the name ends so, and return where it is.

    Raises:
        TransferError: there is something already, or the bag is not as it was sealed.
        OSError: it cannot be written.
    """
    place = to if to.suffix.lower() == ".zip" else to / bag.name
    if place.exists():
        raise TransferError(f"{place} is there already. Name another place, or move it away.")
    place.parent.mkdir(parents=True, exist_ok=True)
    _be_sound(bag, verify_bag(bag))
    aside = Path(tempfile.mkdtemp(prefix=".bannasar-", dir=place.parent))
    try:
        if to.suffix.lower() == ".zip":
            made = aside / place.name
            # A ZIP file knows no time before 1980, and many a copied file has one.
            with zipfile.ZipFile(made, "x", zipfile.ZIP_DEFLATED, strict_timestamps=False) as packed:
                for file in sorted(file for file in bag.rglob("*") if file.is_file()):
                    packed.write(file, PurePosixPath(bag.name, *file.relative_to(bag).parts))
            with zipfile.ZipFile(made) as packed:
                if spoilt := packed.testzip():
                    raise TransferError(f"{spoilt} does not come out of the ZIP file as it went in: try another disk.")
        else:
            made = aside / bag.name
            _copy(bag, made)
            _be_sound(made, verify_bag(made))
        to_disk(made)
        made.rename(place)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return place


def import_bag(bag: Path, archive: Path, keys: Mapping[str, Ed25519PublicKey]) -> tuple[Path, CaseFile]:
    """Copy a bag of another archive into this one, and return its place here and its record. The archive must be held.

    Args:
        bag: the folder or ZIP file of the bag.
        archive: this archive's folder.
        keys: whose signatures this archive trusts, by fingerprint. A bag that none of them signed comes in all the
            same, for it agrees with itself; one that bears a false signature of them does not.

    Raises:
        TransferError: it is no bag of Bannasar, is not as it was sealed or signed, or this archive holds another of its
            name.
        SameBagError: this archive holds that very case file.
        OSError: it cannot be read or written.
    """
    work = archive / "tmp"
    work.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="import-", dir=work) as folder,
        unpacked(bag, Path(folder, "unpacked")) as found,
    ):
        _be_sound(found, verify_bag(found))
        if false := false_signatures(found, keys):
            told = f"it bears a signature of the key {false[0][:16]}… that is not of it: it was changed since"
            raise TransferError(f"The bag {bag} is not taken in: {told}. Get it from a sound copy.")
        case = _case_of(found, bag)
        place = bag_folder(archive, case)
        if place.exists():
            if read_case(place) == case:
                raise SameBagError(place, case)
            told = "another; take that out first, or keep both archives"
            raise TransferError(f"The archive holds {case.box}/{case.id} already: {told}.")
        aside = Path(folder, "aside")
        _copy(found, aside)
        _be_sound(aside, verify_bag(aside))
        move_into_place(aside, place, archive)
    return place, case


def _copy(folder: Path, to: Path) -> None:
    try:
        shutil.copytree(folder, to)
    except shutil.Error as error:
        # It goes on after a file that it could not copy, and tells of all of them, without a number of the system's.
        _, copy, why = error.args[0][0]
        raise OSError(errno.EIO, why, copy) from error


def _case_of(found: Path, bag: Path) -> CaseFile:
    """Return the record of a bag that came from elsewhere, after a look that all it names is inside."""
    try:
        case, _ = read_bag(found)
    except UNREADABLE as error:
        raise TransferError(f"{bag} is a bag, but not of a case file: {error}.") from error
    if any(name in {"", ".", ".."} or PurePosixPath(name).parts != (name,) for name in (case.box, case.id)):
        raise TransferError(f"{bag} names its box {case.box!r} and its case file {case.id!r}: that is no place.")
    originals = (found / "data" / "originals").resolve()
    for path in stored_paths(case).values():
        scan = (originals / path).resolve()
        if not (scan.is_relative_to(originals) and scan.is_file()):
            raise TransferError(f"{bag} names a scan that it does not hold: {path}.")
    return case


def _be_sound(bag: Path, damages: list[Damage]) -> None:
    if damages:
        raise TransferError(f"The bag {bag} is not as it was sealed ({told_of(damages)}). Get it from a sound copy.")


@contextmanager
def unpacked(bag: Path, folder: Path) -> Iterator[Path]:
    """Give the folder of a bag; a ZIP file is unpacked into a folder first.

    Raises:
        NoBagError: it holds no bag, or not one that can be read without a password.
        TransferError: it is damaged.
        OSError: there is no room, or it cannot be read.
    """
    if bag.is_dir():
        yield bag
        return
    try:
        with zipfile.ZipFile(bag) as packed:
            entries = packed.infolist()
            folder.mkdir(exist_ok=True)
            if sum(entry.file_size for entry in entries) > shutil.disk_usage(folder).free:
                raise OSError(errno.ENOSPC, "there is no room to unpack it", str(bag))
            if any(entry.flag_bits & _ENCRYPTED for entry in entries):
                raise NoBagError(f"{bag} is locked with a password: unpack it first.")
            if len({entry.filename for entry in entries}) < len(entries):
                raise TransferError(f"The ZIP file {bag} holds two files of one name.")
            packed.extractall(folder)  # what would lead out of the folder, it puts inside
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise TransferError(f"{bag} is neither the folder of a bag nor a sound ZIP file ({error}).") from error
    except NotImplementedError as error:
        raise NoBagError(f"{bag} is packed in a way that is not known here: unpack it first.") from error
    # Other programs put things of their own beside the bag, or pack it without its folder.
    found = next((each for each in (folder, *sorted(folder.iterdir())) if (each / "bagit.txt").is_file()), None)
    if found is None:
        raise NoBagError(f"The ZIP file {bag} holds no bag.")
    yield found
