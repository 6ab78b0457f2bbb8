"""Text of a PDF page that a viewer does not show is not indexed; it is noted."""

import subprocess

import cv2
import numpy as np
import pikepdf
import pytest
from fpdf import FPDF
from pikepdf import Array, Dictionary, Name

from config.settings import load
from models.scan import Kind
from pipeline.formats.text_layer import Fonts, add_words, page_size
from pipeline.page.make import make_page, page_picture
from tests.page import raw_pdf
from tests.page.test_born_digital import KHMER, KHMER_FONT

SETTINGS = load().page.model_copy(update={"dpi": 100})
# The name is at 62 to 128 points, its letters between 100 and 109.
NAME = "BT /F1 12 Tf 30 100 Td (Heard SOKDARA that night) Tj ET "
OVER = "64 95 66 18 re f "


def _page(file):
    return make_page(file, Kind.PDF, "ab" * 32, 1, SETTINGS, 30)


def _lines(page):
    return ["".join(word.text + " " * word.space for word in line.words).strip() for line in _all_lines(page)]


def _all_lines(page):
    return [line for block in page.blocks for line in block.lines]


def _photo(pdf, page):
    waves = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 255, (60, 120), dtype=np.uint8), (0, 0), 4)
    page.Resources.XObject.Im0 = raw_pdf.picture(
        pdf, cv2.normalize(waves, np.empty_like(waves), 20, 230, cv2.NORM_MINMAX).astype(np.uint8)
    )


def _transparent(_pdf, page):
    page.Resources.ExtGState = Dictionary(G0=Dictionary(ca=0), G1=Dictionary(ca=0.4))


def _note(content, flags=4):
    def extra(pdf, page):
        raw_pdf.annotate(pdf, page, content, (60, 90, 132, 115), F=flags)

    return extra


def _layer(by_default=None, *, member=False, in_form=False):
    def extra(pdf, page):
        off, on = (pdf.make_indirect(Dictionary(Type=Name.OCG, Name=name)) for name in ("Draft", "Final"))
        shown = Dictionary(BaseState=Name.OFF, ON=[on]) if by_default == "off" else Dictionary(OFF=[off])
        pdf.Root.OCProperties = Dictionary(OCGs=[off, on], D=shown)
        layer = Dictionary(Type=Name.OCMD, OCGs=[off, on], P=Name.AllOn) if member else off
        page.Resources.Properties = Dictionary(P0=layer)
        if in_form:
            page.Resources.XObject.Fm0 = raw_pdf.form(pdf, page, NAME, OC=off)

    return extra


@pytest.mark.parametrize(
    ("content", "extra"),
    [
        (NAME + OVER, None),
        (f"{NAME}1 g {OVER}", None),
        (OVER + NAME, None),
        (f"1 g {NAME}", None),
        (f"0.99 g {NAME}", None),
        (f"q 0 0 50 300 re W n {NAME}Q", None),
        (f"3 Tr {NAME}", None),
        (f"/G0 gs {NAME}", _transparent),
        (NAME.replace("12 Tf", "0.1 Tf"), None),
        (f"q 0.01 0 0 0.01 30 100 cm {NAME}Q", None),
        (NAME.replace("30 100", "400 100"), None),
        (f"{NAME}q 80 0 0 30 60 90 cm /Im0 Do Q", _photo),
        (NAME, _note(f"0 g {OVER}")),
        (NAME, _note(f"1 g {OVER}")),
        ("", _note(NAME, flags=2)),
        (f"/OC /P0 BDC {NAME}EMC", _layer()),
        (f"/OC /P0 BDC {NAME}EMC", _layer(member=True)),
        (f"/OC /P0 BDC {NAME}EMC", _layer("off")),
        ("/Fm0 Do", _layer(in_form=True)),
        (f"{NAME}1 g {OVER}0 g BT /F1 12 Tf 66 100 Td (Mr. X) Tj ET", None),
        (f"{NAME}1 g {OVER}0 g BT /F1 12 Tf 66 100 Td (AOSKRAD) Tj ET", None),
    ],
    ids=[
        "black bar", "white box", "black on black", "white on white", "nearly white", "clipped", "invisible",
        "transparent", "tiny", "shrunk", "beside the page", "under a photograph", "under a note", "under a white note",
        "in a hidden note", "layer off", "one of two layers off", "all layers off", "form in a layer off", "replaced",
        "replaced by the same letters",
    ],
)  # fmt: skip
def test_what_a_viewer_does_not_show_is_left_out_and_noted(tmp_path, content, extra):
    """For everything that can hide it; the text next to it stays."""
    page = _page(raw_pdf.write(tmp_path / "a.pdf", raw_pdf.BODY + content, extra))
    text = " ".join(_lines(page))
    assert "SOKDARA" not in text
    assert "and told what he saw on the road that evening." in text
    assert ("Mr. X" in text) == ("Mr. X" in content)
    assert ("AOSKRAD" in text) == ("AOSKRAD" in content)
    # What no viewer and no program shows does not exist.
    assert ["left out" in remark for remark in page.unread] == ([] if not content else [True])


