"""The paths in an archive's folder. No other module writes them out.

Code that has an :class:`pipeline.archive.archive.Archive` asks that; these are for workers, which get only the folder.
"""

from pathlib import Path


def bags_folder(archive: Path) -> Path:
    """Return the folder of all bags, with one folder for each box."""
    return archive / "bags"


def bag_place(archive: Path, box: str, case: str) -> Path:
    """Return where the bag of a case file is, or will be."""
    return bags_folder(archive) / box / case


def work_folder(archive: Path) -> Path:
    """Return the folder for work in progress; what a crash leaves in it is useless."""
    return archive / "tmp"


def results_folder(archive: Path) -> Path:
    """Return the folder of the page results."""
    return archive / "results"


def pictures_cache(archive: Path) -> Path:
    """Return the folder of pictures of pages that were shown; it can be deleted at any time."""
    return archive / "cache" / "pictures"


def lock_file(archive: Path) -> Path:
    """Return the file that a run holds; it is there while the run holds it."""
    return archive / "lock"


def fixity_log(archive: Path) -> Path:
    """Return the log of `bannasar verify`."""
    return archive / "fixity.jsonl"


def own_model(archive: Path) -> Path:
    """Return the file of the classifier's model that was trained with the archive's own documents."""
    return archive / "kinds.npz"
