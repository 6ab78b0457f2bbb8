"""Bags out of an archive and into another: as folders or as ZIP files, whole or not at all."""

import errno
import logging
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from models.case import CaseFile
from models.errors import BagError, NoBagError, SameBagError, TransferError
from pipeline.archive.bag import bag_folder, read_bag, read_case, stored_paths, to_disk
from pipeline.archive.fixity import Damage, in_words, require_intact, verify_bag
from pipeline.archive.keys import false_signatures
from pipeline.archive.places import work_folder

_LOG = logging.getLogger(__name__)
_ENCRYPTED = 1  # a flag of an entry (APPNOTE.TXT, 4.4.4)


def copy_bag(bag: Path, to: Path) -> Path:
    """Copy a bag into a folder, or into a ZIP file where the name ends so, and return where it is.

    Raises:
        TransferError: there is something already.
        BagError: the bag is not as it was sealed.
        OSError: it cannot be written.
    """
    place = to if to.suffix.lower() == ".zip" else to / bag.name
    if place.exists():
        raise TransferError(f"{place} is there already. Name another place, or move it away.")
    place.parent.mkdir(parents=True, exist_ok=True)
    require_intact(bag)
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
            _refuse_damaged(made, verify_bag(made))
        to_disk(made)
        made.rename(place)
        _LOG.info("a bag is copied out, and is the same there")
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return place


@contextmanager
def imported_copy(
    bag: Path, archive: Path, keys: Mapping[str, Ed25519PublicKey]
) -> Iterator[tuple[Path, Path, CaseFile]]:
    """Copy a bag of another archive beside its place in this one, verified before and after. The archive must be held.

    Args:
        bag: the folder or ZIP file of the bag.
        archive: this archive's folder.
        keys: whose signatures this archive trusts, by fingerprint. A bag that none of them signed comes in all the
            same, for it agrees with itself; one that bears a false signature of them does not.

    Yields:
        The copy, its place here, and its case file. What is left of the copy is removed afterwards.

    Raises:
        TransferError: it is no bag of Bannasar, is not as it was sealed or signed, or this archive holds another of its
            name.
        SameBagError: this archive holds that very case file.
        OSError: it cannot be read or written.
    """
    work = work_folder(archive)
    work.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="import-", dir=work) as folder,
        unpacked(bag, Path(folder, "unpacked")) as found,
    ):
        _refuse_damaged(found, verify_bag(found))
        if false := false_signatures(found, keys):
            why = f"it bears a signature of the key {false[0][:16]}… that is not of it: it was changed since"
            raise TransferError(f"The bag {bag} is not imported: {why}. Get it from a sound copy.")
        case = _case_of(found, bag)
        place = bag_folder(archive, case)
        if place.exists():
            if read_case(place) == case:
                raise SameBagError(place, case)
            advice = "another; take that out first, or keep both archives"
            raise TransferError(f"The archive holds {case.box}/{case.id} already: {advice}.")
        aside = Path(folder, "aside")
        _copy(found, aside)
        _refuse_damaged(aside, verify_bag(aside))
        to_disk(aside)
        yield aside, place, case


def _copy(folder: Path, to: Path) -> None:
    try:
        shutil.copytree(folder, to)
    except shutil.Error as error:
        # It goes on after a file that it could not copy, and names all of them, without an error number.
        _, copy, why = error.args[0][0]
        code = errno.ENOSPC if os.strerror(errno.ENOSPC) in why else errno.EIO
        raise OSError(code, os.strerror(code), copy) from error


def _case_of(found: Path, bag: Path) -> CaseFile:
    """Return the record of a bag that came from elsewhere, after a look that all it names is inside."""
    try:
        case, _ = read_bag(found)
    except BagError as error:
        raise TransferError(f"{bag} is a bag, but not of a case file: {error.sentence}") from error
    if any(name in {"", ".", ".."} or PurePosixPath(name).parts != (name,) for name in (case.box, case.id)):
        raise TransferError(f"{bag} names its box {case.box!r} and its case file {case.id!r}: that is no place.")
    originals = (found / "data" / "originals").resolve()
    for path in stored_paths(case).values():
        scan = (originals / path).resolve()
        if not (scan.is_relative_to(originals) and scan.is_file()):
            raise TransferError(f"{bag} names a scan that it does not hold: {path}.")
    return case


def _refuse_damaged(bag: Path, damages: list[Damage]) -> None:
    if damages:
        raise TransferError(f"The bag {bag} is not as it was sealed ({in_words(damages)}). Get it from a sound copy.")


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
