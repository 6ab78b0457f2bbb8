"""One page of a scan as a picture."""

from pathlib import Path
from typing import Any

import img2pdf
import numpy as np
import pikepdf
import pytest
from PIL import Image

from models.errors import ScanError
from models.failure import Code
from models.scan import Kind
from pipeline.page.render import render


def _paper(width: int = 620, height: int = 877) -> np.ndarray:
    """Return a grey page with a dark mark in its upper left quarter."""
    pixels = np.full((height, width), 235, np.uint8)
    pixels[height // 10 : height // 5, width // 10 : width // 3] = 30
    return pixels


def _pdf(folder: Path, pixels: np.ndarray, name: str = "page.pdf", **options: object) -> Path:
    picture = folder / "page.png"
    Image.fromarray(pixels).save(picture)
    file = folder / name
    file.write_bytes(img2pdf.convert(str(picture), **options))
    return file


def test_a_pdf_page_that_is_one_picture_keeps_its_own_pixels(tmp_path):
    """A scan is not resampled: the recogniser sees what the scanner saw."""
    pixels = _paper()
    layout = img2pdf.get_layout_fun((img2pdf.in_to_pt(620 / 75), img2pdf.in_to_pt(877 / 75)))
    picture = render(_pdf(tmp_path, pixels, layout_fun=layout), Kind.PDF, 1, 300, 30)
    assert np.array_equal(picture.pixels, pixels)
    assert picture.dpi == pytest.approx(75, abs=0.5)


def test_a_page_turned_by_the_pdf_comes_as_a_reader_sees_it(tmp_path):
    """The turn that a scanner notes is applied."""
    file = _pdf(tmp_path, _paper())
    with pikepdf.open(file, allow_overwriting_input=True) as pdf:
        pdf.pages[0].obj.Rotate = 90
        pdf.save(file)
    picture = render(file, Kind.PDF, 1, 300, 30)
    assert np.array_equal(picture.pixels, np.rot90(_paper(), -1))


def test_a_turn_of_all_pages_is_heeded(tmp_path):
    """Programs that turn a whole file note it once."""
    file = _pdf(tmp_path, _paper())
    # As in the file: pikepdf would write it at each page.
    file.write_bytes(file.read_bytes().replace(b"/Type /Pages", b"/Type /Pages /Rotate 90"))
    picture = render(file, Kind.PDF, 1, 300, 30)
    assert np.array_equal(picture.pixels, np.rot90(_paper(), -1))


def _annotated(file: Path, kind: str, rect: tuple[int, int, int, int], *, look: bool, **more: Any) -> Path:
    """Put an annotation over a page; its appearance, if it has one, is black."""
    with pikepdf.open(file, allow_overwriting_input=True) as pdf:
        note = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name(kind), Rect=list(rect), F=4, **more)
        if look:
            box = [0, 0, rect[2] - rect[0], rect[3] - rect[1]]
            drawn = pdf.make_stream(b"0 g %d %d %d %d re f" % tuple(box), Subtype=pikepdf.Name.Form, BBox=box)
            note.AP = pikepdf.Dictionary(N=drawn)
        note = pdf.make_indirect(note)
        pdf.pages[0].Annots = pikepdf.Array([note])
        if kind == "/Widget":
            pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[note])
        pdf.save(file)
    return file


@pytest.mark.parametrize(
    ("kind", "look", "more"),
    [
        ("/Stamp", True, {}),
        ("/FreeText", False, {"DA": b"/Helv 90 Tf 0 g", "Contents": b"ANNEXE"}),
        ("/Widget", True, {"FT": pikepdf.Name.Tx, "T": b"name", "V": b"Sok"}),
        ("/Widget", True, {"FT": pikepdf.Name.Sig, "T": b"signed"}),
    ],
    ids=["stamp", "free text", "form field", "signature"],
)
def test_what_was_laid_over_a_scan_is_seen(tmp_path, kind, look, more):
    """A registry's stamp and a clerk's note are on the page, although not in its picture."""
    file = _annotated(_pdf(tmp_path, _paper()), kind, (100, 100, 300, 200), look=look, **more)
    picture = render(file, Kind.PDF, 1, 300, 30)
    assert picture.pixels.shape == (877, 620)
    assert picture.pixels[620:740, 140:390].min() < 60
    assert picture.pixels[120, 100] < 60


@pytest.mark.parametrize(
    ("kind", "rect"), [("/Link", (100, 100, 300, 200)), ("/Popup", (100, 100, 300, 200)), ("/Widget", (0, 0, 0, 0))]
)
def test_what_is_not_seen_of_a_page_leaves_its_pixels_alone(tmp_path, kind, rect):
    """A link, a closed window, a signature without an appearance."""
    file = _annotated(_pdf(tmp_path, _paper()), kind, rect, look=False)
    assert np.array_equal(render(file, Kind.PDF, 1, 300, 30).pixels, _paper())


