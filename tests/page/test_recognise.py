"""Each line is read by as few readers as it needs: the network first, Tesseract where the network is not sure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from config.settings import load
from pipeline.page.picture import Pixels
from pipeline.page.readers import Readers
from pipeline.page.recognise import read_lines
from pipeline.page.recogniser import NETWORK, Recogniser, Symbols, open_recogniser
from samples.faces import face_file
from tests.page.conftest import FRENCH, KHMER

SETTINGS = load().page

ENGLISH = (
    "The clerk has handed the file to the prosecutor.",
    "The court hears the witnesses at eight o'clock.",
    "The hearing is closed and put off until Tuesday.",
)


@dataclass
class Noted:
    """A recogniser that notes how many lines each model reads, and their pictures."""

    inner: Recogniser
    lines: dict[str, int] = field(default_factory=dict)
    pictures: list[Pixels] = field(default_factory=list)

    def read(self, lines: Sequence[Pixels], models: str) -> list[Symbols]:
        """Read lines, and note it."""
        if lines:
            self.lines[models] = self.lines.get(models, 0) + len(lines)
            self.pictures += lines
        return self.inner.read(lines, models)


def line(text: str, face: str, blur: float = 0.0) -> Pixels:
    """The picture of a printed line with letters of the usual height; blurred as by a bad copy."""
    font = ImageFont.truetype(str(face_file(face)), 34, layout_engine=ImageFont.Layout.RAQM)
    left, top, right, bottom = map(int, font.getbbox(text))
    image = Image.new("L", (right - left + 16, bottom - top + 16), 255)
    ImageDraw.Draw(image).text((8 - left, 8 - top), text, font=font, fill=0)
    pixels = np.asarray(image)
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), blur), np.uint8) if blur else pixels


def read(lines: list[Pixels], *, latin: bool, **changes: str) -> tuple[list[str], dict[str, int]]:
    """Read lines; return their texts, and how many lines each Tesseract model read."""
    settings = SETTINGS.model_copy(update=changes)
    tesseract = Noted(open_recogniser(settings.recogniser, settings, 600))
    network = open_recogniser(NETWORK, settings, 600) if settings.network else None
    readings = read_lines(lines, Readers(tesseract, network, settings), latin=latin)
    return ["".join(symbol.text for symbol in symbols) for symbols in readings], tesseract.lines


def plain(texts: tuple[str, ...]) -> list[str]:
    return [text.replace(" ", "") for text in texts]


@pytest.mark.parametrize("latin", [False, True])
def test_clear_lines_are_read_by_the_network_alone(latin):
    """Whatever the script of the page: Tesseract costs three times as much."""
    lines = [line(text, "Khmer OS Siemreap") for text in KHMER]
    lines += [line(text, "Liberation Serif") for text in FRENCH]
    texts, models = read(lines, latin=latin)
    assert texts == plain(KHMER + FRENCH)
    assert models == {}


@pytest.mark.parametrize("latin", [False, True])
@pytest.mark.parametrize(
    ("sentence", "word", "blur"),
    [
        ("The accused, of the village of ព្រែកឫស្សី in Kandal, denies it.", "ព្រែកឫស្សី", 0.0),
        ("The witness Sok Phal ( សុខ ផល ) was heard on Monday.", "(សុខផល)", 3.4),
    ],
)
def test_a_khmer_name_in_a_latin_line_stays(sentence, word, blur, latin):
    """The Latin models make Latin letters of it."""
    texts, _ = read([line(sentence, "Khmer OS Siemreap", blur)], latin=latin)
    assert word in texts[0]


def test_blurred_lines_are_read_again_with_the_models_of_their_script():
    """A Latin line never with a Khmer model, and the other way round; what was clear not at all."""
    lines = [line(KHMER[0], "Khmer OS Siemreap"), line(KHMER[1], "Khmer OS Siemreap", 4.0)]
    lines += [line(FRENCH[0], "Liberation Serif"), line(FRENCH[1], "Liberation Serif", 4.0)]
    _, models = read(lines, latin=False)
    assert models == {"khm": 1, "fra": 1, "eng": 1}


@pytest.mark.parametrize(("sentences", "best", "other"), [(FRENCH, "fra", "eng"), (ENGLISH, "eng", "fra")])
def test_latin_lines_are_read_with_the_language_of_the_page(sentences, best, other):
    """Its commonest words show it; another language reads only where that one is not sure."""
    _, models = read([line(text, "Liberation Serif", 2.6) for text in sentences * 4], latin=True)
    assert next(iter(models)) == best
    assert models[best] > 2 * models.get(other, 0)


def test_a_page_with_few_words_is_tried_in_each_language():
    """A list of names has no common words: then the model that is surest reads it."""
    lines = [line(text, "Liberation Serif", 3.2) for text in ("Chhim Sokha, 12.5.1963", "Prak Vuthy, 3.11.1961")]
    _, models = read(lines, latin=True)
    assert list(models) == ["fra", "eng"]


def test_only_the_doubtful_part_of_a_line_is_read_again():
    """With the words beside it; the others stay as the network read them, and all stay in their places."""
    sentence = "The clerk has handed the file of the case to the prosecutor, and the court hears the witnesses today."
    clear = line(sentence, "Liberation Serif")
    width = clear.shape[1]
    smudged = clear.copy()
    smudged[:, : width // 8] = cv2.GaussianBlur(clear, (0, 0), 4.5)[:, : width // 8]
    tesseract = Noted(open_recogniser(SETTINGS.recogniser, SETTINGS, 600))
    readers = Readers(tesseract, open_recogniser(NETWORK, SETTINGS, 600), SETTINGS)
    (before,), (symbols,) = (read_lines([one], readers, latin=True) for one in (clear, smudged))
    assert [picture.shape[1] < width / 2 for picture in tesseract.pictures] == [True]
    assert [one.text for one in symbols[-60:]] == [one.text for one in before[-60:]]
    assert [one.left for one in symbols] == sorted(one.left for one in symbols)


def test_one_language_is_enough():
    """Who reads only English papers names one model."""
    texts, models = read(
        [line("The court heard the witness.", "Liberation Serif", 3.0)], latin=True, latin_languages="eng"
    )
    assert texts[0].startswith("Thecourtheardthewitness")
    assert models == {"eng": 1}


def test_without_the_network_the_first_model_reads_all_lines():
    """Both scripts, on a page of either."""
    lines = [line(KHMER[0], "Khmer OS Siemreap"), line(FRENCH[0], "Liberation Serif")]
    for latin in (False, True):
        texts, models = read(lines, latin=latin, network="")
        assert texts == plain((KHMER[0], FRENCH[0]))
        assert models["bannasar"] == 2
