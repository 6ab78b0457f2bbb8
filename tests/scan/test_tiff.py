"""Which pictures of a TIFF are its pages."""

import numpy as np
import pytest

from models.errors import ScanError
from models.failure import Code
from pipeline.scan.tiff import tiff_pages
from tests.scan.tiffs import Part, part, write

REDUCED, MASK, OLD_REDUCED = {"t254": 1}, {"t254": 4}, {"t255": 2}


def _picture(width: int, height: int, **tags: int) -> Part:
    return part(np.full((height, width), 255, np.uint8), **tags)


def _sizes(file, parts, **how):
    return [one.size for one in tiff_pages(write(file, parts, **how))]


PAGE, HALF, QUARTER, THUMB = (800, 1000), (400, 500), (200, 250), (100, 125)


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_reduced_copies_are_no_pages(tmp_path, order, big):
    """A pyramid is one page, in files with every byte order and size."""
    parts = [_picture(*PAGE), *(_picture(*size, **REDUCED) for size in (HALF, QUARTER, THUMB))]
    assert _sizes(tmp_path / "a.tif", parts, order=order, big=big) == [PAGE]


@pytest.mark.parametrize("flag", [REDUCED, OLD_REDUCED, MASK, {"t254": 5}])
def test_a_copy_or_a_mask_beside_each_page_is_none(tmp_path, flag):
    """Before it or after it, marked with the modern tag or that of TIFF 5."""
    small, page = _picture(*QUARTER, **flag), _picture(*PAGE, t254=2)
    assert _sizes(tmp_path / "a.tif", [page, small, page, small]) == [PAGE, PAGE]
    assert _sizes(tmp_path / "b.tif", [small, page, small, page]) == [PAGE, PAGE]


def test_a_thumbnail_of_another_shape_or_upright_beside_a_sheet_on_its_side_is_none(tmp_path):
    """Cameras put bars next to it; some programs turn only the copy."""
    assert _sizes(tmp_path / "a.tif", [_picture(*PAGE), _picture(160, 120, **REDUCED)]) == [PAGE]
    assert _sizes(tmp_path / "b.tif", [_picture(*PAGE, t274=6), _picture(500, 400, **REDUCED)]) == [PAGE]


def test_a_mask_as_large_as_its_page_is_none(tmp_path):
    """It defines the visible part of the page."""
    mask = part(np.packbits(np.ones((1000, 800), np.uint8), axis=1), t256=800, t258=1, t262=4)
    assert _sizes(tmp_path / "a.tif", [_picture(*PAGE), mask]) == [PAGE]


@pytest.mark.parametrize(
    "sizes",
    [
        [PAGE, PAGE],  # as large as a page
        [PAGE, (780, 980)],  # all but as large
        [PAGE, (400, 700)],  # of another shape: half a sheet
        [PAGE, (1000, 1200)],  # larger
    ],
)
def test_a_picture_that_cannot_be_a_copy_stays_a_page(tmp_path, sizes):
    """Some programs set the flag without reason: no page may be lost."""
    first, *others = sizes
    parts = [_picture(*first), *(_picture(*size, **REDUCED) for size in others)]
    assert _sizes(tmp_path / "a.tif", parts) == sizes


@pytest.mark.parametrize("flag", [REDUCED, OLD_REDUCED, MASK])
def test_where_every_picture_is_called_a_copy_each_is_a_page(tmp_path, flag):
    """There is nothing that they could be copies of."""
    parts = [_picture(*size, **flag) for size in (PAGE, HALF, PAGE)]
    assert _sizes(tmp_path / "a.tif", parts) == [PAGE, HALF, PAGE]


def test_unmarked_pages_of_different_sizes_stay_pages(tmp_path):
    """A sheet of A5 among A4 is not a copy."""
    assert _sizes(tmp_path / "a.tif", [_picture(*PAGE), _picture(*HALF)]) == [PAGE, HALF]


def test_what_lies_inside_a_page_is_no_page_of_its_own(tmp_path):
    """The other form of a pyramid; and if the outer one is the copy, the page is the inner one."""
    copies = [_picture(*size, **REDUCED) for size in (HALF, QUARTER)]
    outer = _picture(*PAGE)
    assert _sizes(tmp_path / "a.tif", [Part(outer.data, outer.tags, copies)] * 2) == [PAGE, PAGE]
    small = _picture(*QUARTER, **REDUCED)
    assert _sizes(tmp_path / "b.tif", [Part(small.data, small.tags, [outer])]) == [PAGE]


def test_a_chain_that_is_cut_off_is_damaged_and_one_that_bites_its_tail_ends(tmp_path):
    """No page is lost unnoticed."""
    file = write(tmp_path / "a.tif", [_picture(*HALF), _picture(*HALF)])
    whole = file.read_bytes()
    for end in (6, 100, len(whole) // 2, len(whole) - 100, len(whole) - 1):
        file.write_bytes(whole[:end])
        with pytest.raises(ScanError) as caught:
            tiff_pages(file)
        assert caught.value.failure.code is Code.DAMAGED
    first = int.from_bytes(whole[4:8], "little")
    file.write_bytes(whole[:-4] + first.to_bytes(4, "little"))
    assert len(tiff_pages(file)) == 2


def test_a_raw_photograph_is_named(tmp_path):
    """Data of a sensor are not a picture yet; the preview before them is not the page."""
    preview, sensor = _picture(*QUARTER, **REDUCED), _picture(*PAGE, t262=32803)
    with pytest.raises(ScanError) as caught:
        tiff_pages(write(tmp_path / "a.dng", [Part(preview.data, preview.tags, [sensor])]))
    assert caught.value.failure.code is Code.UNSUPPORTED
