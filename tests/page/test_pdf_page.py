"""Pages of PDFs as pictures: everything that was scanned, and nothing that a viewer does not show."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from PIL import Image, ImageDraw

from config.settings import load
from models.errors import ScanError
from models.failure import Code
from models.scan import Kind
from pipeline.page.born_digital import own_text
from pipeline.page.render import render

WIDTH, HEIGHT = 620, 877  # A4 at 75 dots per inch
_A4 = (595.2, 841.92)
_HIDDEN = (slice(440, 460), slice(60, 300))  # where the name is
_NAME = b"52.8 398.4 240 23 re"  # the same place in points
_ALL_BUT_NAME = b"0 0 595.2 841.92 re " + _NAME + b" W* n"
_DRAW = b"q %.4f 0 0 %.4f 0 0 cm /I Do Q"
_SHOWN = _DRAW % _A4


def _scan() -> Image.Image:
    """Return a page with a title and, further down, one name."""
    image = Image.new("L", (WIDTH, HEIGHT), 235)
    pen = ImageDraw.Draw(image)
    pen.rectangle((60, 90, 300, 120), fill=30)
    pen.text((64, 442), "Friedrich", fill=20)
    return image


def _image(pdf: pikepdf.Pdf, image: Image.Image | None = None, **more: Any) -> pikepdf.Stream:
    image = image or _scan()
    stream = pdf.make_stream(image.tobytes(), Type=Name.XObject, Subtype=Name.Image, **more)
    stream.Width, stream.Height, stream.BitsPerComponent = image.width, image.height, 8
    stream.ColorSpace = more.get("ColorSpace", Name.DeviceGray)
    return stream


def _form(pdf: pikepdf.Pdf, content: bytes, resources: Dictionary, **more: Any) -> pikepdf.Stream:
    box = more.pop("BBox", [0, 0, *_A4])
    return pdf.make_stream(content, Type=Name.XObject, Subtype=Name.Form, BBox=box, Resources=resources, **more)


def _pdf(
    folder: Path,
    make: Callable[[pikepdf.Pdf, pikepdf.Page], tuple[bytes, Dictionary]],
    size: tuple[float, float] = _A4,
) -> Path:
    """Write a page whose content and resources ``make`` returns."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        page.MediaBox = Array([0, 0, *size])
        content, page.Resources = make(pdf, page)
        page.Contents = pdf.make_stream(content)
        pdf.save(folder / "a.pdf")
    return folder / "a.pdf"


def _picture(pdf: pikepdf.Pdf, content: bytes = _SHOWN, **more: Any) -> tuple[bytes, Dictionary]:
    image = more.pop("image", None)
    return content, Dictionary(XObject=Dictionary(I=_image(pdf) if image is None else image), **more)


SIZES = [(37, 52.3), (1, 1.4142), (0.5, 0.707), (72, 101.8), (2384, 3370), (10182, 14400)]


@pytest.mark.parametrize("size", SIZES)
def test_a_picture_on_a_page_of_impossible_size_is_an_a4_page_with_all_its_pixels(tmp_path, size):
    """Films are scanned at 2,400 dots per inch, and posters are made from small pictures."""
    file = _pdf(tmp_path, lambda pdf, _: _picture(pdf, _DRAW % size), size)
    picture = render(file, Kind.PDF, 1, 75, 30)
    assert np.array_equal(picture.pixels, np.asarray(_scan()))
    assert picture.dpi == pytest.approx(75, abs=1)


def _strips(pdf, size):
    parts = [_scan().crop((0, top, WIDTH, top + 220)) for top in (0, 220, 440, 660)]
    drawn = b"".join(
        b"q %.4f 0 0 %.4f 0 %.4f cm /I%d Do Q " % (size[0], size[1] / 4, size[1] * (3 - i) / 4, i) for i in range(4)
    )
    return drawn, Dictionary(XObject=Dictionary({f"/I{i}": _image(pdf, part) for i, part in enumerate(parts)}))


def _overlaid(pdf, size):
    return _picture(pdf, _DRAW % size + b" 0.001 w 0 0 m 1 1 l S")


