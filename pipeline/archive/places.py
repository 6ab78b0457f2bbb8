"""Where things lie in an archive's folder. No other room spells a path of it.

Whoever has an :class:`pipeline.archive.archive.Archive` asks that; these are for workers, which are given its folder.
"""

from pathlib import Path


def bags_folder(archive: Path) -> Path:
    """Return the folder of all bags, a folder a box."""
    return archive / "bags"


def bag_place(archive: Path, box: str, case: str) -> Path:
    """Return where the bag of a case file lies, or will lie."""
    return bags_folder(archive) / box / case


def work_folder(archive: Path) -> Path:
    """Return the folder for work in progress; what is left in it after a crash is of no use."""
    return archive / "tmp"


def results_folder(archive: Path) -> Path:
    """Return the folder of the page results."""
    return archive / "results"


def pictures_cache(archive: Path) -> Path:
    """Return the folder of pictures of pages that were shown; it can be deleted at any time."""
    return archive / "cache" / "pictures"


def lock_file(archive: Path) -> Path:
    """Return the file that a run holds; while it does, the file is there."""
    return archive / "lock"


def fixity_log(archive: Path) -> Path:
    """Return the log of `bannasar verify`."""
    return archive / "fixity.jsonl"


def own_model(archive: Path) -> Path:
    """Return where the classifier's model lies that was taught with the archive's own documents."""
    return archive / "kinds.npz"
