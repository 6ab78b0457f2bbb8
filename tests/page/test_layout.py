"""Lines are found whole, with everything that is stacked above and below their letters."""

import numpy as np

from pipeline.page.components import Components
from pipeline.page.layout import lay_out

LETTER = 40


def row(ink, top, lefts, width=30, height=LETTER):
    for left in lefts:
        ink[top : top + height, left : left + width] = 255


def lines_of(ink):
    components = Components.of(ink)
    chosen = np.arange(1, len(components.boxes))
    blocks = lay_out(components, chosen, [], LETTER)
    return [(line.top, line.bottom) for block in blocks for line in block.lines]


def test_signs_two_deep_stay_with_their_letters():
    """A vowel under a subscript is as high as a letter, with white above it; it makes no line and no columns."""
    ink = np.zeros((500, 1400), np.uint8)
    row(ink, 100, range(60, 1300, 40))
    row(ink, 145, (140, 700, 1180), width=24, height=36)
    row(ink, 260, range(60, 1300, 40))
    assert lines_of(ink) == [(100, 181), (260, 300)]