def _in_a_form(pdf, size):
    form = _form(pdf, _DRAW % size, Dictionary(XObject=Dictionary(I=_image(pdf))), BBox=[0, 0, *size])
    return b"/F Do", Dictionary(XObject=Dictionary(F=form))


@pytest.mark.parametrize("make", [_strips, _overlaid, _in_a_form])
@pytest.mark.parametrize("size", [(37, 52.3), (1, 1.4142), (2384, 3370), (10182, 14400)])
def test_any_page_of_impossible_size_with_pictures_is_drawn_as_an_a4_page(tmp_path, make, size):
    """Its letters are read for every kind of content."""
    file = _pdf(tmp_path, lambda pdf, _: make(pdf, size), size)
    picture = render(file, Kind.PDF, 1, 75, 30)
    assert picture.pixels.shape == pytest.approx((HEIGHT, WIDTH), abs=4)
    assert picture.dpi == pytest.approx(75, abs=1)
    assert picture.pixels[100:110, 80:280].max() < 60
    assert picture.pixels[_HIDDEN].min() < 120


def _written(text_size: float, size: tuple[float, float], **more: Any):
    def make(_, page):
        for name, value in more.items():
            page.obj[f"/{name}"] = value
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        content = b"BT /F %f Tf %f %f Td (The witness Sok Dara was heard) Tj ET" % (text_size, size[0] / 5, size[1] / 2)
        return content, Dictionary(Font=Dictionary(F=font))

    return make


def test_small_print_on_a_tiny_page_is_drawn_as_large_as_on_a_sheet(tmp_path):
    """Letters of one point are specks at the resolution of reading."""
    size = (37.2, 52.62)
    picture = render(_pdf(tmp_path, _written(1, size), size), Kind.PDF, 1, 75, 30)
    assert picture.pixels.shape == pytest.approx((HEIGHT, WIDTH), abs=2)


def test_the_finest_pictures_of_a_page_keep_their_pixels(tmp_path):
    """A page is drawn as finely as it was scanned."""
    file = _pdf(tmp_path, lambda pdf, _: _strips(pdf, _A4))
    picture = render(file, Kind.PDF, 1, 30, 30)
    assert picture.pixels.shape == pytest.approx((HEIGHT, WIDTH), abs=4)
    assert picture.dpi == pytest.approx(75, abs=1)


@pytest.mark.parametrize(("unit", "dpi"), [(10, 75), (5, 150), (20, 37.5)])
def test_the_unit_of_a_page_is_heeded(tmp_path, unit, dpi):
    """A page of 59 by 84 units of ten points is A4."""
    size = (59.52, 84.192)

    def make(pdf, page):
        page.obj.UserUnit = unit
        return _picture(pdf, _DRAW % size)

    picture = render(_pdf(tmp_path, make, size), Kind.PDF, 1, 300, 30)
    assert np.array_equal(picture.pixels, np.asarray(_scan()))
    assert picture.dpi == pytest.approx(dpi, abs=1)


@pytest.mark.parametrize("unit", [0, -2, Name.Two])
def test_a_unit_that_is_none_is_left_alone(tmp_path, unit):
    """The page is as large as its boxes say."""

    def make(pdf, page):
        page.obj.UserUnit = unit
        return _picture(pdf)

    assert render(_pdf(tmp_path, make), Kind.PDF, 1, 300, 30).dpi == pytest.approx(75, abs=1)


@pytest.mark.parametrize(
    "more",
    [
        {"UserUnit": 2},
        {"CropBox": Array([20, 100, 280, 300])},
        {"CropBox": Array([-50, -90, 400, 600])},
        {"CropBox": Array([20, 100, 280, 300]), "UserUnit": 2},
    ],
)
def test_words_stand_on_their_ink_whatever_the_boxes_and_the_unit(tmp_path, more):
    """The place of a word is that of its letters in the picture."""
    size = (297.6, 420.96)
    file = _pdf(tmp_path, _written(11, size, **more), size)
    picture = render(file, Kind.PDF, 1, 150, 30)
    (block,) = own_text(file, 1, picture, load().page, 30).blocks
    rows, columns = np.nonzero(picture.pixels < 128)
    box = block.box
    assert (box.left, box.right) == pytest.approx((columns.min(), columns.max()), abs=6)
    assert box.top <= rows.min() + 6
    assert rows.max() <= box.bottom + 6
    for word in block.lines[0].words:
        letters = picture.pixels[word.box.top : word.box.bottom, word.box.left : word.box.right]
        assert letters.min() < 60


