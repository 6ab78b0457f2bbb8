"""Reading small pages that are typeset here in free fonts and artificially aged."""

from dataclasses import replace
from difflib import SequenceMatcher

import cv2
import numpy as np
import pytest

from config.settings import load
from models.errors import ScanError
from models.failure import Code
from models.page import Page
from pipeline.page import blank
from pipeline.page.blank import FAINT, ONLY_FAINT
from pipeline.page.job import Reading
from pipeline.page.picture import Picture
from pipeline.page.read import read_picture
from pipeline.page.upright import make_upright
from pipeline.text.plain import page_text
from samples.age import Wear, age
from samples.typeset import Columns, Gap, Table, Text, draw, lay_out
from tests.page.conftest import FRENCH, KHMER

DPI = 200
SETTINGS = load().page


def picture(*blocks, cut=0.45, **wear):
    """A page with these blocks at its top; the empty paper below is cut off to save time."""
    (sheet,) = lay_out([block if not isinstance(block, str) else Text(block, after=2) for block in blocks], DPI)
    clean = draw(sheet)[: int(sheet.height * cut)]
    return Picture(age(clean, np.random.default_rng(3), wear=Wear(**wear)) if wear else clean, float(DPI))


def read(picture, seconds=600.0, **settings):
    return read_picture(picture, SETTINGS.model_copy(update=settings), seconds)


def text_of(reading: Reading) -> str:
    page = Page(
        scan="0", number=1, recipe="", width=reading.width, height=reading.height, dpi=DPI, blocks=reading.blocks
    )
    return page_text(page)[0]


