"""Cleans a page: flattens it, separates its ink from paper, rules and seals, and finds the components of the ink."""

import cv2
import numpy as np
from numpy.typing import NDArray

from models.page import Rect, Turn
from pipeline.page.clean import edges_of_paper, flatten, ink_of, resized, shrunk, strengthened, without_solids
from pipeline.page.components import Components, letter_height
from pipeline.page.job import Candidate, PictureJob
from pipeline.page.marks import clusters, find_marks, share_inside
from pipeline.page.picture import Picture, Pixels
from pipeline.page.prepared_page import PRINT, PreparedPage
from pipeline.page.seal import at_full_size, find_rings, rub_out
from pipeline.page.shades import evened, light_from, shade_of_marks, without_light
from pipeline.page.tables import find_rules
from pipeline.page.ties import near, untied
from pipeline.page.upright import make_upright

_COARSE = 150.0
"""Dots per inch, or a little more, of the picture in which rules and rings are found."""


def run(job: PictureJob) -> None:
    """Prepare every view of a page in the likeliest direction of its lines."""
    job.candidates = [candidate(job, number, *view.directions[0]) for number, view in enumerate(job.views)]


def candidate(job: PictureJob, view: int, turn: Turn, skew: float) -> Candidate:
    """Prepare a view of a page in one direction."""
    upright = make_upright(job.views[view].picture, turn, skew)
    return Candidate(view, turn, skew, prepare(upright, job.settings.dpi))


def prepare(picture: Picture, dpi: float) -> PreparedPage:
    """Prepare an upright grey page, without layout, for reading at a resolution in dots per inch."""
    even, faint = strengthened(flatten(resized(picture, dpi)))
    light = light_from(even)
    # If the page has ink of two shades, the lighter one may shine through: it must not become darker.
    return separated(even if light else evened(even), faint=faint, light=light)


def separated(even: Picture, *, faint: bool, light: int = 0) -> PreparedPage:
    """Separate the ink of a flattened page from paper, rules and seals; see :class:`PreparedPage` for the rest."""
    dpi = even.dpi
    whole = ink_of(even)
    ink = without_solids(whole)
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
    seals = [ring.box(even.pixels.shape) for ring in rings]
    lifted = _light_marks(even, components, letter, seals)
    if lifted:
        even, text, found = _without_seals(even, text, lifted, letter)
        seals += found
        components = Components.of(text.pixels)
    # Smaller components are dirt. Much bigger ones are drawn or written over the page, and would connect lines.
    ordinary = components.boxes[:, 4] > PRINT * letter**2
    ordinary[0] = False
    ordinary &= ~_at_edges(components, edges_of_paper(whole), dpi)
    components, kept = untied(components, ordinary, letter, seals)
    chosen = kept & (components.heights < 5 * letter) & (components.widths < 12 * letter)
    left_out = np.nonzero(ordinary & ~chosen[: len(ordinary)])[0]
    marks = find_marks(components, left_out, seals, letter, dpi)
    return PreparedPage(even, components, letter, np.nonzero(chosen)[0], rules, factor, faint, light, marks)


def _at_edges(components: Components, rim: Picture | None, dpi: float) -> NDArray[np.bool_]:
    """Return which components lie within the rim of large solids."""
    if rim is None:
        return np.zeros(len(components.boxes), np.bool_)
    height, width = rim.pixels.shape
    edges = components.boxes[:, :4] * (rim.dpi / dpi)
    left, right = (np.clip(edges[:, side].astype(np.intp), 0, width - 1) for side in (0, 2))
    top, bottom = (np.clip(edges[:, side].astype(np.intp), 0, height - 1) for side in (1, 3))
    corners = [rim.pixels[y, x] > 0 for x in (left, right) for y in (top, bottom)]
    return np.asarray(np.logical_and.reduce(corners), np.bool_)


def _light_marks(even: Picture, components: Components, letter: float, rings: list[Rect]) -> list[tuple[Rect, int]]:
    """Return the boxes of seals and stamps whose ink is lighter than print, and the shade between.

    They are looked for in the boxes of rings, and of components that are too large for print.
    """
    heights, widths, areas = components.heights, components.widths, components.boxes[:, 4]
    large = (areas > PRINT * letter**2) & ((heights > 5 * letter) | (widths > 12 * letter))
    large[0] = False
    places = [*rings, *(Rect(*(int(edge) for edge in box)) for box in components.boxes[large, :4])]
    usual = np.nonzero((heights > 0.5 * letter) & (heights < 1.6 * letter))[0][::7]
    if not places or not usual.size:
        return []
    shades = [int(even.pixels[top:bottom, left:right].min()) for left, top, right, bottom, _ in components.boxes[usual]]
    letters = float(np.percentile(shades, 90))
    found = [(box, shade) for box in places if (shade := shade_of_marks(even, box, letters))]
    # A seal may be in several pieces.
    rest = (areas > PRINT * letter**2) & (heights > 2.2 * letter) & ~large
    rest &= near(components.boxes, [box for box, _ in found], letter)
    pieces = [Rect(*(int(edge) for edge in box)) for box in components.boxes[rest, :4]]
    return [*found, *((box, shade) for box in pieces if (shade := shade_of_marks(even, box, letters)))]


def _without_seals(
    even: Picture, text: Picture, marks: list[tuple[Rect, int]], letter: float
) -> tuple[Picture, Picture, list[Rect]]:
    """Remove the light ink of seals and stamps.

    Args:
        even: Flattened grey picture.
        text: The mask of its ink without rules.
        marks: Where such ink is, and the shade between it and print.
        letter: Height of a letter in pixels.

    Returns:
        The picture and the mask without it, and the boxes of the seals and stamps.
    """
    pixels = _lifted(even, even.pixels, marks)
    left = text.showing(np.asarray(cv2.bitwise_and(text.pixels, ink_of(even.showing(pixels)).pixels), np.uint8))
    seals = clusters(text.showing(np.asarray(cv2.subtract(text.pixels, left.pixels), np.uint8)), letter)
    # Between the large pieces of a seal are small ones.
    shades = {seal: [shade for box, shade in marks if share_inside(box, (seal,))] for seal in seals}
    pixels = _lifted(even, pixels, [(seal, min(some)) for seal, some in shades.items() if some])
    clean = even.showing(pixels)
    return clean, text.showing(np.asarray(cv2.bitwise_and(text.pixels, ink_of(clean).pixels), np.uint8)), seals


def _lifted(even: Picture, pixels: Pixels, marks: list[tuple[Rect, int]]) -> Pixels:
    """Return pixels of a flattened page without the light ink in some boxes."""
    result = pixels.copy()
    for (left, top, right, bottom), shade in marks:
        part = np.s_[top:bottom, left:right]
        result[part] = without_light(even.showing(np.ascontiguousarray(result[part])), shade).pixels
    return result
