"""Made lines: drawn, worn, brought to the network's size, and the same whenever they are made."""

import numpy as np
import pytest

from pipeline.page.components import Components, letter_height
from pipeline.page.network.picture import HEIGHT, LETTER, batch, fitted
from samples.typeset import render_page
from training import faces
from training.blocks import load, save
from training.faces import Faces
from training.lines import LineMaker
from training.stream import batches, shaken, width_of
from training.tokens import printed_form, to_numbers, to_text

_KHMER = {"truetype/khmeros/KhmerOS.ttf": 1.0, "truetype/khmeros/KhmerOSmuollight.ttf": 1.0}
_LATIN = {"truetype/liberation/LiberationMono-Regular.ttf": 1.0}
_TEXTS = ("សាលាដំបូងខេត្តកំពត", "ឪពុករបស់សាក្សី No. 12", "ថ្ងៃទី០៣ ខែមករា ឆ្នាំ១៩៨៥ ។", "The court of Kampot", "១២.៥០០៛")


class _Texts:
    """A few texts by chance."""

    def __init__(self):
        self._rng = np.random.default_rng(0)

    def restart(self, rng):
        self._rng = rng

    def text(self):
        return printed_form(_TEXTS[int(self._rng.integers(len(_TEXTS)))])


@pytest.fixture(scope="module")
def chosen(tmp_path_factory) -> tuple[Faces, Faces]:
    nowhere = tmp_path_factory.mktemp("fontsource")
    return faces.load(_KHMER, nowhere, khmer=True), faces.load(_LATIN, nowhere, khmer=False)


@pytest.fixture(scope="module")
def made(chosen):
    return LineMaker(_Texts(), chosen[0], chosen[1], seed=1).make(3, 40)


def test_a_made_line_has_ink_room_and_a_text_that_can_be_said(made):
    """There are frames enough for its symbols, all of them in the picture."""
    for line in made:
        assert line.pixels.shape[0] == HEIGHT
        assert line.pixels.max() > 128
        numbers = to_numbers(line.text)
        assert line.pixels.shape[1] / 4 > len(numbers)
        assert to_text([frame for number in numbers for frame in (number, 0)]) == line.text
    assert len({line.text for line in made}) == len(_TEXTS)
    assert len({line.face for line in made}) == 3


def test_a_block_is_the_same_whenever_it_is_made(made, chosen):
    """Also by another maker, which made other blocks before: so a run can go on after it was killed."""
    maker = LineMaker(_Texts(), chosen[0], chosen[1], seed=1)
    other = maker.make(2, 5)
    again = maker.make(3, 40)
    assert [line.text for line in made] == [line.text for line in again]
    assert all(np.array_equal(one.pixels, two.pixels) for one, two in zip(made, again, strict=True))
    assert not all(np.array_equal(one.pixels, two.pixels) for one, two in zip(other, again[:5], strict=True))


def test_a_block_comes_back_from_its_file(made, tmp_path):
    """Pictures, texts and faces, in their order."""
    save(made, tmp_path / "000003.npz")
    again = load(tmp_path / "000003.npz")
    assert [(line.text, line.face) for line in again] == [(line.text, line.face) for line in made]
    assert all(np.array_equal(one.pixels, two.pixels) for one, two in zip(made, again, strict=True))


def test_a_run_that_goes_on_is_handed_the_batches_it_has_not_seen(made):
    """The batches of a block are the same ones in the same order each time; those of one width have as many lines."""
    first, again = (batches(made * 4, seed=1, block=30) for _ in range(2))
    assert [[id(line) for line in group] for group in first] == [[id(line) for line in group] for group in again]
    widths = [(width_of(group), len(group)) for group in first]
    assert len(set(widths)) == len({width for width, _ in widths}) > 1
    assert 6 * len(made) < sum(len(group) for group in first) <= 8 * len(made)
    one, two = (shaken(made[0].pixels, np.random.default_rng([1, 30, 2]), 400) for _ in range(2))
    assert np.array_equal(one, two)
    assert max(shaken(made[0].pixels, np.random.default_rng(n), 150).shape[1] for n in range(9)) <= max(
        150, made[0].pixels.shape[1]
    )


@pytest.mark.parametrize("dpi", [100, 200, 300])
def test_letters_have_one_size_whatever_the_resolution(dpi):
    """What stands on the paper decides how big the network's picture shows it, not the pixels that it came in."""
    page = render_page([_TEXTS[0]], "Khmer OS", 12, dpi)
    rows, columns = np.nonzero(page < 128)
    line = page[rows.min() - 3 : rows.max() + 3, columns.min() - 3 : columns.max() + 3]
    letter = letter_height(Components.of(np.where(page < 128, np.uint8(255), np.uint8(0))), dpi)
    picture = fitted(line, letter).pixels
    assert picture.shape[0] == HEIGHT
    found = letter_height(Components.of(np.where(picture > 128, np.uint8(255), np.uint8(0))), 200)
    assert found == pytest.approx(LETTER, abs=2)


def test_an_empty_line_is_an_empty_picture():
    """And pictures of unlike widths stand together in one batch."""
    empty = fitted(np.full((30, 200), 255, np.uint8), 23).pixels
    assert not empty.any()
    together = batch([empty, np.full((HEIGHT, 100), 255, np.uint8)])
    assert together.shape == (2, 1, HEIGHT, 104)
    assert together.sum() == HEIGHT * 100


def test_a_held_back_face_is_not_trained_on(tmp_path):
    """However it comes into the list."""
    with pytest.raises(ValueError, match="held back"):
        faces.load({"bayon-khmer-400-normal": 1.0}, tmp_path, khmer=True)
    assert not [name for name in faces.KHMER for part in faces.HELD_BACK if part in name.lower()]


def test_a_face_that_is_not_installed_is_named(tmp_path):
    """With what installs it."""
    with pytest.raises(faces.MissingFaceError, match="moul-khmer-400-normal"):
        faces.load({"moul-khmer-400-normal": 1.0}, tmp_path, khmer=True)
