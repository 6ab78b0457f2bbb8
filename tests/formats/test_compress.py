"""In which form the picture of a page is kept, and that nothing is lost that is seen."""

import hashlib
import io

import cv2
import numpy as np
import pikepdf
import pytest
from PIL import Image, ImageDraw

from pipeline.archive.pictures import extract_pictures
from pipeline.formats import compress
from pipeline.formats.compress import compressed
from pipeline.formats.pdf import Description, write_pdf
from pipeline.page.picture import Picture
from pipeline.page.upright import Upright
from samples.faces import load_face
from tests.conftest import bag_in_place

WHITE, INK = 255, 0


def written(paper=WHITE, height=1754, width=1240):
    """A page at 150 dpi with strokes of ink."""
    pixels = np.full((height, width), paper, np.uint8)
    for top in range(300, 1200, 40):
        pixels[top : top + 3, 200:1000] = INK
        pixels[top : top + 20, 200:1000:25] = INK
    return pixels


def opened(content):
    return Image.open(io.BytesIO(content))


def test_a_fax_keeps_every_dot():
    """In black and white, in a tenth of the bytes of a grey picture."""
    pixels = written()
    pixels[np.random.default_rng(1).integers(0, 1754, 900), np.random.default_rng(2).integers(0, 1240, 900)] = INK
    content = compressed(Upright(Picture(pixels, 150)), 60, 120)
    image = opened(content)
    assert (image.format, image.mode) == ("TIFF", "1")
    assert np.array_equal(np.asarray(image.convert("L")), pixels)