@pytest.mark.parametrize(
    ("content", "extra"),
    [
        (f"20 95 200 18 re f 1 g {NAME}", None),
        (f"0.8 g {NAME}", None),
        (f"1 1 0 rg {OVER}0 g {NAME}", None),
        (f"{NAME}64 103 66 1 re f", None),
        (f"1 Tr {NAME}", None),
        (f"/G1 gs {NAME}", _transparent),
        (f"{NAME}{NAME.replace('30 100', '30.3 100')}", None),
        (f"0.5 g {NAME.replace('30 100', '31 99')}0 g {NAME}", None),
        (f"q 200 0 0 30 20 90 cm /Im0 Do Q 1 g {NAME}", _photo),
        (NAME, _note(f"0 g {OVER}", flags=2)),
        (NAME, _note(f"0 g {OVER}", flags=32)),
        ("", _note(f"0 g {NAME.replace('30 100', '30 98')}")),
    ],
    ids=[
        "white on a bar", "grey", "marked", "struck out", "outlined letters", "half transparent", "drawn twice",
        "with a shadow", "over a photograph", "under a hidden note", "under a note not to be viewed", "in a note",
    ],
)  # fmt: skip
def test_what_a_viewer_shows_is_kept(tmp_path, content, extra):
    """Even if it is hard to read."""
    page = _page(raw_pdf.write(tmp_path / "a.pdf", raw_pdf.BODY + content, extra))
    assert "SOKDARA" in "\n".join(_lines(page))
    assert page.unread == ()


def test_of_a_word_only_what_is_seen_is_kept(tmp_path):
    """Khmer has no spaces: a bar over a name may lie over the middle of a line that is one word."""
    name = "BT /F1 12 Tf 30 100 Td (HeardSOKDARAthere) Tj ET 62 95 65 18 re f"
    page = _page(raw_pdf.write(tmp_path / "a.pdf", raw_pdf.BODY + name))
    (line,) = [line for line in _lines(page) if "Heard" in line]
    assert line.split(" ")[0] == "Heard"
    assert "SOKDARA" not in line
    assert page.unread == ("1 word that viewers do not show is left out",)


