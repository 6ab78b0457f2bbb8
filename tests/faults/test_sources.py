"""Scans that change, vanish, or come back while they are read; clocks that are set back."""

import subprocess

from pipeline.archive.bag import bags, original, read_bag
from tests.cli.conftest import write_page, write_pages
from tests.faults.conftest import results, until


def _states(bannasar):
    return {path: (scan["state"], scan["code"]) for path, scan in bannasar.scans("box-1").items()}


def test_a_scan_that_goes_away_while_it_is_read_fails_and_comes_back(bannasar, box):
    """The other scans are finished; what was read of it is kept."""
    write_pages(box / "a.pdf", 14)
    write_page(box / "b.png", "Une autre pièce")
    process = bannasar.start("run", box)
    until(lambda: results(bannasar.archive) >= 2, process)
    (box / "a.pdf").rename(box.parent / "elsewhere.pdf")
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 2, output + errors
    assert _states(bannasar) == {"a.pdf": ("failed", "changed"), "b.png": ("archived", None)}
    kept = results(bannasar.archive)
    (box.parent / "elsewhere.pdf").rename(box / "a.pdf")
    done = bannasar("run", box)
    assert done.returncode == 0
    assert f"{15 - kept} pages read" in done.stdout


def test_a_scan_that_is_overwritten_while_it_is_read_is_not_archived_as_a_mixture(bannasar, box):
    """What is archived is what was read, byte for byte; the new bytes are taken in by the next run."""
    write_pages(box / "a.pdf", 14)
    process = bannasar.start("run", box)
    until(lambda: results(bannasar.archive) >= 2, process)
    write_pages(box / "a.pdf", 3, title="d'une autre affaire")
    process.communicate(timeout=120)
    assert process.returncode == 2
    assert _states(bannasar) == {"a.pdf": ("failed", "changed")}
    assert list(bags(bannasar.archive)) == []
    assert bannasar("run", box).returncode == 0
    (bag,) = bags(bannasar.archive)
    (scan,) = read_bag(bag)[0].scans
    assert original(bag, scan.sha256).read_bytes() == (box / "a.pdf").read_bytes()
    assert len(bannasar.json("search", "affaire")["hits"]) == 3


def test_a_clock_that_was_set_back_changes_nothing(bannasar, box):
    """A machine whose battery is empty wakes up years ago: what is done is done, what is new is done as well."""
    write_page(box / "a.png", "Première pièce")
    assert bannasar("run", box).returncode == 0
    write_page(box / "b.png", "Deuxième pièce")
    # libfaketime 0.9.10 lets no time.sleep() through where the monotonic clock stays true.
    asleep = "import select, time; time.sleep = lambda seconds: select.select([], [], [], seconds); "
    python, option, script, *arguments = bannasar.command("run", box)
    done = subprocess.run(
        ["faketime", "2001-01-01 00:00:00", python, option, asleep + script, *arguments],
        capture_output=True,
        encoding="utf-8",
        env=bannasar.environment(DONT_FAKE_MONOTONIC="1", NO_FAKE_STAT="1"),
        cwd=bannasar.archive.parent,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 pages read" in done.stdout
    assert "Nothing new" in bannasar("run", box).stdout
    assert len(bannasar.json("search", "pièce")["hits"]) == 2
    (attempt, *_) = bannasar.json("show", "b.png")["scans"][0]["attempts"]
    assert attempt["started"] < "2020"
