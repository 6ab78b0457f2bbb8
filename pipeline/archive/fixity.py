"""Checks whether a bag is as it was sealed: reads every file again, and names what differs."""

import hashlib
import logging
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import bagit

from models.errors import BagError
from pipeline.logs import described

_LOG = logging.getLogger(__name__)
_CHUNK = 1 << 20
# Files next to ``data`` that no list names: the lists themselves, and files that change without the bag.
_UNLISTED = re.compile(r"tagmanifest-sha(256|512)\.txt|signatures/[0-9a-f]{64}\.sig|withdrawn\.json")
logging.getLogger("bagit").setLevel(logging.CRITICAL)  # its findings are exceptions


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that is wrong with a bag: ``kind`` is changed, missing, unexpected, unreadable or invalid."""

    kind: str
    path: str
    detail: str = ""


class Pace:
    """Limits reading to a number of bytes per second, so that others can use the disk meanwhile."""

    def __init__(self, bytes_a_second: float | None = None) -> None:
        """Begin; None sets no limit."""
        self._rate = bytes_a_second
        self._due = time.monotonic()

    def read(self, count: int) -> None:
        """Count bytes that were read, and wait if that was too fast."""
        if self._rate is None:
            return
        self._due = max(self._due, time.monotonic() - 1) + count / self._rate
        if (early := self._due - time.monotonic()) > 0:
            time.sleep(early)


def verify_bag(bag: Path, pace: Pace | None = None) -> list[Damage]:
    """Return what is wrong with a bag, each thing by its path; nothing if it is as it was sealed."""
    try:
        sealed = bagit.Bag(str(bag))
        damages = _damages(sealed, pace or Pace())
        if not damages:
            # Problems of the bag and not of one file: its version, its totals, its form.
            sealed.validate(fast=True)
    # The last two: it accepts digests without a length, and a version that is stated twice.
    except (bagit.BagError, OSError, ValueError, TypeError, AttributeError) as error:
        _LOG.warning("a bag is invalid: %s", described(error))
        return [Damage("invalid", "", str(error))]
    if damages:
        _LOG.warning("a bag is not as it was sealed: %s", dict(Counter(damage.kind for damage in damages)))
    return damages


def require_intact(bag: Path) -> None:
    """Refuse a bag that is not as it was sealed: a bag made from it would hide that.

    Raises:
        BagError: something is wrong with it.
    """
    if damages := verify_bag(bag):
        raise _not_as_sealed(bag, damages)


def require_files_intact(bag: Path, paths: Sequence[str]) -> None:
    """Refuse a bag whose lists, or some files, are not as they were sealed; the other files are not checked.

    Args:
        bag: the bag's folder.
        paths: the files' paths in the bag.

    Raises:
        BagError: one of them was changed, or is not listed.
        OSError: one cannot be read.
    """
    try:
        sealed = bagit.Bag(str(bag))
    except (bagit.BagError, ValueError) as error:
        raise BagError(f"{bag.name} is not an undamaged bag: {error}") from error
    for path in ("manifest-sha256.txt", "manifest-sha512.txt", *paths):
        if path not in sealed.entries or _differs(bag / path, sealed.entries[path], Pace()):
            raise _not_as_sealed(bag, [Damage("changed", path)])


def _not_as_sealed(bag: Path, damages: Sequence[Damage]) -> BagError:
    return BagError(f"{bag.name} is not as it was sealed ({in_words(damages)}).", "`bannasar verify` lists everything.")


def in_words(damages: Sequence[Damage]) -> str:
    """Return in words the first thing that is wrong with a bag, and how many more there are."""
    first = damages[0]
    more = f", and {len(damages) - 1} more" if len(damages) > 1 else ""
    return f"{first.kind}: {first.path} {first.detail}".strip() + more


def _damages(sealed: bagit.Bag, pace: Pace) -> list[Damage]:
    """Return what differs between a bag's manifests and its files, under the present names of the files."""
    missing, unexpected = sealed.compare_manifests_with_fs()
    unexpected = [*unexpected, *_added_beside_data(sealed)]
    damages = [Damage("missing", path) for path in missing] + [Damage("unexpected", path) for path in unexpected]
    for listed, digests in sealed.entries.items():
        path = sealed.normalized_filesystem_names.get(unicodedata.normalize("NFC", listed), listed)
        try:
            changed = _differs(Path(sealed.path, path), digests, pace)
        except FileNotFoundError:
            continue  # named above
        except OSError as error:
            damages.append(Damage("unreadable", path, str(error.strerror)))
        else:
            damages += [Damage("changed", path)] if changed else []
    return sorted(damages, key=lambda damage: damage.path)


def _added_beside_data(sealed: bagit.Bag) -> Iterator[str]:
    """Yield the files next to ``data`` that no list names; the RFC allows them, and bagit-python ignores them.

    In a bag of Bannasar only the lists of SHA-512 count: the others are not signed, so who adds a file can list it.
    """
    bag = Path(sealed.path)
    only = {"sha512"} if (bag / "tagmanifest-sha512.txt").is_file() else set()
    listed = {path for path, digests in sealed.entries.items() if only <= digests.keys()}
    for file in sorted(file for file in bag.rglob("*") if not file.is_dir()):
        path = file.relative_to(bag).as_posix()
        if not (path.startswith("data/") or path in listed or _UNLISTED.fullmatch(path)):
            yield path


def _differs(file: Path, digests: Mapping[str, str], pace: Pace) -> bool:
    made = {algorithm: hashlib.new(algorithm) for algorithm in digests}
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            for digest in made.values():
                digest.update(chunk)
            pace.read(len(chunk))
    return any(made[algorithm].hexdigest() != expected.lower() for algorithm, expected in digests.items())
