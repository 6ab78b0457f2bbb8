"""The evaluation pages, if they are there: they are for measuring, and not part of this project."""

import shutil
import subprocess
import sys

import pytest

from pipeline.archive.bag import bags
from tests.cli.conftest import Bannasar
from tests.conftest import ROOT

BENCH = ROOT.parent / "shared" / "bench"

pytestmark = pytest.mark.skipif(not BENCH.is_dir(), reason="the evaluation pages are not on this machine")


@pytest.fixture(scope="module")
def digitised(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    box = folder / "pages"
    box.mkdir()
    for picture in BENCH.glob("pages/*.jpg"):
        shutil.copy(picture, box)
    bannasar = Bannasar(folder / "archive")
    return bannasar, bannasar("run", box)


def test_all_pages_are_archived_and_the_letterheads_title_is_found(digitised):
    """On both letterhead pages."""
    bannasar, done = digitised
    assert done.returncode == 0, done.stderr
    assert len(list(bags(bannasar.archive))) == 16
    paths = [hit["path"] for hit in bannasar.json("search", "សាលក្រមព្រហ្មទណ្ឌ")["hits"]]
    assert set(paths) >= {"01-letterhead.jpg", "09-letterhead.jpg"}


def test_the_error_rate_is_what_researchers_need(digitised, tmp_path):
    """By the scorer of the bench."""
    bannasar, _ = digitised
    bannasar("export", "text", tmp_path / "texts")
    scorer = [sys.executable, BENCH / "score.py", BENCH / "pages", tmp_path / "texts"]
    said = subprocess.run(scorer, capture_output=True, text=True, check=True).stdout
    rates = {line.split()[0]: float(line.split()[1]) for line in said.splitlines()}
    assert rates["ALL"] <= 0.10
