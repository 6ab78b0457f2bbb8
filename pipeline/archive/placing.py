"""Moves a new bag into its place, so that a crash leaves the older one or the new one, never half of one.

A bag is built in another folder and moved by renaming. An older bag is moved away first, and kept until the new one
is in place; :func:`recover` puts it back if the machine stopped in between.
"""

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from pipeline.archive.places import bags_folder, work_folder
from pipeline.archive.withdrawal import carry_over


@dataclass(frozen=True, slots=True)
class NewBag:
    """A complete, sealed bag in the folder ``aside`` on the archive's disk, and the ``place`` it is for."""

    aside: Path
    place: Path


def recover(archive: Path) -> None:
    """Repair what a stop in the middle of :func:`pipeline.archive.building.build_bag` left; the archive must be held.

    An unfinished bag is renamed at once, before it is removed. If a process still works on it, perhaps on another
    machine, the bag is gone for it, and it cannot move half of it into place.
    """
    work = work_folder(archive)
    if work.exists():
        work.rename(archive / f"tmp-{time.time_ns()}")
    for left in sorted(archive.glob("tmp-*")):
        for older in (left / "replaced").glob("*/*"):
            place = bags_folder(archive) / older.relative_to(left / "replaced")
            if not place.exists():
                older.rename(place)
        shutil.rmtree(left, ignore_errors=True)


def move_into_place(aside: Path, place: Path, archive: Path) -> None:
    """Move a bag that is on the disk to its place, by renaming; only then is the older one removed."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        older = work_folder(archive) / "replaced" / place.parent.name / place.name
        older.parent.mkdir(parents=True, exist_ok=True)
        carry_over(place, aside)
        place.rename(older)
        aside.rename(place)
        sync(place.parent)
        shutil.rmtree(older)
    else:
        aside.rename(place)
        sync(place.parent)


def to_disk(path: Path) -> None:
    """Flush a file, or a folder and all in it, to the disk: if renamed before, it may be empty after a crash."""
    for each in (*path.rglob("*"), path):
        sync(each)


def sync(path: Path) -> None:
    """Flush one file, or the names in one folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
