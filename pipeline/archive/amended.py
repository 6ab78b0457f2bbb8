"""A bag with another record of its case file, and otherwise the same files.

No large file is read or copied: files that do not change get a second name (a hard link), and keep their lines in the
manifests. So it takes as long for one page as for ten thousand.
"""

import errno
import hashlib
import shutil
import stat
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from models.case import CaseFile
from pipeline.archive.bag import RECORD, stored_paths
from pipeline.archive.fixity import require_files_intact
from pipeline.archive.placing import sync
from pipeline.formats.mets import BagFile, mets

_METS = "data/mets.xml"
_ALGORITHMS = ("sha256", "sha512")
_NO_LINKS = {errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP}


def amended_bag(bag: Path, case: CaseFile, archive: Path) -> Path:
    """Build a new bag of a case file, with another record, next to its place; nothing else in it may differ.

    Args:
        bag: the bag as it is.
        case: the new record.
        archive: the archive's folder.

    Returns:
        The folder, below ``tmp`` in the archive; :class:`pipeline.archive.commit.Commits` moves it into place.

    Raises:
        BagError: its lists or its record are not as they were sealed.
        OSError: something cannot be read or written.
    """
    require_files_intact(bag, [RECORD])
    work = archive / "tmp"
    work.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix="bag-", dir=work))
    aside.chmod(stat.S_IMODE(bag.stat().st_mode))
    try:
        listed, files = _listed(bag), _files(bag)
        for path in listed:
            (aside / path).parent.mkdir(parents=True, exist_ok=True)
            if path not in {RECORD, _METS}:
                _link(files.get(_normal(path), bag / path), aside / path)
        content = case.model_dump_json(indent=2).encode()
        _put(aside / RECORD, content)
        listed[RECORD] = _digests(content)
        content = mets(case, list(_payload_files(aside, listed)), _originals(case))
        _put(aside / _METS, content)
        listed[_METS] = _digests(content)
        _seal(bag, aside, listed, case)
        for folder in (*(each for each in aside.rglob("*") if each.is_dir()), aside):
            sync(folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return aside


def _listed(bag: Path) -> dict[str, list[str]]:
    """Return the digests of each file below ``data`` by its path, in the order of the algorithms."""
    listed: dict[str, list[str]] = {}
    for algorithm in _ALGORITHMS:
        for line in (bag / f"manifest-{algorithm}.txt").read_text("utf-8").splitlines():
            digest, path = line.split(maxsplit=1)
            listed.setdefault(path, []).append(digest)
    return listed


def _files(bag: Path) -> dict[str, Path]:
    """Return each file below ``data`` by its path in form C, because some systems write names in another form."""
    files = (file for file in (bag / "data").rglob("*") if file.is_file())
    return {_normal(file.relative_to(bag).as_posix()): file for file in files}


def _normal(path: str) -> str:
    return unicodedata.normalize("NFC", path)


def _payload_files(aside: Path, listed: dict[str, list[str]]) -> Iterator[BagFile]:
    for path, digests in sorted(listed.items()):
        if path != _METS:
            yield BagFile(PurePosixPath(path).relative_to("data"), (aside / path).stat().st_size, digests[0])


def _originals(case: CaseFile) -> dict[str, PurePosixPath]:
    return {sha256: PurePosixPath("originals") / path for sha256, path in stored_paths(case).items()}


def _seal(bag: Path, aside: Path, listed: dict[str, list[str]], case: CaseFile) -> None:
    """Write the tag files next to ``data``, as in the older bag except for what the new record changes."""
    tags = {"bagit.txt": (bag / "bagit.txt").read_bytes()}
    octets = sum((aside / path).stat().st_size for path in listed)
    changed = {"Bagging-Date": case.created.date().isoformat(), "Payload-Oxum": f"{octets}.{len(listed)}"}
    lines = (bag / "bag-info.txt").read_text("utf-8").split("\n")
    now = [f"{name}: {changed[name]}" if (name := line.partition(":")[0]) in changed else line for line in lines]
    tags["bag-info.txt"] = "\n".join(now).encode()
    for place, algorithm in enumerate(_ALGORITHMS):
        text = "".join(f"{digests[place]}  {path}\n" for path, digests in sorted(listed.items()))
        tags[f"manifest-{algorithm}.txt"] = text.encode()
    of_tags = {name: _digests(content) for name, content in sorted(tags.items())}
    for place, algorithm in enumerate(_ALGORITHMS):
        text = "".join(f"{digests[place]} {name}\n" for name, digests in of_tags.items())
        tags[f"tagmanifest-{algorithm}.txt"] = text.encode()
    for name, content in tags.items():
        _put(aside / name, content)


def _digests(content: bytes) -> list[str]:
    return [hashlib.new(algorithm, content).hexdigest() for algorithm in _ALGORITHMS]


def _link(file: Path, name: Path) -> None:
    try:
        name.hardlink_to(file)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        shutil.copy2(file, name)  # some file systems have no hard links
        sync(name)


def _put(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    sync(file)
