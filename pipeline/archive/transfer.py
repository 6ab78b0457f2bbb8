"""Copies bags out of an archive and into another: as folders or as ZIP files, completely or not at all."""

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
from pipeline.archive.bag import bag_folder, read_bag, read_case, stored_paths
from pipeline.archive.fixity import Damage, in_words, require_intact, verify_bag
from pipeline.archive.keys import false_signatures
from pipeline.archive.places import work_folder
from pipeline.archive.placing import to_disk

_LOG = logging.getLogger(__name__)
_ENCRYPTED = 1  # a flag of an entry (APPNOTE.TXT, 4.4.4)


def copy_bag(bag: Path, to: Path) -> Path:
    """Copy a bag into a folder, or into a ZIP file if the name ends in .zip, and return where it is.

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
            # A ZIP file cannot hold a time before 1980, but some copied files have one.
            with zipfile.ZipFile(made, "x", zipfile.ZIP_DEFLATED, strict_timestamps=False) as packed:
                for file in sorted(file for file in bag.rglob("*") if file.is_file()):
                    packed.write(file, PurePosixPath(bag.name, *file.relative_to(bag).parts))
            with zipfile.ZipFile(made) as packed:
                if spoilt := packed.testzip():
                    raise TransferError(f"{spoilt} is damaged in the new ZIP file: try another disk.")
        else:
            made = aside / bag.name
            _copy(bag, made)
            _refuse_damaged(made, verify_bag(made))
        to_disk(made)
        made.rename(place)
        _LOG.info("a bag is copied out, and the copy is the same")
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return place


@contextmanager
def imported_copy(
    bag: Path, archive: Path, keys: Mapping[str, Ed25519PublicKey]
) -> Iterator[tuple[Path, Path, CaseFile]]:
    """Copy a bag of another archive next to its place in this one, verified before and after. The archive must be held.

    Args:
        bag: the folder or ZIP file of the bag.
        archive: this archive's folder.
        keys: whose signatures this archive trusts, by fingerprint. A bag that none of them signed is imported
            anyway, because its lists and files agree; one with a false signature of them is not.

    Yields:
        The copy, its place here, and its case file. What is left of the copy is removed afterwards.

    Raises:
        TransferError: it is not a bag of Bannasar, is not as it was sealed or signed, or this archive holds another of
            its name.
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
            why = f"its signature with the key {false[0][:16]}… does not match: the bag was changed after it was signed"
            raise TransferError(f"The bag {bag} is not imported: {why}. Get it from an undamaged copy.")
        case = _case_of(found, bag)
        place = bag_folder(archive, case)
        if place.exists():
            if read_case(place) == case:
                raise SameBagError(place, case)
            advice = "a different one. Take that out first, or keep both archives"
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
        # It continues after a file that it could not copy, and names all such files, without an error number.
        _, copy, why = error.args[0][0]
        code = errno.ENOSPC if os.strerror(errno.ENOSPC) in why else errno.EIO
        raise OSError(code, os.strerror(code), copy) from error


def _case_of(found: Path, bag: Path) -> CaseFile:
    """Return the record of a bag from elsewhere, after checking that everything it names is inside the bag."""
    try:
        case, _ = read_bag(found)
    except BagError as error:
        raise TransferError(f"{bag} is a bag, but not of a case file: {error.sentence}") from error
    if any(name in {"", ".", ".."} or PurePosixPath(name).parts != (name,) for name in (case.box, case.id)):
        raise TransferError(
            f"{bag} names its box {case.box!r} and its case file {case.id!r}: these are not valid names."
        )
    originals = (found / "data" / "originals").resolve()
    for path in stored_paths(case).values():
        scan = (originals / path).resolve()
        if not (scan.is_relative_to(originals) and scan.is_file()):
            raise TransferError(f"{bag} names a scan that it does not hold: {path}.")
    return case


def _refuse_damaged(bag: Path, damages: list[Damage]) -> None:
    if damages:
        raise TransferError(
            f"The bag {bag} is not as it was sealed ({in_words(damages)}). Get it from an undamaged copy."
        )


@contextmanager
def unpacked(bag: Path, folder: Path) -> Iterator[Path]:
    """Yield the folder of a bag; a ZIP file is unpacked into a folder first.

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
                raise OSError(errno.ENOSPC, "there is not enough room to unpack it", str(bag))
            if any(entry.flag_bits & _ENCRYPTED for entry in entries):
                raise NoBagError(f"{bag} is locked with a password: unpack it first.")
            if len({entry.filename for entry in entries}) < len(entries):
                raise TransferError(f"The ZIP file {bag} holds two files with the same name.")
            packed.extractall(folder)  # it puts paths that lead out of the folder inside it
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise TransferError(f"{bag} is not the folder of a bag, and not an undamaged ZIP file ({error}).") from error
    except NotImplementedError as error:
        raise NoBagError(f"{bag} is packed in an unknown way: unpack it first.") from error
    # Other programs put their own files next to the bag, or pack it without its folder.
    found = next((each for each in (folder, *sorted(folder.iterdir())) if (each / "bagit.txt").is_file()), None)
    if found is None:
        raise NoBagError(f"The ZIP file {bag} holds no bag.")
    yield found
