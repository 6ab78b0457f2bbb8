"""How readings are compared with what stands on the paper."""

import numpy as np
import pytest

from training.measure import error, read
from training.picture import HEIGHT
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
