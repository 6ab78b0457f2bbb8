"""Separator sheets are distinguished from pages, even if they are worn or badly scanned."""

from pathlib import Path

import numpy as np
import pytest
import segno
from PIL import Image

from config.settings import load
from models.page import SHEET
from models.scan import Kind
from pipeline.document.sheets import SheetFields, payload
from pipeline.formats.separator_sheet import write_sheets
from pipeline.page.make import make_page, page_picture
from pipeline.page.render import render
from samples.age import Wear, age
from samples.typeset import render_page
from tests.conftest import SHA

pytestmark = pytest.mark.slow

SETTINGS = load().page
PLAIN = SHEET
FULL = payload(SheetFields("judgment", "១២៣/៩៨ ក.ប"))


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """Return the picture of a printed sheet with a payload at a resolution."""
    folder = tmp_path_factory.mktemp("printed")

    def sheet(content, dpi):
        file = folder / f"{abs(hash(content))}.pdf"
        if not file.exists():
            write_sheets(content, ["សំណុំរឿង · Dossier · Case: ១២៣/៩៨"], 1, file)
        pixels = render(file, Kind.PDF, 1, 300, 60.0).pixels
        size = (round(pixels.shape[1] * dpi / 300), round(pixels.shape[0] * dpi / 300))
        return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))

    return sheet


def made(folder: Path, pixels, dpi):
    file = folder / "scan.jpg"
    Image.fromarray(pixels).save(file, quality=50, dpi=(dpi, dpi))
    return make_page(file, Kind.JPEG, SHA, 1, SETTINGS, 60.0)


@pytest.mark.parametrize("content", [PLAIN, FULL], ids=["plain", "full"])
@pytest.mark.parametrize("dpi", [100, 300])
@pytest.mark.parametrize(
    ("wear", "turn"),
    [(Wear(1.0), 1), (Wear(2.0, fold=True, seal=True, colour=True), 2), (Wear(1.5, lean=12, white=True), 3)],
    ids=["old", "worn and sealed", "askew"],
)
def test_a_printed_sheet_is_told_whatever_befell_it(printed, tmp_path, content, dpi, wear, turn):
    """It has the printed payload, has no words, is not blank, and does not fail because it has no text."""
    worn = age(printed(content, dpi), np.random.default_rng(5), wear=wear)
    page = made(tmp_path, np.ascontiguousarray(np.rot90(worn, turn)), dpi)
    assert (page.sheet, page.blocks, page.blank) == (content, (), False)
    assert page.notes == ("a separator sheet",)
    assert (page.height, page.width) == np.rot90(worn, turn).shape[:2]


def test_a_sheet_that_was_never_paper_is_one_too(tmp_path):
    """The PDF of a sheet between born-digital pages."""
    write_sheets(PLAIN, [], 2, tmp_path / "sheets.pdf")
    page = make_page(tmp_path / "sheets.pdf", Kind.PDF, SHA, 2, SETTINGS, 60.0)
    assert page.sheet == PLAIN
    assert page_picture(tmp_path / "sheets.pdf", Kind.PDF, page, 300, 60.0, upright=True).at(1).size


@pytest.mark.parametrize(
    "content", ["https://example.org/", f"{SHEET[:-1]}9", f"{SHEET}0", f"see {SHEET}", "458/98"], ids=str
)
def test_a_page_with_another_code_is_a_page(tmp_path, content):
    """Its words are read."""
    pixels = render_page(["Le greffier a remis le dossier au procureur."] * 3, "Liberation Serif", dpi=150)
    code = segno.make(content, micro=False, error="q")
    code.save(tmp_path / "code.png", scale=12)
    picture = np.asarray(Image.open(tmp_path / "code.png").convert("L"))
    pixels[900 : 900 + picture.shape[0], 300 : 300 + picture.shape[1]] = picture
    page = made(tmp_path, pixels, 150)
    assert page.sheet == ""
    assert page.blocks
