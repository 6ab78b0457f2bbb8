"""The text of scans as files."""

from collections import Counter
from pathlib import Path, PurePosixPath

from models.scan import Scan
from pipeline.archive.bag import read_bag, read_case, shown_bags
from pipeline.text.plain import page_text


def export_text(archive: Path, folder: Path, box: str | None = None) -> int:
    """Write the text of every archived scan that is not withdrawn into a folder, pages parted by form feeds.

    Args:
        archive: the archive's folder.
        folder: where the texts go. With more than one box each gets a folder of its own, unless ``box`` is given.
        box: only this box.

    Returns:
        How many texts were written.

    Raises:
        OSError: a bag cannot be read, or a text not be written.
    """
    found = list(shown_bags(archive, box))
    boxes = sorted({bag.parent.name for bag in found})
    written = 0
    for name in boxes:
        target = folder / name if len(boxes) > 1 else folder
        own = [bag for bag in found if bag.parent.name == name]
        paths = _text_paths([scan for bag in own for scan in read_case(bag).scans])
        for bag in own:
            case, pages = read_bag(bag)
            for scan in case.scans:
                text = "\f".join(page_text(page)[0] for page in pages if page.scan == scan.sha256)
                file = target / paths[scan.sha256]
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text + "\n", "utf-8")
                written += 1
    return written


def _text_paths(scans: list[Scan]) -> dict[str, PurePosixPath]:
    """Return where each scan's text goes, by SHA-256.

    ``.txt`` stands for the scan's ending; behind it where two scans would meet; with eight digits of the SHA-256 where
    a scan was replaced by another of the same name.
    """
    short = Counter(scan.path.with_suffix(".txt") for scan in scans)
    same = Counter(scan.path for scan in scans)
    paths = {}
    for scan in scans:
        path = scan.path.with_suffix(".txt")
        if same[scan.path] > 1:
            path = path.with_name(f"{scan.path.name}~{scan.sha256[:8]}.txt")
        elif short[path] > 1:
            path = path.with_name(f"{scan.path.name}.txt")
        paths[scan.sha256] = path
    return paths