def test_a_page_more_hidden_than_seen_is_recognised(tmp_path):
    """The rest of its text is not the text on the page."""
    hidden = raw_pdf.BODY.replace("30 260", "30 160")
    page = _page(raw_pdf.write(tmp_path / "a.pdf", f"{NAME}1 g {hidden}"))
    assert page.source == "recognised"
    assert "that night" in "\n".join(_lines(page))
    assert "evening" not in "\n".join(_lines(page))
    assert page.unread == ("28 words that viewers do not show are left out",)


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_page_that_stands_sideways_or_on_its_head_is_set_upright(tmp_path, turn, rotate):
    """If its lines are turned, or the PDF turns it, or both, as in scans. Words are on their ink, in order."""
    pdf = FPDF(unit="pt", format=(320, 400))
    pdf.set_text_shaping(True)
    pdf.add_page()
    pdf.add_font("khmer", fname=KHMER_FONT)
    lines = (KHMER, "The clerk wrote it down", "and read it aloud to him", "who had told it that day")
    with pdf.rotation(turn, 160, 200):
        for number, line in enumerate(lines):
            pdf.set_font("khmer" if line == KHMER else "helvetica", size=12)
            pdf.text(80, 170 + 24 * number, line)
    file = tmp_path / "a.pdf"
    pdf.output(str(file))
    with pikepdf.open(file, allow_overwriting_input=True) as changed:
        changed.Root.Pages.Rotate = rotate  # the page inherits it
        changed.save(file)
    page = _page(file)
    assert page.turn == (turn - rotate) % 360
    assert _lines(page) == list(lines)
    pixels = page_picture(file, Kind.PDF, page, 100, 30, upright=True).at(1)
    assert pixels.shape[:2] == (page.height, page.width)
    ink = pixels < 128
    for line in _all_lines(page):
        assert ink[line.box.top : line.box.bottom, line.box.left : line.box.right].mean() > 0.05
        ink[line.box.top : line.box.bottom, line.box.left : line.box.right] = False
    assert ink.sum() < 50
    with pikepdf.new() as layer:
        add_words(layer, layer.add_blank_page(page_size=page_size(page, upright=True)), page, Fonts(layer))
        layer.save(tmp_path / "layer.pdf")
    done = subprocess.run(["pdftotext", tmp_path / "layer.pdf", "-"], capture_output=True, encoding="utf-8", check=True)
    assert " ".join(done.stdout.split()) == " ".join(lines)


def test_the_direction_of_most_lines_is_that_of_the_page(tmp_path):
    """A landscape table on a portrait page with a header; words of another direction stay whole."""
    header = "BT /F1 12 Tf 60 280 Td (Header of the report) Tj ET "
    table = f"q 0 1 -1 0 330 0 cm {raw_pdf.BODY.replace('30 260', '10 260')}Q"
    page = _page(raw_pdf.write(tmp_path / "a.pdf", header + table))
    assert page.turn == 90
    lines = _lines(page)
    assert lines[:2] == [
        "The witness came before the court of first instance",
        "and told what he saw on the road that evening.",
    ]
    assert lines[3:] == ["Header", "of", "the", "report"]


def test_words_that_run_aslant_are_whole_and_come_last(tmp_path):
    """A slanted mark across the page; poppler returns its letters one by one."""
    mark = "0.7 g BT /F1 30 Tf 0.7071 0.7071 -0.7071 0.7071 90 40 Tm (CERTIFIED COPY) Tj ET"
    lines = _lines(_page(raw_pdf.write(tmp_path / "a.pdf", mark + " 0 g " + raw_pdf.BODY)))
    assert lines[0] == "The witness came before the court of first instance"
    assert lines[3:] == ["CERTIFIED COPY"]


def test_slanted_letters_run_level(tmp_path):
    """As programs slant fonts that have no italic."""
    slanted = "BT /F1 12 Tf 1 0 0.3 1 30 100 Tm (An opinion that dissents) Tj ET"
    assert "An opinion that dissents" in _lines(_page(raw_pdf.write(tmp_path / "a.pdf", raw_pdf.BODY + slanted)))


def test_a_form_field_says_what_it_shows(tmp_path):
    """Its text is in a note, not on the page itself."""

    def extra(pdf, page):
        raw_pdf.annotate(pdf, page, NAME, (20, 90, 300, 120), Subtype=Name.Widget, FT=Name.Tx, F=4)
        pdf.Root.AcroForm = Dictionary(Fields=Array(list(page.obj.Annots)))

    page = _page(raw_pdf.write(tmp_path / "a.pdf", raw_pdf.BODY, extra))
    assert _lines(page).count("Heard SOKDARA that night") == 1
    assert page.unread == ()
