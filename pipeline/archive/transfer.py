"""Bags out of an archive and into another: as folders or as ZIP files, whole or not at all."""

import errno
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from models.case import CaseFile
from pipeline.archive.bag import bag_folder, move_into_place, read_case
from pipeline.archive.fixity import Damage, verify_bag


class TransferError(Exception):
    """A bag cannot be taken out or in; the message says why and what to do."""


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
            with zipfile.ZipFile(made, "x", zipfile.ZIP_DEFLATED) as packed:
                for file in sorted(file for file in bag.rglob("*") if file.is_file()):
                    packed.write(file, PurePosixPath(bag.name, *file.relative_to(bag).parts))
        else:
            made = Path(shutil.copytree(bag, aside / bag.name))
            _be_sound(made, verify_bag(made))
        made.rename(place)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return place


def import_bag(bag: Path, archive: Path) -> tuple[Path, CaseFile]:
    """Copy a bag of another archive into this one, and return its place here and its record. The archive must be held.

    Raises:
        TransferError: it is no bag of Bannasar, is not as it was sealed, or this archive holds another of its name.
        OSError: it cannot be read or written.
    """
    work = archive / "tmp"
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="import-", dir=work) as folder, _unpacked(bag, Path(folder)) as found:
        _be_sound(found, verify_bag(found))
        try:
            case = read_case(found)
        except (OSError, ValidationError) as error:
            raise TransferError(
                f"{bag} is a bag, but not of a case file: data/case.json is missing or strange."
            ) from error
        place = bag_folder(archive, case)
        if not place.resolve().is_relative_to((archive / "bags").resolve()) or place.name != case.id:
            raise TransferError(f"{bag} names its box {case.box!r} and its case file {case.id!r}: that is no place.")
        if place.exists():
            same = read_case(place) == case
            told = "the same, nothing is to be done" if same else "another; take that out first, or keep both archives"
            raise TransferError(f"The archive holds {case.box}/{case.id} already: {told}.")
        aside = Path(folder, "aside")
        shutil.copytree(found, aside)
        _be_sound(aside, verify_bag(aside))
        move_into_place(aside, place, archive)
    return place, case


def _be_sound(bag: Path, damages: list[Damage]) -> None:
    if damages:
        first = damages[0]
        told = f"{first.kind}: {first.path} {first.detail}".strip()
        more = f", and {len(damages) - 1} more" if len(damages) > 1 else ""
        raise TransferError(f"The bag {bag} is not as it was sealed ({told}{more}). Get it from a sound copy.")


@contextmanager
def _unpacked(bag: Path, folder: Path) -> Iterator[Path]:
    """Give the folder of a bag, of a ZIP file's after it is unpacked."""
    if bag.is_dir():
        yield bag
        return
    try:
        with zipfile.ZipFile(bag) as packed:
            size = sum(entry.file_size for entry in packed.infolist())
            if size > shutil.disk_usage(folder).free:
                raise OSError(errno.ENOSPC, "there is no room to unpack it", str(bag))
            packed.extractall(folder / "unpacked")  # it leaves out what would lead out of the folder
    except zipfile.BadZipFile as error:
        raise TransferError(f"{bag} is neither the folder of a bag nor a sound ZIP file.") from error
    (inner,) = list((folder / "unpacked").iterdir())[:1] or [folder]
    yield inner
