"""`bannasar demo`: a training archive that can be thrown away, and that touches nothing else."""

from pathlib import Path

import pytest
from PIL import Image

import cli.demo
from samples.typeset import render_page
from tests.dying import die_at
from tests.in_process import call


@pytest.fixture
def samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, bool]]:
    """Let the sample boxes be one page; return the archives that were opened, and whether they had exercises."""
    box = tmp_path / "samples" / "box-1"
    box.mkdir(parents=True)
    Image.fromarray(render_page(["Jugement correctionnel"], "Liberation Serif", dpi=150)).save(box / "a.png")
    monkeypatch.setattr(cli.demo, "SAMPLES", box.parent)
    opened: list[tuple[Path, bool]] = []

    def serve(settings, _operator, _where, _announce, *, is_training):
        assert list((settings.archive / "bags").iterdir())
        assert (settings.archive / "keys").is_dir()
        opened.append((settings.archive, is_training))

    monkeypatch.setattr(cli.demo, "serve_room", serve)
    return opened


def test_a_training_archive_is_opened_and_deleted(samples: list[tuple[Path, bool]], tmp_path: Path) -> None:
    """With its exercises; nothing of it is left, and the key of the person who runs it is untouched."""
    done = call("demo", "--serve", folder=tmp_path, environment={"HOME": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    ((archive, is_training),) = samples
    assert is_training
    assert not archive.exists()
    assert {one.name for one in tmp_path.iterdir()} == {"samples"}


def test_one_in_a_folder_is_kept_until_it_is_made_anew(samples: list[tuple[Path, bool]], tmp_path: Path) -> None:
    """The second time it is only opened; --reset removes what was changed in it."""
    place = tmp_path / "training"
    done = call("demo", "--folder", place)
    assert done.returncode == 0, done.stderr
    assert f"bannasar demo --serve --folder {place}" in done.stdout
    (place / "archive" / "mine.txt").write_text("x")
    assert call("demo", "--serve", "--folder", place).returncode == 0
    assert (place / "archive" / "mine.txt").exists()
    assert call("demo", "--serve", "--folder", place, "--reset").returncode == 0
    assert not (place / "archive" / "mine.txt").exists()
    assert [archive for archive, _ in samples] == [place / "archive"] * 2


def test_one_whose_making_was_killed_is_made_anew(samples: list[tuple[Path, bool]], tmp_path: Path) -> None:
    """The process that died could not clean up; what is opened is whole."""
    place = tmp_path / "training"
    die_at("Commits._index", "before", lambda: call("demo", "--folder", place))
    assert not (place / "archive").exists()
    assert call("demo", "--serve", "--folder", place).returncode == 0
    assert {one.name for one in place.iterdir()} == {"archive", "key.pem", "training-archive.txt"}
    assert [archive for archive, _ in samples] == [place / "archive"]


def test_a_folder_of_others_is_never_touched(samples: list[tuple[Path, bool]], tmp_path: Path) -> None:
    """Not with --reset either."""
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("x")
    done = call("demo", "--serve", "--folder", mine, "--reset")
    assert done.returncode == 1
    assert "is not a training archive" in done.stderr
    assert [one.name for one in mine.iterdir()] == ["letter.txt"]
    assert samples == []


def test_without_a_purpose_it_says_what_to_type(samples: list[tuple[Path, bool]]) -> None:
    """Neither opened nor kept; and --reset without a folder."""
    assert "bannasar demo --serve" in call("demo").stderr
    assert "--folder DIR" in call("demo", "--serve", "--reset").stderr
    assert samples == []