@pytest.mark.parametrize("turn", [0, 90])
def test_a_fax_that_was_fed_at_an_angle_is_upright_and_sharp(turn):
    """Its lines are level, and still black on white."""
    leaning = Upright(Picture(written(), 150), 0, -2.0).at(1, crisp=False)
    leaning = np.where(np.rot90(leaning, turn // 90) < 128, INK, WHITE).astype(np.uint8)
    page = Upright(Picture(leaning, 150), turn, 2.0)
    image = opened(compressed(page, 60, 120))
    assert (image.format, image.size) == ("TIFF", page.size)
    rows = (np.asarray(image.convert("L"))[:, 400:900] == INK).mean(axis=1)
    assert rows.max() > 0.99


def test_drawn_letters_with_grey_edges_are_kept_in_black_and_white():
    """So a born-digital page is sharp at all of its dots."""
    bold = cv2.erode(written(), np.ones((3, 3), np.uint8))
    drawn = cv2.warpAffine(bold, np.array([[1, 0, 0.4], [0, 1, 0.3]]), (1240, 1754), borderValue=WHITE)
    assert len(np.unique(drawn)) > 4
    assert opened(compressed(Upright(Picture(drawn.astype(np.uint8), 150)), 60, 120)).format == "TIFF"


@pytest.mark.parametrize("shade", [245, 200, 120])
def test_what_is_grey_stays_grey(shade):
    """A background, or one thin line of a form."""
    area, line = written(), written()
    area[1300:1400, 300:900] = shade
    line[1500, 300:900] = shade
    for pixels in (area, line):
        image = opened(compressed(Upright(Picture(pixels, 150)), 60, 1000))
        assert image.mode == "L"
        changed = np.abs(np.asarray(image).astype(int) - pixels)
        assert changed.max() < 60
        assert changed[1500, 400:800].mean() < 10


@pytest.mark.parametrize(("size", "mode"), [(17, "L"), (34, "1")])
def test_small_letters_keep_their_thin_strokes(size, mode):
    """At 150 dots an inch, strokes of print are narrower than a pixel, and grey."""
    image = Image.new("L", (1240, 1754), WHITE)
    face = load_face("Khmer OS Battambang", size)
    for top in range(100, 1600, 3 * size):
        ImageDraw.Draw(image).text((100, top), "តុលាការបានសម្រេចឲ្យលើកពេលសវនាការ", 0, face)
    assert opened(compressed(Upright(Picture(np.asarray(image), 150)), 60, 1000)).mode == mode


def test_what_is_in_the_ink_is_kept():
    """A dark photograph, or a stamp on a black ground."""
    pixels = written()
    pixels[1300:1600, 300:800] = 20
    cv2.putText(pixels, "COPIE", (320, 1480), cv2.FONT_HERSHEY_SIMPLEX, 4, (75,), 8)
    image = opened(compressed(Upright(Picture(pixels, 150)), 60, 120))
    assert image.mode == "L"
    assert np.asarray(image)[1300:1600, 300:800].std() > 10


def test_a_large_plan_is_reduced(monkeypatch):
    """A reading room could not show the dots of a plan of A1 at 600 dpi."""
    monkeypatch.setattr(compress, "MOST_DOTS", 1_000_000)
    page = Upright(Picture(written(), 150))
    assert opened(compressed(page, 60, 120)).format != "TIFF"
    monkeypatch.setattr(compress, "MOST_DOTS", 10_000_000)
    assert opened(compressed(page, 60, 120)).format == "TIFF"


def test_grey_dots_of_print_are_not_kept_as_black_dots():
    """A photograph in half-tones takes more bytes in black and white than a whole page may have."""
    noise = np.where(np.random.default_rng(3).random((1754, 1240)) < 0.5, INK, WHITE).astype(np.uint8)
    assert opened(compressed(Upright(Picture(noise, 150)), 60, 120)).format != "TIFF"


def aged(shape, noise):
    paper = np.random.default_rng(4).normal(200, noise, shape).clip(0, 255).astype(np.uint8)
    strokes = written(height=shape[0], width=shape[1]) == INK
    paper[strokes] = 40
    return cv2.GaussianBlur(paper, (3, 3), 0)


@pytest.mark.parametrize("skew", [0, 1.5])
def test_a_page_is_as_good_a_jpeg_as_its_size_allows(skew):
    """At 180 dots an inch, turned upright as it is reduced; a page with more noise takes as many bytes."""
    allowed = 120_000 * 3508 * 2480 / (300**2 * 210 / 25.4 * 297 / 25.4)
    sizes = []
    for noise in (10, 14):
        page = Upright(Picture(aged((3508, 2480), noise), 300), 0, skew)
        content = compressed(page, 60, 120)
        image = opened(content)
        assert image.format == "JPEG"
        assert image.size == pytest.approx([side * 0.6 for side in page.size], abs=1)
        sizes.append(len(content) / (page.size[0] * page.size[1] / 2480 / 3508))
    assert all(0.8 * allowed < size <= 1.02 * allowed for size in sizes)


def test_a_jpeg_that_would_have_blocks_becomes_jpeg_2000():
    """Paper with much noise, or a page of few pixels, and so of few bytes."""
    assert opened(compressed(Upright(Picture(aged((3508, 2480), 60), 300)), 60, 120)).format == "JPEG2000"


def test_a_seal_stays_in_colour():
    """Red on paper, and the paper as yellow as it was."""
    grey = aged((3508, 2480), 8)
    pixels = np.stack((grey, grey - 10, grey - 40), axis=2)
    cv2.circle(pixels, (1600, 2600), 200, (190, 40, 50), 30)
    page = Upright(Picture(pixels, 300), 0, -1.0)
    image = opened(compressed(page, 60, 120))
    shown, wanted = (np.asarray(image).astype(int), page.at(0.6).astype(int))
    assert image.format == "JPEG"
    red = (wanted[..., 0] > 170) & (wanted[..., 1] < 60)
    assert red.sum() > 10_000
    assert np.abs(shown[red].mean(axis=0) - wanted[red].mean(axis=0)).max() < 8
    assert np.abs(shown[~red].mean(axis=0) - wanted[~red].mean(axis=0)).max() < 2


def test_black_and_white_is_right_in_the_pdf_and_comes_out_of_it_unchanged(make, tmp_path):
    """White paper, and the same file again when a bag is made again without its scans."""
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"abc")
    page = make.page(["a"], ["b"], scan=hashlib.sha256(b"abc").hexdigest())
    content = compressed(Upright(Picture(written(), 150)), 60, 120)
    picture = tmp_path / "1"
    picture.write_bytes(content)
    write_pdf(Description("x"), [page], [picture], tmp_path / "out.pdf")
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        (image,) = pdf.pages[0].get_images().values()
        shown = pikepdf.PdfImage(image).as_pil_image().convert("L")  # type: ignore[arg-type]  # an image is a stream
    assert np.array_equal(np.asarray(shown), written())
    case = make.case(page)
    bag = bag_in_place(case, [page], {page.scan: scan}, {(page.scan, 1): picture}, tmp_path / "archive")
    (again,) = extract_pictures(bag, case, tmp_path).values()
    assert again.read_bytes() == content
