"""The skew of a page is measured if there is enough writing, and otherwise is 0."""

import cv2
import numpy as np
import pytest

from config.settings import load
from pipeline.page import orient
from pipeline.page.job import View
from pipeline.page.picture import Picture
from pipeline.page.read import picture_job
from pipeline.page.stages import PICTURE_STAGES, run_through
from pipeline.page.upright import make_upright
from samples.typeset import Gap, Text, draw, lay_out

DPI = 200
SETTINGS = load().page
UPRIGHT = next(number for number, stage in enumerate(PICTURE_STAGES, 1) if stage.name == "upright")


def printed(*lines, size=11.5, face=None):
    """A third of a page, with these lines."""
    faces = ("Liberation Serif", "Khmer OS Siemreap")
    blocks = [Text(line, face or faces[line[0] >= "\u1780"], size, after=2) for line in lines]
    (sheet,) = lay_out([Gap(10), *blocks], DPI)
    return draw(sheet)[: sheet.height // 3]


def orientation_of(pixels):
    job = picture_job(Picture(pixels, float(DPI)), SETTINGS, 60)
    assert run_through(PICTURE_STAGES[:UPRIGHT], job) is None
    return job.orientation


def leaning(pixels, degrees):
    return make_upright(Picture(pixels, float(DPI)), 0, -degrees).pixels


def scattered():
    """A word at the top right, one further down on the left: turned, their projections would coincide."""
    page = printed("Annexe")
    page[400:500, 900:1500] = page[120:220, 100:700]
    return page


def drawn():
    """A signature, a round stamp and a rule."""
    page = np.full((700, 1400), 255, np.uint8)
    steps = np.arange(100)
    waves = 400 + 40 * np.sin(steps / 6) + 25 * np.sin(steps / 2.3) - 0.3 * steps
    cv2.polylines(page, [np.stack((300 + 4 * steps, waves), axis=1).astype(np.int32)], False, (20,), 4)
    cv2.circle(page, (1000, 350), 130, (40,), 6)
    cv2.putText(page, "SCEAU", (920, 360), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (40,), 4)
    page[600:603, 200:1300] = 0
    return page


@pytest.mark.parametrize(
    "pixels",
    [
        *(printed(word) for word in ("FIN", "Copy", "12", "ចប់", "ទំព័រ ១", "Annexe 3", "vu le greffier", "ឧបសម្ព័ន្ធ")),
        printed("Anticonstitutionnellement"),
        printed("Fait à Paris", "le 3 mai 1963"),
        printed("ភ្នំពេញ", "ថ្ងៃទី ៣"),
        printed("Boîte", "12", "1963"),
        printed("A", size=60),
        printed("fin", size=8),
        scattered(),
        drawn(),
    ],
)
def test_level_page_with_next_to_nothing_on_it_is_left_as_it_is(pixels):
    """A word or two, a number, a signature: the page is not turned or rotated at all."""
    found = orientation_of(pixels)
    assert (found.turn, found.skew) == (0, 0.0)


@pytest.mark.parametrize(
    "lines",
    [
        ("Le greffier a remis le dossier au procureur.",),
        ("តុលាការបានសម្រេចឲ្យលើកពេលសវនាការ", "ចៅក្រមស្តាប់ចម្លើយរបស់សាក្សីនៅក្នុងបន្ទប់"),
        ("Le greffier a remis le dossier.", "Le tribunal entend les témoins à huit heures.", "La séance est levée."),
    ],
)
@pytest.mark.parametrize("degrees", [0, -4, -0.5, 1, 5])
def test_few_lines_are_set_straight(lines, degrees):
    """One line or more show their skew to a third of a degree; if they are level, nothing is rotated."""
    found = orientation_of(leaning(printed(*lines), degrees) if degrees else printed(*lines))
    assert found.skew == (pytest.approx(degrees, abs=0.35) if degrees else 0.0)


@pytest.mark.parametrize("degrees", [-14, 8])
def test_a_page_that_was_photographed_aslant_is_set_straight(degrees):
    """Nobody puts a page under a camera as straight as in a scanner."""
    lines = ("Le greffier a remis le dossier au procureur.", "តុលាការបានសម្រេចឲ្យលើកពេលសវនាការ") * 3
    found = orientation_of(leaning(printed(*lines), degrees))
    assert (found.turn, found.skew) == (0, pytest.approx(degrees, abs=0.35))


def test_lean_is_told_in_round_steps():
    """The recorded skew is a multiple of 0.05 degrees, and never 0 with only a rounding error."""
    lines = ("Le greffier a remis le dossier au procureur.", "La séance est levée et renvoyée à mardi.") * 3
    for degrees in (1.3, -2.7):
        skew = orientation_of(leaning(printed(*lines), degrees)).skew
        assert skew == pytest.approx(degrees, abs=0.15)
        assert skew == round(skew, 2)


CLEAR = (
    ("Le greffier a remis le dossier au procureur.", "La séance est levée et renvoyée à mardi."),
    ("តុលាការបានសម្រេចឲ្យលើកពេលសវនាការ", "ចៅក្រមស្តាប់ចម្លើយរបស់សាក្សីនៅក្នុងបន្ទប់"),
)


@pytest.mark.parametrize("lines", CLEAR)
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_clear_page_is_set_upright_by_the_network_alone(lines, turn):
    """Tesseract, which takes three times as long, decides only where the network is not sure."""
    page = np.ascontiguousarray(np.rot90(printed(*lines * 3), turn // 90))
    job = picture_job(Picture(page, float(DPI)), SETTINGS, 60)
    job.recogniser = None  # type: ignore[assignment]  # an error if it is used
    run_through(PICTURE_STAGES[:UPRIGHT], job)
    assert job.orientation.turn == turn
    assert job.orientation.latin == (lines == CLEAR[0])


@pytest.mark.parametrize("lines", [("1961 1986 1989 1998",) * 4, ("Le 16.9.1996",), ("H. I. N. O. S. X. Z.",) * 2])
@pytest.mark.parametrize("turn", [0, 180])
def test_symbols_that_are_symbols_upside_down_do_not_tell_the_way_up(lines, turn):
    """The network is as sure of 9861 as of 1986."""
    page = np.ascontiguousarray(np.rot90(printed(*lines), turn // 90))
    assert orientation_of(page).turn == turn


def test_a_direction_that_nobody_needs_is_not_prepared(monkeypatch):
    """To prepare a page once more takes a third of a second."""
    job = picture_job(Picture(printed(*CLEAR[0] * 3), float(DPI)), SETTINGS, 60)
    lean = next(number for number, stage in enumerate(PICTURE_STAGES, 1) if stage.name == "lean")
    run_through(PICTURE_STAGES[:lean], job)
    job.views = [View(view.picture, ((0, 0.0), (90, 0.0))) for view in job.views]
    prepared = []
    monkeypatch.setattr(orient, "candidate", lambda *arguments: prepared.append(arguments))
    run_through(PICTURE_STAGES[lean:UPRIGHT], job)
    assert (job.orientation.turn, len(job.candidates), prepared) == (0, 1, [])
