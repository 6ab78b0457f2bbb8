"""The cache of pictures: its limit, what is broken in it, and two processes at once."""

import multiprocessing
import os
import time
from pathlib import Path

import pytest

from pipeline.archive.picture_cache import PictureCache

PICTURE = b"\xff\xd8" + b"x" * 996 + b"\xff\xd9"


@pytest.fixture
def cache(tmp_path: Path) -> PictureCache:
    """Return a cache for ten pictures."""
    return PictureCache(tmp_path / "cache", 10 * len(PICTURE))


def test_a_picture_is_kept(cache: PictureCache) -> None:
    """Until it is dropped."""
    assert cache.get("box_a/1.jpg") is None
    cache.put("box_a/1.jpg", PICTURE)
    assert cache.get("box_a/1.jpg") == PICTURE
    cache.drop("box_a/1.jpg")
    cache.drop("box_a/1.jpg")
    assert cache.get("box_a/1.jpg") is None


def test_those_not_used_for_longest_go(cache: PictureCache, tmp_path: Path) -> None:
    """A picture that was shown again stays; the folder is smaller than allowed afterwards."""
    for number in range(12):
        cache.put(f"box_a/{number}.jpg", PICTURE)
        os.utime(tmp_path / "cache" / "box_a" / f"{number}.jpg", (number, number))
    assert cache.get("box_a/0.jpg")
    cache.shrink()
    left = sorted(int(file.stem) for file in (tmp_path / "cache").rglob("*.jpg"))
    assert left == [0, *range(4, 12)]


def test_pictures_go_by_themselves(cache: PictureCache, tmp_path: Path) -> None:
    """Without a call: the folder does not grow for ever."""
    for number in range(500):
        cache.put(f"box_a/{number}.jpg", PICTURE)
    assert len(list((tmp_path / "cache").rglob("*.jpg"))) < 200


@pytest.mark.parametrize("broken", [b"", PICTURE[:500], b"\0" * 1000])
def test_a_broken_picture_is_not_shown(cache: PictureCache, tmp_path: Path, broken: bytes) -> None:
    """As power loss leaves it: it is made again."""
    cache.put("box_a/1.jpg", PICTURE)
    (tmp_path / "cache" / "box_a" / "1.jpg").write_bytes(broken)
    assert cache.get("box_a/1.jpg") is None
    assert not (tmp_path / "cache" / "box_a" / "1.jpg").exists()


def test_what_a_stopped_process_left_goes(cache: PictureCache, tmp_path: Path) -> None:
    """But not what another process writes at the moment."""
    folder = tmp_path / "cache" / "box_a"
    folder.mkdir(parents=True)
    for name, age in (("old.part", 7200), ("new.part", 0)):
        (folder / name).write_bytes(b"x")
        os.utime(folder / name, (time.time() - age,) * 2)
    cache.shrink()
    assert [file.name for file in folder.iterdir()] == ["new.part"]


def test_a_folder_that_cannot_be_made_costs_nothing(tmp_path: Path) -> None:
    """The disk may be full, or only for reading."""
    (tmp_path / "cache").write_bytes(b"")
    cache = PictureCache(tmp_path / "cache")
    cache.put("box_a/1.jpg", PICTURE)
    assert cache.get("box_a/1.jpg") is None


def _use(folder: Path, seed: int) -> None:
    cache = PictureCache(folder, 10 * len(PICTURE))
    for number in range(200):
        name = f"box_{(number * seed) % 3}/{(number * seed) % 20}.jpg"
        cache.put(name, PICTURE)
        found = cache.get(name)
        assert found in {None, PICTURE}
        cache.shrink()


def test_two_processes_use_it_at_once(tmp_path: Path) -> None:
    """Neither fails on what the other has just removed, and none gets half a picture."""
    context = multiprocessing.get_context("spawn")
    running = [context.Process(target=_use, args=(tmp_path / "cache", seed)) for seed in (3, 7)]
    for one in running:
        one.start()
    for one in running:
        one.join()
    assert [one.exitcode for one in running] == [0, 0]
