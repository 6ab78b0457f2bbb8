"""Every recogniser keeps one contract: the symbols of each line, each in its place. Those with Tesseract agree."""

import os
import shutil
import subprocess
import sys
from importlib import import_module
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
from pipeline.page.recogniser import NETWORK, RECOGNISERS, about, open_recogniser
from pipeline.page.recognisers.tesseract import AboutTesseract
from samples.faces import face_file
from tests.conftest import ROOT

LATIN, KHMER = "Tribunal de Phnom Penh", "ព្រះរាជាណាចក្រកម្ពុជា"

BY_TESSERACT = [name for name, module in RECOGNISERS.items() if isinstance(import_module(module).ABOUT, AboutTesseract)]
"""The recognisers that are ways to Tesseract; the last tests are for them only."""


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
        _line(KHMER, face_file("Khmer OS Siemreap")),
        np.full((60, 400), 255, np.uint8),
    ]


SETTINGS = load().page


@pytest.fixture(params=RECOGNISERS)
def name(request) -> str:
    return str(request.param)


@pytest.fixture
def both(name) -> str:
    """The model of a recogniser that reads both scripts."""
    return SETTINGS.network if name == NETWORK else SETTINGS.first_languages


def _named(name: str) -> PageSettings:
    """Settings with another way to Tesseract."""
    return PageSettings.model_validate(SETTINGS.model_dump() | {"recogniser": name})


def _place(symbol):
    return symbol.text, symbol.left, symbol.right, symbol.begins


def _text(symbols) -> str:
    return "".join((" " if symbol.begins and number else "") + symbol.text for number, symbol in enumerate(symbols))


def test_it_reads_lines_in_their_order_and_nothing_where_there_is_nothing(name, both, lines):
    """Latin with its spaces, Khmer in logical order."""
    latin, khmer, nothing = open_recogniser(name, SETTINGS, 60).read(lines, both)
    assert _text(latin) == LATIN
    assert _text(khmer).replace(" ", "") == KHMER
    assert nothing == ()
    assert open_recogniser(name, SETTINGS, 60).read([], both) == []


def test_signs_stand_where_they_are_printed_and_say_how_sure_they_are(name, both, lines):
    """Each symbol has ink in its columns; they run from left to right."""
    (symbols,) = open_recogniser(name, SETTINGS, 60).read(lines[:1], both)
    ink = cv2.threshold(lines[0], 127, 255, cv2.THRESH_BINARY_INV)[1].any(axis=0)
    for symbol in symbols:
        assert ink[symbol.left : symbol.right].any()
        assert 0 <= symbol.confidence <= 1
    lefts = [symbol.left for symbol in symbols]
    assert lefts == sorted(lefts)
    assert min(symbol.confidence for symbol in symbols) > 0.5


def test_it_says_when_the_time_is_up(name, both, lines):
    """A page has one time limit, whatever reads it."""
    with pytest.raises(ScanError) as raised:
        open_recogniser(name, SETTINGS, 0.0).read(lines, both)
    assert raised.value.failure.code is Code.TIMEOUT


def test_it_reads_with_no_model_that_is_missing(name, lines):
    """It fails and does not use another model."""
    with pytest.raises(ScanError) as raised:
        open_recogniser(name, SETTINGS, 60).read(lines, "xyz")
    assert raised.value.failure.code is Code.RECOGNITION


def test_it_names_its_versions_its_models_and_its_programs(name):
    """So that `bannasar doctor` can say what is missing; on this machine all of them exist."""
    known = about(name)
    models = known.models(SETTINGS)
    assert models
    assert len({model.name for model in models}) == len(models)
    assert all(model.file.is_file() for model in models)
    assert known.versions()
    assert all(known.versions().values())
    assert all(shutil.which(program) for program in known.programs)


def test_pages_of_different_recognisers_have_different_recipes():
    """A page that one has read does not count as read by the other."""
    with_network = [_named(name) for name in BY_TESSERACT]
    without = [settings.model_copy(update={"network": ""}) for settings in with_network]
    recipes = {fingerprint(settings) for settings in (*with_network, *without)}
    assert len(recipes) == 2 * len(BY_TESSERACT)


def test_the_network_says_where_each_symbol_is(lines):
    """The places of a word's letters are on the word, though the network sees a smaller picture."""
    (symbols,) = open_recogniser(NETWORK, SETTINGS, 60).read(lines[:1], SETTINGS.network)
    last_word = symbols[-len("Penh") :]
    columns = np.flatnonzero((lines[0] < 127).any(axis=0))
    gaps = np.flatnonzero(np.diff(columns) > 9)
    assert last_word[0].begins
    assert abs(last_word[0].left - columns[gaps[-1] + 1]) < 8
    assert abs(last_word[-1].right - columns[-1]) < 8


def test_the_network_keeps_nothing_about_the_machine_and_sends_nothing(tmp_path):
    """ONNX Runtime does both as soon as it is imported, unless that is prevented before."""
    code = f"from pathlib import Path; import numpy; from {RECOGNISERS[NETWORK]} import Engine; "
    code += f"Engine(Path(), 60).read([numpy.zeros((40, 90), 'uint8')], '{SETTINGS.network}')"
    home = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=home, check=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", BY_TESSERACT)
def test_the_recipe_says_which_model_of_tesseract_is_missing(name):
    """Before a page is read."""
    without = _named(name).model_copy(update={"khmer_languages": "xyz"})
    with pytest.raises(ScanError, match=r"xyz\.traineddata"):
        fingerprint(without)


@pytest.mark.parametrize("name", BY_TESSERACT)
def test_it_names_the_models_of_tesseract_and_what_brings_them(name):
    """Debian has packages of all except our own."""
    settings = _named(name)
    known = about(name)
    packages = {model.name: model.package for model in known.models(settings)}
    assert list(packages) == ["bannasar", "khm", "eng", "fra"]
    assert packages["khm"] == "tesseract-ocr-khm"
    assert packages["bannasar"] == ""
    assert "tesseract" in known.versions()


@pytest.mark.parametrize("name", BY_TESSERACT[1:])
def test_the_ways_to_tesseract_agree(name, lines):
    """They use one engine."""
    first, other = (
        [list(map(_place, symbols)) for symbols in open_recogniser(one, SETTINGS, 60).read(lines, "bannasar")]
        for one in (BY_TESSERACT[0], name)
    )
    assert first == other