def test_each_half_of_a_picture_of_two_pages_comes_by_itself(tmp_path):
    """Programs split a scanned spread into two pages that each show a half, and keep the whole picture for both."""
    spread = np.full((877, 1240), 235, np.uint8)
    spread[100:200, 100:200], spread[600:700, 1000:1100] = 30, 90
    layout = img2pdf.get_layout_fun((img2pdf.in_to_pt(1240 / 75), img2pdf.in_to_pt(877 / 75)))
    file = _pdf(tmp_path, spread, layout_fun=layout)
    with pikepdf.open(file, allow_overwriting_input=True) as pdf:
        pdf.pages.append(pdf.pages[0])
        _, _, width, height = (float(edge) for edge in pdf.pages[0].mediabox)
        pdf.pages[0].cropbox = pikepdf.Array([0, 0, width / 2, height])
        pdf.pages[1].cropbox = pikepdf.Array([width / 2, 0, width, height])
        pdf.save(file)
    left, right = (render(file, Kind.PDF, number, 300, 30) for number in (1, 2))
    for picture, darkest in ((left, 30), (right, 90)):
        assert picture.pixels.shape == pytest.approx((877, 620), abs=1)
        assert picture.dpi == pytest.approx(75, abs=0.5)
        assert picture.pixels.min() == pytest.approx(darkest, abs=3)


def test_a_page_that_shows_nearly_all_of_its_picture_keeps_its_own_pixels(tmp_path):
    """A rounded box cuts off almost nothing."""
    pixels = _paper()
    layout = img2pdf.get_layout_fun((img2pdf.in_to_pt(620 / 75), img2pdf.in_to_pt(877 / 75)))
    file = _pdf(tmp_path, pixels, layout_fun=layout)
    with pikepdf.open(file, allow_overwriting_input=True) as pdf:
        _, _, width, height = (float(edge) for edge in pdf.pages[0].mediabox)
        pdf.pages[0].cropbox = pikepdf.Array([0, 0, int(width), int(height)])
        pdf.save(file)
    assert np.array_equal(render(file, Kind.PDF, 1, 300, 30).pixels, pixels)


def test_a_drawn_pdf_page_is_rendered_at_the_resolution_asked_for(tmp_path):
    """A page that is not a picture has no pixels of its own."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(144, 72))
        page.contents_add(b"0 0 72 72 re f")
        pdf.save(tmp_path / "a.pdf")
    picture = render(tmp_path / "a.pdf", Kind.PDF, 1, 300, 30)
    assert picture.pixels.shape == (300, 600)
    assert picture.pixels[150, 150] == 0
    assert picture.pixels[150, 450] == 255


def test_a_large_drawn_page_is_within_our_limits_only(tmp_path, monkeypatch):
    """Pillow's own limit is for programs that open untrusted pictures: a plan of many square metres is a page."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(144, 72)).contents_add(b"0 0 72 72 re f")
        pdf.save(tmp_path / "a.pdf")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert render(tmp_path / "a.pdf", Kind.PDF, 1, 300, 30).pixels.shape == (300, 600)


def test_a_picture_that_lacks_its_last_row_is_left_to_the_renderer(tmp_path):
    """It shows what exists, like every PDF viewer."""
    file = tmp_path / "a.pdf"
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(620, 877))
        picture = pdf.make_stream(_paper()[:-1].tobytes(), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image)
        picture.Width, picture.Height, picture.BitsPerComponent = 620, 877, 8
        picture.ColorSpace = pikepdf.Name.DeviceGray
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=picture))
        page.contents_add(b"q 620 0 0 877 0 0 cm /Im0 Do Q")
        pdf.save(file)
    pixels = render(file, Kind.PDF, 1, 300, 30).pixels
    assert pixels[120, 100] < 60
    assert pixels[500, 300] > 200


def test_a_fax_page_inside_a_pdf_is_read(tmp_path):
    """One-bit CCITT pictures are what most old scanners put into PDFs."""
    bits = Image.fromarray(_paper()).point(lambda grey: 255 * (grey > 128)).convert("1")
    bits.save(tmp_path / "a.tif", compression="group4", dpi=(75, 75))
    (tmp_path / "a.pdf").write_bytes(img2pdf.convert(str(tmp_path / "a.tif")))
    picture = render(tmp_path / "a.pdf", Kind.PDF, 1, 300, 30)
    assert picture.pixels.shape == (877, 620)
    assert picture.pixels[120, 100] < 50
    assert picture.pixels[500, 300] > 200


def test_each_page_of_a_tiff_is_itself(tmp_path):
    """Page 2 is not page 1."""
    frames = [Image.new("L", (620, 877), grey) for grey in (250, 120, 60)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:], dpi=(75, 75))
    greys = [int(render(tmp_path / "a.tif", Kind.TIFF, number, 300, 30).pixels[5, 5]) for number in (1, 2, 3)]
    assert greys == [250, 120, 60]


