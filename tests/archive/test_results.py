"""Page results are kept complete."""

import pytest

from models.page import Page
from pipeline.archive.results import Results, packed


def test_a_page_comes_back_as_it_was_kept(tmp_path):
    """Only under its scan, its recipe and its number."""
    page = Page(scan="ab" * 32, number=7, recipe="r1", width=10, height=20, dpi=300.0, notes=("dark",))
    results = Results(tmp_path)
    results.put(packed(page))
    assert results.get(page.scan, "r1", 7) == page
    assert results.numbers(page.scan, "r1") == {7}
    assert results.numbers(page.scan, "r2") == set()
    with pytest.raises(FileNotFoundError):
        results.get(page.scan, "r1", 8)


def test_half_a_result_is_no_result(tmp_path):
    """What a crash left while writing is not mistaken for a page."""
    page = Page(scan="ab" * 32, number=1, recipe="r1", width=10, height=20, dpi=300.0)
    results = Results(tmp_path)
    results.put(packed(page))
    (kept,) = tmp_path.rglob("*.json.gz")
    kept.rename(kept.with_suffix(".part"))
    assert results.numbers(page.scan, "r1") == set()
