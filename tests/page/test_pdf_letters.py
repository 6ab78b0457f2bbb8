"""Which pages of PDFs pdfium draws, and that they look as poppler draws them."""

import io
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pikepdf
import pytest
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable
from fpdf import FPDF
from pikepdf import Array, Dictionary, Name

from models.scan import Kind
from pipeline.page import pdf_page as drawing
from pipeline.page.pdf_draw import drawn
from pipeline.page.pdf_layout import layout, pdfium_page
from pipeline.page.render import render
from samples.faces import face_file
from tests.page.conftest import FRENCH, KHMER

Change = Callable[[pikepdf.Pdf, pikepdf.Page], None]
DPI = 150


def _letters(folder: Path, change: Change | None = None, *, ink: tuple[int, ...] = (0, 0, 0)) -> Path:
    """Write a page of lines in a font that is in the PDF, with a rule."""
    pdf = FPDF(unit="pt", format=(420, 300))
    pdf.add_page()
    pdf.add_font("khmer", fname=str(face_file("Khmer OS Battambang")))
    pdf.set_text_shaping(use_shaping_engine=True)
    pdf.set_font("khmer", size=12)
    pdf.set_text_color(*ink)
    for number, line in enumerate((*KHMER, *FRENCH, "   ")):
        pdf.text(30, 40 + 24 * number, line)
    pdf.line(30, 230, 300, 230)
    file = folder / "a.pdf"
    pdf.output(str(file))
    if change:
        with pikepdf.open(file, allow_overwriting_input=True) as changed:
            change(changed, changed.pages[0])
            changed.save(file)
    return file


@pytest.fixture(name="by_poppler")
def _by_poppler(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return the files of which poppler has drawn a page."""
    files: list[Path] = []

    def noted(file: Path, *arguments: object, **named: object) -> np.ndarray:
        files.append(file)
        return drawn(file, *arguments, **named)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(drawing, "drawn", noted)
    return files


@pytest.mark.parametrize("turn", [0, 90])
def test_a_page_of_letters_is_drawn_without_poppler_and_as_by_it(tmp_path, by_poppler, turn):
    """In the same size, every letter in the same place."""
    file = _letters(tmp_path, lambda _, page: page.rotate(turn, relative=False))
    pixels = render(file, Kind.PDF, 1, DPI, 30).pixels
    assert not by_poppler
    other = drawn(file, 1, DPI / 72, 30, layered=False)
    assert pixels.shape == other.shape
    near = np.ones((3, 3), np.uint8)
    for one, two in ((pixels, other), (other, pixels)):
        assert not ((one < 90) & (cv2.erode(two, near) > 160)).any()


def test_letters_in_colour_stay_so(tmp_path, by_poppler):
    """A heading in red."""
    pixels = render(_letters(tmp_path, ink=(200, 0, 0)), Kind.PDF, 1, DPI, 30).pixels
    assert not by_poppler
    assert ((pixels[..., 0] > 190) & (pixels[..., 1] < 30)).sum() > 500


def _not_inside(_: pikepdf.Pdf, page: pikepdf.Page) -> None:
    page.resources.Font["/Other"] = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name("/Limon"))
    page.contents_add(b"BT /Other 12 Tf 30 270 Td (abc) Tj ET")


def _with_pattern(_: pikepdf.Pdf, page: pikepdf.Page) -> None:
    page.resources.Pattern = Dictionary(P=Dictionary(PatternType=2, Shading=Dictionary()))


def _with_note(_: pikepdf.Pdf, page: pikepdf.Page) -> None:
    page.obj.Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.Square, Rect=[10, 10, 60, 60], C=[1, 0, 0])])


def _with_layer(pdf: pikepdf.Pdf, _: pikepdf.Page) -> None:
    pdf.Root.OCProperties = Dictionary(OCGs=[], D=Dictionary())


def _with_mask(_: pikepdf.Pdf, page: pikepdf.Page) -> None:
    page.resources.ExtGState = Dictionary(G=Dictionary(BM=Name.Multiply))


def _with_font_in_a_state(pdf: pikepdf.Pdf, page: pikepdf.Page) -> None:
    """Set a font by a graphics state, which pdfium does not use: the text would be in other letters."""
    font = pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name("/Symbol")))
    page.resources.ExtGState = Dictionary(G=Dictionary(Font=Array([font, 12])))
    page.contents_add(b"/G gs BT 30 270 Td (abc) Tj ET")


def _with_letters_of_a_macintosh(pdf: pikepdf.Pdf, page: pikepdf.Page) -> None:
    """Add a word in a font that has only the table of letters of a Macintosh: pdfium draws boxes for its spaces."""
    with TTFont(face_file("Liberation Serif")) as font:
        letters = {code: name for code, name in font.getBestCmap().items() if code < 128}
        table = CmapSubtable.newSubtable(0)
        table.platformID, table.platEncID, table.language, table.cmap = 1, 0, 0, letters
        font["cmap"].tables = [table]
        content = io.BytesIO()
        font.save(content)
    described = Dictionary(Type=Name.FontDescriptor, FontName=Name("/Mac"), Flags=32)
    described.FontFile2 = pdf.make_stream(content.getvalue())
    page.resources.Font["/Mac"] = Dictionary(
        Type=Name.Font,
        Subtype=Name.TrueType,
        BaseFont=Name("/Mac"),
        FirstChar=32,
        LastChar=126,
        Widths=Array([600] * 95),
        Encoding=Name.MacRomanEncoding,
        FontDescriptor=pdf.make_indirect(described),
    )
    page.contents_add(b"BT /Mac 12 Tf 30 275 Td (a b c) Tj ET")


def _with_empty_letters(pdf: pikepdf.Pdf, page: pikepdf.Page) -> None:
    """Add a word that the text has, and whose letters draw nothing."""
    page.resources.Font["/T3"] = pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type3,
            FontBBox=[0, 0, 1000, 1000],
            FontMatrix=[0.001, 0, 0, 0.001, 0, 0],
            CharProcs=Dictionary(a=pdf.make_stream(b"600 0 d0")),
            Encoding=Dictionary(Type=Name.Encoding, Differences=[97, Name.a]),
            FirstChar=97,
            LastChar=97,
            Widths=[600],
            Resources=Dictionary(),
        )
    )
    page.contents_add(b"BT /T3 12 Tf 30 275 Td (aaa) Tj ET")


@pytest.mark.parametrize(
    "change",
    [
        _not_inside,
        _with_pattern,
        _with_note,
        _with_layer,
        _with_mask,
        _with_font_in_a_state,
        _with_letters_of_a_macintosh,
        _with_empty_letters,
    ],
)
def test_any_other_page_is_drawn_by_poppler(tmp_path, by_poppler, change):
    """What programs draw each in its own way, and letters that pdfium does not draw."""
    file = _letters(tmp_path, change)
    render(file, Kind.PDF, 1, DPI, 30)
    assert by_poppler == [file]


def test_a_broken_font_takes_nothing_else_from_a_page(tmp_path):
    """The page has the size that it claims, and its layers that are off stay off."""

    def change(pdf: pikepdf.Pdf, page: pikepdf.Page) -> None:
        broken = Dictionary(Type=Name.Font, Subtype=Name.Type0, DescendantFonts=Array([]))
        page.resources.Font["/Broken"] = broken
        page.obj.UserUnit = 2
        pdf.Root.OCProperties = Dictionary(OCGs=[], D=Dictionary())

    file = _letters(tmp_path, change)
    with pdfium_page(file, 1) as page:
        found = layout(page, file, 1)
    assert found.layered
    assert found.width == pytest.approx(420 / 36)