def _layer(pdf, **usage: Any):
    layer = Dictionary(Type=Name.OCG, Name="old")
    if usage:
        layer.Usage = Dictionary(**usage)
    return pdf.make_indirect(layer)


def _off(pdf, **more: Any):
    layer = _layer(pdf)
    standard = Dictionary(**more) if more else Dictionary(OFF=Array([layer]))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=standard)
    return layer


def _clipped(pdf, _):
    return _picture(pdf, b"q " + _ALL_BUT_NAME + b" " + _SHOWN + b" Q")


def _clipped_in_a_form(pdf, _):
    form = _form(pdf, _ALL_BUT_NAME + b" " + _SHOWN, Dictionary(XObject=Dictionary(I=_image(pdf))))
    return b"/F Do", Dictionary(XObject=Dictionary(F=form))


def _masked(pdf, _):
    mask = np.full((HEIGHT, WIDTH), 255, np.uint8)
    mask[_HIDDEN] = 0
    return _picture(pdf, image=_image(pdf, SMask=_image(pdf, Image.fromarray(mask))))


def _softly_masked(pdf, _):
    group = Dictionary(S=Name.Transparency, CS=Name.DeviceGray)
    light = _form(pdf, b"1 g 0 0 595.2 841.92 re " + _NAME + b" f*", Dictionary(), Group=group)
    state = Dictionary(SMask=Dictionary(S=Name.Luminosity, G=light))
    return _picture(pdf, b"q /G gs " + _SHOWN + b" Q", ExtGState=Dictionary(G=state))


def _painted_over(pdf, _):
    return _picture(pdf, _SHOWN + b" 1 g " + _NAME + b" f")


def _covered_by_a_link(pdf, page):
    look = _form(pdf, b"1 g 0 0 240 23 re f", Dictionary(), BBox=[0, 0, 240, 23])
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[52.8, 398.4, 292.8, 421.4], F=4)
    link.AP, link.Border = Dictionary(N=look), Array([0, 0, 0])
    page.Annots = Array([pdf.make_indirect(link)])
    return _picture(pdf)


def _cut_off(pdf, _):
    pdf.Root.Pages.CropBox = Array([0, 430, *_A4])
    return _picture(pdf)


@pytest.mark.parametrize(
    "make", [_clipped, _clipped_in_a_form, _masked, _softly_masked, _painted_over, _covered_by_a_link, _cut_off]
)
def test_a_name_that_is_covered_on_a_page_is_not_in_its_picture(tmp_path, make):
    """What a viewer does not show is not read; it stays in the scan."""
    pixels = render(_pdf(tmp_path, make), Kind.PDF, 1, 75, 30).pixels
    assert pixels[100:110, 80:280].max() < 60
    if pixels.shape[0] > HEIGHT // 2 + 10:
        assert pixels[_HIDDEN].min() > 200


def _marked(pdf, _):
    return _picture(pdf, b"/OC /L BDC " + _SHOWN + b" EMC", Properties=Dictionary(L=_off(pdf)))


def _unless_named(pdf, _):
    layer = _off(pdf, BaseState=Name.OFF)
    return _picture(pdf, b"/OC /L BDC " + _SHOWN + b" EMC", Properties=Dictionary(L=layer))


def _membership(pdf, _):
    layers = pdf.make_indirect(Dictionary(Type=Name.OCMD, OCGs=Array([_off(pdf)]), P=Name.AllOn))
    return _picture(pdf, b"/OC /L BDC " + _SHOWN + b" EMC", Properties=Dictionary(L=layers))


def _picture_in_a_layer(pdf, _):
    return _picture(pdf, image=_image(pdf, OC=_off(pdf)))


