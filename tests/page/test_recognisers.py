"""Every recogniser keeps one contract: the same lines in, the same symbols out, each in its place."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from config.settings import load
from models.errors import ScanError
from models.failure import Code
from models.settings import PageSettings
from pipeline.page.recipe import fingerprint
from pipeline.page.recogniser import RECOGNISERS, about, open_recogniser
from samples.faces import face_file

LATIN, KHMER = "Tribunal de Phnom Penh", "ព្រះរាជាណាចក្រកម្ពុជា"


def _line(text: str, face: Path) -> np.ndarray:
    font = ImageFont.truetype(str(face), 44, layout_engine=ImageFont.Layout.RAQM)
    left, top, right, bottom = map(int, font.getbbox(text))
    image = Image.new("L", (right - left + 60, bottom - top + 40), 255)
    ImageDraw.Draw(image).text((30 - left, 20 - top), text, font=font, fill=0)
    return np.asarray(image)


@pytest.fixture(scope="module")
def lines():
    """Return a Latin line, a Khmer line, and a line with nothing on it."""
    return [
        _line(LATIN, face_file("Liberation Serif")),
        _line(KHMER, face_file("Khmer OS")),
        np.full((60, 400), 255, np.uint8),
    ]


@pytest.fixture(params=RECOGNISERS)
def settings(request) -> PageSettings:
    return PageSettings.model_validate(load().page.model_dump() | {"recogniser": request.param})


def _place(symbol):
    return symbol.text, symbol.left, symbol.right, symbol.begins


def _text(symbols) -> str:
    return "".join((" " if symbol.begins and number else "") + symbol.text for number, symbol in enumerate(symbols))


def test_it_reads_lines_in_their_order_and_nothing_where_there_is_nothing(settings, lines):
    """Latin with its spaces, Khmer in logical order."""
    latin, khmer, nothing = open_recogniser(settings, 60).read(lines, settings.first_languages)
    assert _text(latin) == LATIN
    assert _text(khmer).replace(" ", "") == KHMER
    assert nothing == ()
    assert open_recogniser(settings, 60).read([], settings.first_languages) == []


def test_signs_stand_where_they_are_printed_and_say_how_sure_they_are(settings, lines):
    """Each symbol has ink in its columns; they run from left to right."""
    (symbols,) = open_recogniser(settings, 60).read(lines[:1], settings.latin_languages)
    ink = cv2.threshold(lines[0], 127, 255, cv2.THRESH_BINARY_INV)[1].any(axis=0)
    for symbol in symbols:
        assert ink[symbol.left : symbol.right].any()
        assert 0 <= symbol.confidence <= 1
    lefts = [symbol.left for symbol in symbols]
    assert lefts == sorted(lefts)
    assert min(symbol.confidence for symbol in symbols) > 0.5


def test_it_says_when_the_time_is_up(settings, lines):
    """A page has one time limit, whatever reads it."""
    with pytest.raises(ScanError) as raised:
        open_recogniser(settings, 0.0).read(lines, settings.first_languages)
    assert raised.value.failure.code is Code.TIMEOUT


def test_it_says_which_model_is_missing(settings, lines):
    """And so does the recipe, before a page is read."""
    with pytest.raises(ScanError) as raised:
        open_recogniser(settings, 60).read(lines, "xyz")
    assert raised.value.failure.code is Code.RECOGNITION
    without = settings.model_copy(update={"khmer_languages": "xyz"})
    with pytest.raises(ScanError, match=r"xyz\.traineddata"):
        fingerprint(without)


def test_it_names_its_models_and_what_brings_them(settings):
    """So that `bannasar doctor` can say what is missing."""
    known = about(settings)
    models = {model.name: model for model in known.models(settings)}
    assert list(models) == ["bannasar", "khm", "eng", "fra"]
    assert all(model.file.is_file() for model in models.values())
    assert models["khm"].package == "tesseract-ocr-khm"
    assert models["bannasar"].package == ""
    assert "tesseract" in known.versions()
    assert all(shutil.which(program) for program in known.programs)


def test_pages_of_different_recognisers_have_different_recipes():
    """What one has read does not count as read by the other."""
    page = load().page
    recipes = {fingerprint(page.model_copy(update={"recogniser": name})) for name in RECOGNISERS}
    assert len(recipes) == len(RECOGNISERS)


def test_the_recognisers_agree(lines):
    """They are one engine by two ways."""
    read = []
    for name in RECOGNISERS:
        engine = open_recogniser(load().page.model_copy(update={"recogniser": name}), 60)
        read.append([list(map(_place, symbols)) for symbols in engine.read(lines, "bannasar")])
    assert read[0] == read[1]
