"""Separates ink from paper: removes lighting and paper colour, and distinguishes ink from bleed-through and dirt."""

import cv2
import numpy as np

from pipeline.page.picture import Picture, Pixels, extremes, medians

_FAINTEST = 205.0
"""Ink is darker than this on a flattened picture, whose paper is 255; bleed-through is lighter."""

_BLACK = 40
"""Writing on a flattened picture is rarely darker; black borders and holes are."""

_FAINT = 150.0
"""If no writing on a flattened picture is darker than this, it has faded or is bleed-through from the other side."""

COLOURED = 40
"""From this difference between a pixel's strongest and weakest channel on, its ink is coloured."""

_HOLE = 0.4
"""In inches: punch holes are smaller across (6 mm, ISO 838)."""

_DESK, _RIM = 3.0, 0.1
"""In inches: a solid at the edge of the picture that is longer is beside the paper; the rim along it has no print."""

_PICTURE = 0.01
"""From this share of a page on, dark areas are a picture, and the page is not blank."""


def grey(pixels: Pixels) -> Pixels:
    """Return a grey picture, ``(height, width)``, of a grey or RGB picture, with coloured seals and marks made faint.

    If there is black writing, coloured ink over it is a seal, a stamp or a mark: each pixel then becomes as light as
    its lightest channel, which does not change black. If almost no ink is black, the writing is coloured, and its
    luminance is used.
    """
    if pixels.ndim == 2:
        return pixels
    plain = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    step = max(1, min(plain.shape) // 800)
    some = pixels[::step, ::step]
    strongest, weakest = extremes(some)
    paper = medians(some)
    # Yellowed paper colours everything a little: only what exceeds the paper's own colour is colour.
    colour = strongest.astype(np.int16) - weakest - (max(paper) - min(paper))
    dark = plain[::step, ::step] < 0.7 * medians(plain)[0]
    if not dark.any() or float((colour[dark] > COLOURED).mean()) > 0.85:
        return plain
    red, green, blue = cv2.split(pixels)
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8)


