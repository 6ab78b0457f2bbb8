"""How readings are compared with what stands on the paper."""

import numpy as np
import pytest

from pipeline.page.network import reading
from pipeline.page.network.picture import HEIGHT
from training.measure import error, read
from training.tokens import CLASSES, to_numbers


def test_spaces_and_the_two_ways_to_write_a_subscript_are_no_errors():
    """Of eight code points one is wrong."""
    assert error(["កណ្ដាល ការ"], ["កណ្តាលការ"]) == 0
    assert error(["កកកកកកកខ"], ["កកកកកកកក"]) == pytest.approx(1 / 8)


def test_each_picture_is_read_to_its_own_end_in_a_batch_of_wider_ones():
    """The readings come in the order of the pictures, whatever their widths."""
    number = to_numbers("ក")[0]

    def scores(pictures):
        found = np.zeros((pictures.shape[3] // 4, len(pictures), CLASSES), np.float32)
        found[::2, :, number] = 1
        return found

    pictures = [np.zeros((HEIGHT, width), np.uint8) for width in (80, 16, 40)]
    assert read(pictures, scores) == ["ក" * 10, "ក" * 2, "ក" * 5]


def test_the_reader_says_signs_and_how_sure_it_is_of_them():
    """A space begins a word; frames of one symbol are one symbol, as sure as the surest of them."""
    ka, space, ro = (to_numbers(text)[0] for text in ("ក", " ", "្រ"))

    def scores(pictures):
        best = [0, ka, ka, ro, 0, space, ka, 0]
        found = np.zeros((len(best), len(pictures), CLASSES), np.float32)
        for frame, number in enumerate(best):
            found[frame, :, number] = 20 if frame != 2 else 6
        return found

    line = np.full((40, 120), 255, np.uint8)
    line[10:30, 10:110] = 0
    symbols = reading.read(line, scores)
    assert [(symbol.text, symbol.begins) for symbol in symbols] == [("ក", True), ("្រ", False), ("ក", True)]
    assert all(symbol.confidence > 0.99 for symbol in symbols)
    assert [symbol.left for symbol in symbols] == sorted(symbol.left for symbol in symbols)
