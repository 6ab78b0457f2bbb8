"""The picture of a line that is read shows all of its letters, and nothing of its neighbours."""

import numpy as np
import pytest

from pipeline.page.layout import laid_out
from pipeline.page.picture import Picture
from pipeline.page.prepare import separated

LETTER = 40


def page_with(draw):
    """The only page's first line as it is read, from letters of forty pixels in two rows."""
    paper = np.full((600, 1400), 255, np.uint8)
    for top in (100, 220):
        for left in range(60, 1300, 40):
            paper[top : top + LETTER, left : left + 24] = 30
    draw(paper)
    page = laid_out(separated(Picture(paper, 300), faint=False))
    return page.picture_of(page.lines[0], 1.0).pixels


def test_the_pale_half_of_a_letter_is_shown():
    """A typewriter prints one side of an m too faintly to be ink: without it, it is read as n."""

    def pale(paper):
        paper[100:140, 614:624] = 215

    seen = page_with(pale)
    assert (np.abs(seen.astype(int) - 215) < 6).sum() > 300


def test_pale_marks_far_from_any_letter_are_not_shown():
    """What shines through where nothing is printed is no part of a letter."""

    def pale(paper):
        paper[100:140, 614:724] = 255
        paper[105:135, 655:680] = 215

    assert not (np.abs(page_with(pale).astype(int) - 215) < 6).any()


@pytest.mark.parametrize(("left", "is_shown"), [(608, True), (640, False)])
def test_a_thin_full_stop_is_shown_beside_letters_only(left, is_shown):
    """It has fewer pixels than any letter; where no letter is near, it is dirt."""

    def thin(paper):
        paper[100:140, 604:700] = 255
        paper[135:138, left : left + 3] = 30

    assert bool((page_with(thin)[:, 558:640] < 60).any()) is is_shown