def shrunk(picture: Picture, factor: int) -> Picture:
    """Return a picture, grey or in colour, reduced by a whole factor.

    Leftover pixels at the right and at the bottom are cut off: with whole blocks of pixels OpenCV is at least five
    times as fast, and with blocks of two by two five times as fast again.
    """
    height, width = (max(1, side // factor) for side in picture.pixels.shape[:2])
    blocks, left = picture.pixels[: height * factor, : width * factor], factor
    while left % 2 == 0 and min(blocks.shape[:2]) > left:
        halves = (blocks.shape[1] // 2, blocks.shape[0] // 2)
        blocks = np.asarray(cv2.resize(blocks, halves, interpolation=cv2.INTER_AREA), np.uint8)
        left //= 2
    small = np.asarray(cv2.resize(blocks, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return Picture(small, picture.dpi / factor)


def resized(picture: Picture, dpi: float) -> Picture:
    """Return a grey picture enlarged or reduced to a resolution; with unchanged pixels if it nearly has it already."""
    factor = dpi / picture.dpi
    if abs(factor - 1) < 0.02:
        return Picture(picture.pixels, dpi)
    height, width = picture.pixels.shape
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    how = cv2.INTER_CUBIC if factor > 1 else cv2.INTER_AREA
    return Picture(np.asarray(cv2.resize(picture.pixels, size, interpolation=how), np.uint8), dpi)


def flatten(picture: Picture) -> Picture:
    """Divide a grey picture by its paper, so that paper is white everywhere.

    The paper at a place is the brightest value within an eighth of an inch, smoothed: wider than any stroke, much
    narrower than the change of the light over a page. Its value is never less than half of the page's paper, so that
    black borders and punch holes stay black.

    Args:
        picture: Grey.

    Returns:
        The same size; paper near 255, ink darker the more it differed from its paper.
    """
    pixels, dpi = picture.pixels, picture.dpi
    height, width = pixels.shape
    factor = max(1, round(dpi / 48))
    small = cv2.resize(pixels, (max(1, width // factor), max(1, height // factor)), interpolation=cv2.INTER_AREA)
    window = 2 * max(2, round(dpi / 8 / factor)) + 1
    paper = cv2.morphologyEx(cv2.medianBlur(small, 3), cv2.MORPH_CLOSE, np.ones((window, window), np.uint8))
    # OpenCV takes twice as long for integers.
    paper = cv2.GaussianBlur(paper.astype(np.float32), (0, 0), window)
    paper = np.maximum(paper, max(1, round(0.5 * float(np.percentile(paper, 75))))).astype(np.uint8)
    paper = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    return picture.showing(np.asarray(cv2.divide(pixels, paper, scale=255), np.uint8))


def strengthened(even: Picture) -> tuple[Picture, bool]:
    """Darken the ink of a flattened picture if all of it is faint, and return whether it was.

    The darkest hundredth of a square inch, about one word, shows how dark the ink is; black solids do not count. What
    differs from its paper by less than a twelfth is not changed.

    Args:
        even: Flattened grey picture.
    """
    calm = np.asarray(cv2.medianBlur(even.pixels, 3), np.uint8)
    dark = np.asarray(cv2.threshold(calm, _FAINT, 255, cv2.THRESH_BINARY_INV)[1], np.uint8)
    word = round(even.dpi**2 / 100)
    writing = without_solids(even.showing(dark)).pixels
    if cv2.countNonZero(writing) > word:
        return even, False
    solid = cv2.dilate(cv2.subtract(dark, writing), np.ones((9, 9), np.uint8))
    rest = cv2.bitwise_not(solid)
    shades = np.cumsum(cv2.calcHist([calm], [0], rest, [256], [0, 256]).astype(np.int64))
    level = int(np.searchsorted(shades, min(word, int(shades[-1]))))
    if level > 235:
        return even, True
    table = np.clip(255 - (255 - np.arange(256)) * (180 / (255 - level)), 0, 255).astype(np.uint8)
    return even.showing(np.asarray(cv2.LUT(even.pixels, table), np.uint8)), True


def ink_of(even: Picture) -> Picture:
    """Return the mask of the ink on a flattened picture, 255 where there is ink.

    The threshold is Otsu's, without black solids, but never so near to paper that bleed-through would count as ink.
    """
    calm = np.asarray(cv2.medianBlur(even.pixels, 3), np.uint8)
    step = max(1, min(calm.shape) // 1000)
    some = calm[::step, ::step]
    threshold, _ = cv2.threshold(np.maximum(some, _BLACK), 0, 255, cv2.THRESH_OTSU)
    ink = cv2.threshold(calm, min(threshold, _FAINTEST), 255, cv2.THRESH_BINARY_INV)[1]
    return even.showing(np.asarray(ink, np.uint8))


def without_solids(ink: Picture) -> Picture:
    """Return ink without areas thicker than any writing: black borders, punch holes, photographs, tape.

    Args:
        ink: Mask; strokes of an eighth of an inch and more are solids.
    """
    solid = _solids(ink)
    if not solid.any():
        return ink
    wider = cv2.dilate(solid, np.ones((5, 5), np.uint8))
    height, width = ink.pixels.shape
    full = cv2.resize(wider, (width, height), interpolation=cv2.INTER_NEAREST)
    return ink.showing(np.asarray(cv2.subtract(ink.pixels, full), np.uint8))


def edges_of_paper(ink: Picture) -> Picture | None:
    """Return the mask, some 50 dots per inch, of the rim of large solids at the edge, such as a desk or a book's spine.

    Ink that lies within it is an edge or a shadow of the paper. None if there are no large solids.

    Args:
        ink: Mask with its solids.
    """
    solid = _solids(ink)
    factor = max(1, round(ink.dpi / 50))
    dpi = ink.dpi / factor
    _, found, boxes, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    labels = np.asarray(found, np.int32)
    left, top, width, height = np.asarray(boxes)[:, :4].T
    margin = _RIM * dpi
    # A black bar over a line, or the head of a table, does not reach the edge of the picture.
    outside = np.minimum(left, top) <= margin
    outside |= (left + width >= solid.shape[1] - margin) | (top + height >= solid.shape[0] - margin)
    large = (outside & (np.maximum(width, height) > _DESK * dpi)).astype(np.uint8)
    large[0] = 0
    if not large.any():
        return None
    reach = 2 * max(1, round(_RIM * dpi)) + 1
    return Picture(np.asarray(cv2.dilate(np.take(large, labels), np.ones((reach, reach), np.uint8)), np.uint8), dpi)


def _solids(ink: Picture) -> Pixels:
    """Return the mask, some 50 dots per inch, of areas that are thicker than any writing."""
    factor = max(1, round(ink.dpi / 50))
    small = np.asarray(cv2.threshold(shrunk(ink, factor).pixels, 127, 255, cv2.THRESH_BINARY)[1], np.uint8)
    thick = max(3, round(ink.dpi / 8 / factor))
    # Beyond the edge of the picture everything counts as black: half of a border's stroke is there.
    return np.asarray(
        cv2.morphologyEx(small, cv2.MORPH_OPEN, np.ones((thick, thick), np.uint8), borderValue=(255,)), np.uint8
    )


def shows_a_picture(picture: Picture) -> bool:
    """Return whether a page shows something large and dark that is neither a border nor a punch hole.

    This includes a page that is black all over: its paper cannot be seen.

    Args:
        picture: Grey or RGB.
    """
    if is_black(picture):
        return True
    factor = max(1, round(picture.dpi / 50))
    small = shrunk(picture.showing(grey(picture.pixels)), factor).pixels
    dark = (small < 0.6 * float(np.percentile(small, 75))).astype(np.uint8)
    count, _, boxes, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    large = 0
    for left, top, width, height, area in boxes[1:count]:
        at_edge = left == 0 or top == 0 or left + width == small.shape[1] or top + height == small.shape[0]
        large += 0 if at_edge or max(width, height) < _HOLE * picture.dpi / factor else int(area)
    return large > _PICTURE * small.size


def is_black(picture: Picture) -> bool:
    """Return whether a page of at least a square inch is black all over: nobody can see what is on it.

    Args:
        picture: Grey or RGB.
    """
    height, width = picture.pixels.shape[:2]
    if height * width < picture.dpi**2:
        return False
    plain = picture.showing(grey(picture.pixels))
    return float(np.percentile(shrunk(plain, max(1, round(picture.dpi / 50))).pixels, 75)) < _BLACK
