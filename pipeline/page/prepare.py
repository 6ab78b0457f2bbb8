"""Cleans a page: flattens it, separates its ink from paper, rules and seals, and finds the components of the ink."""

import cv2
import numpy as np

from pipeline.page.clean import flatten, ink_of, resized, shrunk, strengthened, without_solids
from pipeline.page.components import Components, letter_height
from pipeline.page.job import Candidate, PictureJob
from pipeline.page.picture import Picture
from pipeline.page.prepared_page import PreparedPage
from pipeline.page.seal import at_full_size, find_rings, rub_out
from pipeline.page.shades import evened, light_from
from pipeline.page.tables import find_rules
from pipeline.page.upright import make_upright

_COARSE = 150.0
"""Dots per inch, or a little more, of the picture in which rules and rings are found."""


def run(job: PictureJob) -> None:
    """Prepare every view of a page in every possible direction of its lines."""
    job.candidates = [
        Candidate(number, turn, skew, prepare(make_upright(view.picture, turn, skew), job.settings.dpi))
        for number, view in enumerate(job.views)
        for turn, skew in view.directions
    ]


def prepare(picture: Picture, dpi: float) -> PreparedPage:
    """Prepare an upright grey page, without layout, for reading at a resolution in dots per inch."""
    even, faint = strengthened(flatten(resized(picture, dpi)))
    light = light_from(even)
    # If the page has ink of two shades, the lighter one may shine through: it must not become darker.
    return separated(even if light else evened(even), faint=faint, light=light)


def separated(even: Picture, *, faint: bool, light: int = 0) -> PreparedPage:
    """Separate the ink of a flattened page from paper, rules and seals; see :class:`PreparedPage` for the rest."""
    dpi = even.dpi
    ink = without_solids(ink_of(even))
    # Rules and rings are big: they are found on a smaller picture, in a fraction of the time.
    factor = max(1, round(dpi / _COARSE))
    small = shrunk(ink, factor)
    small = small.showing(np.asarray(cv2.threshold(small.pixels, 80, 255, cv2.THRESH_BINARY)[1], np.uint8))
    rules = find_rules(small)
    text = ink
    if rules.mask.any():
        height, width = ink.pixels.shape
        mask = cv2.resize(rules.mask, (width, height), interpolation=cv2.INTER_NEAREST)
        mask = cv2.dilate(mask, np.ones((3, 3), np.uint8))
        text = ink.showing(np.asarray(cv2.subtract(ink.pixels, mask), np.uint8))
    small = small.showing(np.asarray(cv2.subtract(small.pixels, rules.mask), np.uint8))
    rings = [at_full_size(ring, text, factor) for ring in find_rings(small)]
    if rings:
        even = even.showing(rub_out(even.pixels, rings))
        text = text.showing(np.asarray(cv2.bitwise_and(text.pixels, ink_of(even).pixels), np.uint8))
    components = Components.of(text.pixels)
    letter = letter_height(components, dpi)
    # Smaller components are dirt. Much bigger ones are drawn or written over the page, and would connect lines.
    chosen = components.boxes[:, 4] > 0.008 * letter**2
    chosen &= (components.heights < 5 * letter) & (components.widths < 12 * letter)
    chosen[0] = False
    return PreparedPage(even, components, letter, np.nonzero(chosen)[0], rules, factor, faint, light)