@pytest.mark.parametrize(("claimed", "expected"), [((200, 200), 200), (None, 300), ((72, 72), 300)])
def test_a_picture_without_a_sound_resolution_gets_one_from_its_size(tmp_path, claimed, expected):
    """72 dpi on a page of 3,508 pixels would be a poster: it is A4 at 300."""
    options = {"dpi": claimed} if claimed else {}
    size = (1654, 2339) if claimed == (200, 200) else (2480, 3508)
    Image.new("L", size, 255).save(tmp_path / "a.png", **options)
    assert render(tmp_path / "a.png", Kind.PNG, 1, 300, 30).dpi == pytest.approx(expected, abs=1)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("claimed", "rows"), [((75, 37.5), 438), ((75, 72), 842)])
def test_a_fax_with_fewer_rows_than_columns_to_an_inch_is_not_squashed(tmp_path, claimed, rows, turned):
    """Letters have the same shape as on the sheet, in every orientation in the file."""
    across, down = claimed
    sent = Image.fromarray(_paper(height=rows)).point(lambda grey: 255 * (grey > 128)).convert("1")
    options = {"dpi": claimed}
    if turned:  # the file notes a clockwise turn
        sent = sent.transpose(Image.Transpose.ROTATE_90)
        options = {"dpi": (down, across), "tiffinfo": {274: 6}}
    sent.save(tmp_path / "a.tif", compression="group4", **options)
    picture = render(tmp_path / "a.tif", Kind.TIFF, 1, 300, 30)
    assert picture.pixels.shape == pytest.approx((877, 620), abs=2)
    assert picture.dpi == pytest.approx(75, abs=0.5)
    assert picture.pixels[95:165, 70:200].max() < 60
    assert picture.pixels[200:, 220:].min() > 200


def test_unequal_resolutions_that_no_sheet_can_have_are_not_believed(tmp_path):
    """A resolution that would make it a poster is not the scan's."""
    Image.new("L", (2480, 3508), 255).save(tmp_path / "a.png", dpi=(96, 72))
    Image.new("L", (620, 877), 255).save(tmp_path / "b.tif", dpi=(75, 1))
    assert render(tmp_path / "a.png", Kind.PNG, 1, 300, 30).pixels.shape == (3508, 2480)
    assert render(tmp_path / "b.tif", Kind.TIFF, 1, 300, 30).pixels.shape == (877, 620)


def test_a_photograph_that_says_how_it_was_held_comes_upright(tmp_path):
    """Cameras note the turn in EXIF and leave the pixels as they were."""
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned by a quarter
    Image.fromarray(_paper()).save(tmp_path / "a.jpg", exif=exif)
    assert render(tmp_path / "a.jpg", Kind.JPEG, 1, 300, 30).pixels.shape == (620, 877)


def test_a_photograph_with_a_preview_behind_it_comes_as_itself(tmp_path):
    """The page is the first picture of such a JPEG."""
    preview = Image.new("L", (60, 80), 0)
    Image.fromarray(_paper()).save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[preview])
    pixels = render(tmp_path / "a.jpg", Kind.JPEG, 1, 300, 30).pixels
    assert pixels.shape == (877, 620)
    assert pixels[500, 300].min() > 200


def test_colour_is_kept_where_there_is_some_and_only_there(tmp_path):
    """A red seal is evidence; yellowed paper becomes grey."""
    yellowed = np.dstack([_paper(), _paper() - 10, _paper() - 28])
    Image.fromarray(yellowed).save(tmp_path / "a.png")
    assert render(tmp_path / "a.png", Kind.PNG, 1, 300, 30).pixels.ndim == 2
    yellowed[600:700, 300:400] = (190, 30, 40)
    Image.fromarray(yellowed).save(tmp_path / "b.png")
    assert render(tmp_path / "b.png", Kind.PNG, 1, 300, 30).pixels.ndim == 3


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_pixel_is_read(tmp_path, mode):
    """Dark stays dark and paper stays paper, for every kind of pixels."""
    grey = Image.fromarray(_paper())
    if mode == "I;16":
        image = Image.fromarray(_paper().astype(np.uint16) * 257)
    else:
        image = grey.convert("RGB").convert(mode) if mode == "CMYK" else grey.convert(mode)
    image.save(tmp_path / "a.tif")
    pixels = render(tmp_path / "a.tif", Kind.TIFF, 1, 300, 30).pixels
    assert pixels.dtype == np.uint8
    assert pixels[120, 100].max() < 60
    assert pixels[500, 300].min() > 200


def test_a_picture_cut_off_in_the_middle_is_damaged(tmp_path):
    """Half a page must not count as a page."""
    noise = np.random.default_rng(1).integers(0, 255, (800, 600), np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.jpg")
    whole = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ScanError) as caught:
        render(tmp_path / "cut.jpg", Kind.JPEG, 1, 300, 30)
    assert caught.value.failure.code is Code.DAMAGED
    assert caught.value.failure.page == 1