def words_of(reading):
    return [word for block in reading.blocks for line in block.lines for word in line.words]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_khmer_page_is_set_upright_whichever_way_it_was_fed(turn):
    """A page scanned in any of the four directions is read, and records the turn that makes it upright."""
    fed = picture(*KHMER, strength=0.5, lean=2.0)
    reading = read(replace(fed, pixels=np.ascontiguousarray(np.rot90(fed.pixels, turn // 90))))
    assert reading.turn == turn
    assert not reading.notes
    assert "សវនាការ" in text_of(reading)


def test_upside_down_french_page_is_set_upright():
    """Latin pages are turned and read too, with accents."""
    fed = picture(*(Text(line, "Liberation Mono") for line in FRENCH), strength=0.5)
    reading = read(replace(fed, pixels=np.ascontiguousarray(np.rot90(fed.pixels, 2))))
    assert reading.turn == 180
    assert text_of(reading).split("\n\n")[0].splitlines() == list(FRENCH)


def test_lean_is_found_to_a_tenth_of_a_degree():
    """The skew is the clockwise rotation of the page, to 0.1°."""
    level = picture(*KHMER, *KHMER)
    leaning = make_upright(level, 0, -1.7)
    assert read(leaning).skew == pytest.approx(1.7, abs=0.1)


def test_lines_are_whole_and_in_order():
    """Each printed line is one line of the text: what is stacked above and below its letters belongs to it."""
    lines = text_of(read(picture(*KHMER))).split("\n")
    assert lines == list(KHMER)


def test_columns_are_read_one_after_the_other():
    """The left column is read to its end before the right column begins."""
    left, right = (
        tuple(Text(line, size=9, after=2) for line in KHMER),
        tuple(Text(line, "Liberation Serif", 9, after=2) for line in FRENCH),
    )
    text = text_of(read(picture(Columns((left, right), gap=14))))
    assert text.index("ក្រឡាបញ្ជី") < text.index("greffier")


@pytest.mark.parametrize("turn", [0, 180])
def test_ruled_table_keeps_its_rows_together(turn):
    """The cells of a ruled table are read separately in every direction; a row is a line of the text, with tabs."""
    table = Table((("១", "សាក្សី", "Phnom Penh"), ("២", "មេធាវី", "Battambang"), ("៣", "ចៅក្រម", "Kampot")), (1, 3, 3))
    fed = picture(KHMER[0], Gap(6), table, Gap(6), KHMER[1])
    reading = read(replace(fed, pixels=np.ascontiguousarray(np.rot90(fed.pixels, turn // 90))))
    rows = [line for line in text_of(reading).splitlines() if "\t" in line]
    assert [row.split("\t")[1:] for row in rows] == [
        ["សាក្សី", "Phnom Penh"],
        ["មេធាវី", "Battambang"],
        ["ចៅក្រម", "Kampot"],
    ]
    cells = [block.cell for block in reading.blocks if block.cell]
    assert [(cell.row, cell.column) for cell in cells] == [(row, column) for row in range(3) for column in range(3)]


def test_unruled_table_keeps_its_rows_together():
    """Short level cells with aligned columns are a table, even without printed rules."""
    rows = (("រថយន្ត", "១២០.០០០"), ("អាហារ", "៤៥.០០០"), ("សរុប", "១៦៥.០០០"))
    columns = tuple(tuple(Text(row[side], after=3) for row in rows) for side in range(2))
    lines = text_of(read(picture(KHMER[0], Gap(6), Columns(columns), Gap(6), KHMER[1]))).splitlines()
    assert [line.split("\t") for line in lines if "\t" in line] == [list(row) for row in rows]


def test_title_by_itself_keeps_the_signs_above_its_letters():
    """White between a row of signs and the letters under it does not separate them."""
    title = Text("កំណត់ហេតុស្តាប់ចម្លើយ", size=15, align="centre")
    first = text_of(read(picture(title, Gap(8), *KHMER))).split("\n")[0]
    assert first.startswith("កំណត់ហេ")
    assert first.endswith("ស្តាប់ចម្លើយ")


def test_dotted_leaders_of_a_form_are_no_text():
    """They are rules made of dots; the text between them is read, also the last word of a line of dots."""
    lines = text_of(read(picture("មុខរបរ" + "." * 30 + "អាយុ" + "." * 9, "ហត្ថលេខា" + "." * 40, KHMER[0]))).splitlines()
    assert lines == ["មុខរបរ អាយុ", "ហត្ថលេខា", KHMER[0]]


def test_words_stand_where_they_are_printed():
    """Boxes are in pixels of the upright page at the scan's own resolution: the ink of a word is in its box."""
    leaning = make_upright(picture(*KHMER), 0, 1.2)
    reading = read(leaning)
    upright = make_upright(leaning, reading.turn, reading.skew)
    assert (reading.height, reading.width) == upright.pixels.shape
    inked = upright.pixels < 100
    covered = np.zeros_like(inked)
    for word in words_of(reading):
        covered[word.box.top - 2 : word.box.bottom + 2, word.box.left - 2 : word.box.right + 2] = True
    assert inked[covered].sum() > 0.97 * inked.sum()


@pytest.mark.parametrize("dpi", [295, 305])
@pytest.mark.parametrize("turn", [0, 90, 180])
def test_words_stand_where_they_are_printed_at_any_resolution(dpi, turn):
    """They are also right on a page that is read with its own pixels because its dpi is nearly that of reading."""
    (drawn,) = lay_out([Gap(180), *(Text(line, after=2) for line in KHMER)], dpi)
    fed = Picture(np.ascontiguousarray(np.rot90(draw(drawn), turn // 90)), float(dpi))
    reading = read(fed)
    assert reading.turn == turn
    inked = make_upright(fed, reading.turn, reading.skew).pixels < 100
    covered = np.zeros_like(inked)
    for word in words_of(reading):
        covered[word.box.top - 2 : word.box.bottom + 2, word.box.left - 2 : word.box.right + 2] = True
    assert inked[covered].sum() > 0.97 * inked.sum()


def test_khmer_words_are_not_torn_apart():
    """There is no space where none is printed between Khmer words; a printed space is kept."""
    text = text_of(read(picture("ជាតិ   សាសនា   ព្រះមហាក្សត្រ", *KHMER)))
    assert text.split("\n")[0].split() == ["ជាតិ", "សាសនា", "ព្រះមហាក្សត្រ"]
    assert KHMER[1] in text


def test_sure_lines_are_surer_than_spoilt_ones():
    """The confidence of a line falls when its print is damaged."""
    good = read(picture(*KHMER))
    spoilt = picture(*KHMER)
    blurred = replace(spoilt, pixels=cv2.GaussianBlur(spoilt.pixels, (0, 0), 3.2))
    mean = [
        np.mean([line.confidence for block in reading.blocks for line in block.lines])
        for reading in (good, read(blurred))
    ]
    assert mean[0] > 0.7
    assert mean[1] < mean[0] - 0.1


@pytest.mark.parametrize("strength", [0.35, 0.2])
def test_faded_page_is_read(strength):
    """A page whose ink has almost disappeared is read as well as a fresh one."""
    fresh = picture(*KHMER)
    faded = (200 - (200 - np.minimum(fresh.pixels, 200).astype(float)) * strength).astype(np.uint8)
    reading = read(replace(fresh, pixels=faded))
    assert not reading.blank
    assert "សវនាការ" in text_of(reading)


def test_print_under_the_ring_of_a_seal_survives():
    """A ring of ink across several lines does not connect them, and nearly all of their letters stay readable."""
    sealed = picture(*KHMER)
    cv2.circle(sealed.pixels, (470, 240), 90, (90,), 7)
    lines = text_of(read(sealed)).split("\n")
    assert len(lines) == len(KHMER)
    assert SequenceMatcher(None, "".join(KHMER), "".join(lines), autojunk=False).ratio() > 0.93


def test_red_seal_vanishes_from_under_black_print():
    """On a colour scan, a red seal does not harm the black print that it covers."""
    plain = picture(*KHMER)
    colour = np.repeat(plain.pixels[..., None], 3, axis=2)
    seal = np.zeros(plain.pixels.shape, np.uint8)
    cv2.putText(seal, "SEAL", (300, 330), cv2.FONT_HERSHEY_SIMPLEX, 5, (255,), 24)
    colour[(seal > 0)] = np.minimum(colour[seal > 0], (235, 60, 70))
    assert text_of(read(replace(plain, pixels=colour))).split("\n") == list(KHMER)


def test_black_borders_and_punch_holes_are_not_read():
    """A scanner's black border and punch holes are not read as text and do not harm it."""
    framed = picture(*KHMER)
    pixels = framed.pixels
    pixels[:40], pixels[:, -50:] = 10, 10
    for row in (300, 800):
        cv2.circle(pixels, (80, row), 25, (10,), -1)
    assert text_of(read(framed)).split("\n") == list(KHMER)


def bleed_through(strength):
    other = picture(*KHMER, *KHMER).pixels[:, ::-1].astype(float)
    return (205 - (255 - other) * strength).astype(np.uint8)


@pytest.mark.parametrize("strength", [0.08, 0.15])
def test_back_of_a_sheet_is_blank_though_ink_shines_through(strength):
    """A page with only bleed-through, a border and punch holes on it is blank."""
    pixels = bleed_through(strength)
    pixels[:, :40] = 10
    cv2.circle(pixels, (110, 500), 25, (10,), -1)
    reading = read(Picture(pixels, float(DPI)))
    assert reading.blank
    assert reading.blocks == ()
    assert set(reading.notes) <= {ONLY_FAINT}


def test_faint_writing_is_read_where_its_mirror_image_is_not(monkeypatch):
    """A bad carbon copy is not blank, but bleed-through is; a note records that it is uncertain."""
    monkeypatch.setattr(blank, "_READABLE", 0.99)
    blurred = np.minimum(cv2.GaussianBlur(picture(*KHMER).pixels, (0, 0), 2.5), 205).astype(float)
    reading = read(Picture((205 - (205 - blurred) * 0.25).astype(np.uint8), float(DPI)))
    assert FAINT in reading.notes
    assert "សវនាការ" in text_of(reading)
    assert read(Picture(bleed_through(0.15), float(DPI))).blank


def test_specks_are_no_text():
    """Readings of dirt, a piece of a rule or a smudge are left out, and single letters of a list are kept."""
    page = picture(*KHMER, "ក", *KHMER[:1])
    for row, column in ((900, 300), (950, 800), (1000, 1200)):
        cv2.line(page.pixels, (column, row), (column, row + 40), (0,), 4)
    lines = text_of(read(page)).split("\n")
    assert [line for line in lines if line] == [*KHMER, "ក", KHMER[0]]


def test_photograph_without_text_is_not_blank():
    """A page with a picture is not the empty back of a sheet."""
    pixels = np.full((1754, 1240), 240, np.uint8)
    cv2.circle(pixels, (600, 700), 250, (40,), -1)
    reading = read(Picture(pixels, 150.0))
    assert not reading.blank
    assert reading.blocks == ()


@pytest.mark.slow
@pytest.mark.parametrize("value", [0, 12, 30])
@pytest.mark.parametrize("channels", [(), (3,)])
def test_page_that_is_black_all_over_is_not_blank(value, channels):
    """A scanner's lamp failed: nobody knows what is on the page, no matter how the noise of its sensor looks."""
    noise = np.random.default_rng(4).integers(0, 5, (877, 620, *channels), np.uint8)  # a small sheet: all noise is read
    reading = read(Picture(value + noise, 150.0))
    assert not reading.blank
    assert reading.blocks == ()


def test_page_with_one_short_line_is_not_blank():
    """Little text is still text."""
    reading = read(picture("លេខ ២១៤/០៣"))
    assert not reading.blank
    assert "២១៤/០៣" in text_of(reading)


def test_page_with_too_little_text_stays_as_it_is_and_says_so():
    """Nobody can know which way up a single dash is: the page is not turned, and gets a note."""
    pixels = np.full((600, 600), 240, np.uint8)
    pixels[300:306, 280:320] = 20
    pixels[200:206, 280:320] = 20
    reading = read(Picture(pixels, float(DPI)))
    assert reading.turn == 0
    assert reading.notes == ("too little text to tell which way is up",)
    assert not reading.blank


@pytest.mark.parametrize("shape", [(1, 1), (5, 5), (3, 900), (900, 3), (40, 40, 3)])
@pytest.mark.parametrize("value", [0, 255])
def test_tiny_and_empty_pictures_are_blank(shape, value):
    """A picture of any size with nothing on it is a blank page, not an error."""
    reading = read(Picture(np.full(shape, value, np.uint8), float(DPI)))
    assert reading.blank
    assert (reading.height, reading.width) == shape[:2]


def test_picture_that_hides_its_resolution_is_read():
    """Cameras and programs write 72 dpi into any picture."""
    page = picture(*KHMER, cut=1.0)
    assert "សវនាការ" in text_of(read(replace(page, dpi=72.0)))


def test_time_limit_ends_the_reading():
    """A page that takes too long is stopped, and its code is the timeout's."""
    with pytest.raises(ScanError) as error:
        read(picture(*KHMER), seconds=0.05)
    assert error.value.failure.code is Code.TIMEOUT


def test_missing_model_is_a_failure_of_recognition():
    """An error of Tesseract becomes a failure that an operator understands."""
    with pytest.raises(ScanError) as error:
        read(picture(*KHMER), network="", first_languages="nosuchmodel")
    assert error.value.failure.code is Code.RECOGNITION
    assert "nosuchmodel" in error.value.failure.detail