def _form_in_a_layer(pdf, _):
    form = _form(pdf, _SHOWN, Dictionary(XObject=Dictionary(I=_image(pdf))), OC=_off(pdf))
    return b"/F Do", Dictionary(XObject=Dictionary(F=form))


def _for_paper_only(pdf, _):
    layer = _layer(pdf, View=Dictionary(ViewState=Name.OFF), Print=Dictionary(PrintState=Name.ON))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary())
    pdf.add_blank_page()
    return _picture(pdf, b"/OC /L BDC " + _SHOWN + b" EMC", Properties=Dictionary(L=layer))


def _transparent(pdf, _):
    return _picture(pdf, b"q /G gs " + _SHOWN + b" Q", ExtGState=Dictionary(G=Dictionary(ca=0)))


@pytest.mark.parametrize(
    "make",
    [_marked, _unless_named, _membership, _picture_in_a_layer, _form_in_a_layer, _for_paper_only, _transparent],
)
def test_a_picture_that_is_switched_off_is_not_shown(tmp_path, make):
    """A layer that is off is not on the page."""
    assert render(_pdf(tmp_path, make), Kind.PDF, 1, 75, 30).pixels.min() == 255


def test_a_picture_in_a_layer_that_is_on_is_shown(tmp_path):
    """Programs put whole scans into layers."""

    def make(pdf, _):
        layer, other = _layer(pdf), _layer(pdf)
        pdf.Root.OCProperties = Dictionary(OCGs=Array([layer, other]), D=Dictionary(OFF=Array([other])))
        return _picture(pdf, b"/OC /L BDC " + _SHOWN + b" EMC", Properties=Dictionary(L=layer))

    pixels = render(_pdf(tmp_path, make), Kind.PDF, 1, 300, 30).pixels
    assert pixels.shape == pytest.approx((HEIGHT, WIDTH), abs=1)
    assert pixels[_HIDDEN].min() < 60


@pytest.mark.parametrize(("stated", "quarters"), [(450, 1), (-90, 3), (-270, 1), (45, 0), (91, 0), (720, 0)])
def test_turns_that_are_no_quarters_are_not_heeded_and_others_are(tmp_path, stated, quarters):
    """As viewers do."""

    def make(pdf, page):
        page.obj.Rotate = stated
        return _picture(pdf)

    pixels = render(_pdf(tmp_path, make), Kind.PDF, 1, 300, 30).pixels
    assert np.array_equal(pixels, np.rot90(np.asarray(_scan()), -quarters))


@pytest.mark.parametrize("shift", [0.0, 0.3, 1.0])
def test_a_picture_that_lies_a_little_beside_its_page_is_all_shown(tmp_path, shift):
    """A page's size is sometimes rounded: nothing is lost or doubled because of that."""
    content = b"q 595.2 0 0 841.92 %.2f %.2f cm /I Do Q" % (shift, -shift)
    pixels = render(_pdf(tmp_path, lambda pdf, _: _picture(pdf, content), (595, 842)), Kind.PDF, 1, 300, 30).pixels
    assert pixels.shape == pytest.approx((HEIGHT, WIDTH), abs=2)
    assert pixels[_HIDDEN].min() < 80


def test_what_poppler_cannot_draw_pdfium_draws(tmp_path):
    """The colours of a picture may be written in a way that one program does not understand."""

    def make(pdf, _):
        broken = Array([Name.Separation, Name.Black, Name.DeviceGray, Dictionary()])
        return _picture(pdf, image=_image(pdf, ColorSpace=broken))

    assert render(_pdf(tmp_path, make), Kind.PDF, 1, 75, 30).pixels.std() > 10


def test_a_page_that_no_program_can_draw_is_damaged_and_not_blank(tmp_path):
    """It is checked again."""
    file = _pdf(tmp_path, lambda pdf, _: _picture(pdf, image=_image(pdf, ColorSpace=Name.Unheard)))
    with pytest.raises(ScanError) as caught:
        render(file, Kind.PDF, 1, 75, 30)
    assert caught.value.failure.code is Code.DAMAGED
