"""Finds handwritten lines by their confidence and by the shape of their ink, so that they are not read as print.

A line counts as print unless all evidence is against it: handwriting that is read as print does little harm to a page,
and print that is not read does much. docs/recognition.md describes the tests and the results.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from models.page import Rect
from pipeline.page.components import Ints
from pipeline.page.job import PictureJob
from pipeline.page.lines import PrintedLine
from pipeline.page.marks import share_inside
from pipeline.page.merge import mean_confidence
from pipeline.page.prepared_page import LinePicture, PreparedPage
from pipeline.page.recogniser import Symbols

BY_HAND = "a part of the page is handwriting, and is not read"
ALL_BY_HAND = "the page seems to be handwriting: what was read of it is uncertain"
ILLEGIBLE = "the page seems to be handwriting, and nothing of it can be read"

_UNSURE = 0.75
"""Mean confidence of the symbols of a line: readable print has more, even if it is worn."""

_SURE, _ROW = 0.95, 4
"""A row of this many symbols, each with this confidence, is print: a form's word before handwriting."""

_SEALED, _INSIDE = 0.5, 0.5
"""Mean confidence of the symbols of print of which so much is under a seal: its letters are uneven, too."""

_WIDE = 5.0
"""In letter heights: a narrower line has too little ink for a decision."""

_WINDOW = 8
_SOFT, _SOFT_ALONE = 0.08, 0.13
"""How sharply the ink of a line begins and ends from row to row, over this many letter heights at a time: letters on
one level have a sharp horizontal projection, handwriting a soft one. If nothing on a page can be read, its components
are whole words that are treated as letters, and the projection is sharper."""

_NEARLY_ALL = 0.9

_LEGIBLE = 0.5
"""Mean confidence of the symbols of a page that is kept although all of it seems to be handwriting: print with uneven
lines has 0.56, fonts that imitate handwriting 0.64, the noise of a camera 0.42."""

_SLIM = 0.25
"""The share of the ink that is left when strokes lose four pixels: pens leave less, bold headings more."""

_ALIKE, _LINKED, _TALL = 0.65, 2.6, 2.3
"""The share of the letters, by width, on one baseline; the widest and the highest component in letter heights."""

_INK = 150
_LEAST = 200


def run(job: PictureJob) -> None:
    """Mark the handwritten lines and drop their readings, unless that is nearly all of a page.

    Print that is read badly looks like handwriting, too: and no search would find a whole page without text.
    """
    by_hand = handwritten(job.page, job.lines, job.readings)
    places = zip(job.page.lines, by_hand, strict=True)
    job.handwriting = tuple(job.page.on_paper(_box_of(job.page, line), job.scale) for line, hand in places if hand)
    if not job.handwriting:
        return
    areas = [line.pixels.size for line in job.lines]
    if sum(area for area, hand in zip(areas, by_hand, strict=True) if hand) > _NEARLY_ALL * sum(areas):
        job.notes = (*job.notes, ALL_BY_HAND if mean_confidence(job.readings) >= _LEGIBLE else ILLEGIBLE)
    else:
        job.notes = (*job.notes, BY_HAND)
    if ALL_BY_HAND not in job.notes:
        job.readings = [() if hand else symbols for symbols, hand in zip(job.readings, by_hand, strict=True)]


def handwritten(page: PreparedPage, pictures: Sequence[LinePicture], readings: Sequence[Symbols]) -> list[bool]:
    """Return for each line of a page whether it is handwritten.

    A line that is too short for its own decision, or is read a little better, counts as handwriting if most of its
    block, or of the page, is handwriting.

    Args:
        page: The page.
        pictures: Its lines, as they were read.
        readings: What was read.
    """
    doubtful = np.array([_is_doubtful(symbols) for symbols in readings], np.bool_)
    areas = np.array([picture.pixels.size for picture in pictures], np.float64)
    soft = _SOFT_ALONE if areas[doubtful].sum() > _NEARLY_ALL * areas.sum() else _SOFT
    certain = np.array(
        [
            doubt and _is_uneven(picture, page.components.boxes[line.components], page.letter, soft)
            for doubt, line, picture in zip(doubtful, page.lines, pictures, strict=True)
        ],
        np.bool_,
    )
    found = certain.copy()
    start = 0
    for block in page.blocks:
        own = slice(start, start + len(block.lines))
        if 2 * areas[own][certain[own]].sum() > areas[own].sum() or 2 * areas[certain].sum() > areas.sum():
            found[own] = doubtful[own]
        start = own.stop
    return [
        bool(one)
        and not (
            mean_confidence([symbols]) >= _SEALED and share_inside(_box_of(page, line), page.marks.seals) > _INSIDE
        )
        for one, line, symbols in zip(found, page.lines, readings, strict=True)
    ]


def _box_of(page: PreparedPage, line: PrintedLine) -> Rect:
    boxes = page.components.boxes[line.components]
    return Rect(int(boxes[:, 0].min()), line.top, int(boxes[:, 2].max()), line.bottom)


def _is_doubtful(symbols: Symbols) -> bool:
    """Whether almost nothing of a line is read with confidence."""
    if not symbols:
        return True
    row = longest = 0
    for symbol in symbols:
        row = row + 1 if symbol.confidence >= _SURE else 0
        longest = max(longest, row)
    return longest < _ROW and sum(symbol.confidence for symbol in symbols) < _UNSURE * len(symbols)


def _is_uneven(picture: LinePicture, boxes: Ints, letter: float, soft: float) -> bool:
    """Whether the ink of a line has a form that print never has."""
    ink = picture.pixels < _INK
    high = letter * picture.scale
    if ink.shape[1] < _WIDE * high or not _softness(ink, round(_WINDOW * high)) < soft:
        return False
    if (boxes[:, 3] - boxes[:, 1]).max() > _TALL * letter:
        return True
    mask = ink.astype(np.uint8)
    slim = cv2.countNonZero(cv2.erode(mask, np.ones((4, 4), np.uint8))) < _SLIM * cv2.countNonZero(mask)
    linked = bool((boxes[:, 2] - boxes[:, 0]).max() > _LINKED * letter)
    return slim and (linked or _level(boxes, letter) < _ALIKE)


def _softness(ink: np.ndarray[tuple[int, int], np.dtype[np.bool_]], window: int) -> float:
    """Return the squared steps between the rows of ink over the squared rows: the median over the parts of a line."""
    found = []
    for left in range(0, max(1, ink.shape[1] - window // 2), window):
        rows = ink[:, left : left + window].sum(axis=1).astype(np.float64)
        if rows.sum() >= _LEAST:
            found.append(float(np.square(np.diff(rows)).sum() / np.square(rows).sum()))
    return float(np.median(found)) if found else float("inf")


def _level(boxes: Ints, letter: float) -> float:
    """Return the share of the letters, by width, whose bottoms are within a tenth of a letter of one line.

    It is 0 if there are too few letters.
    """
    letters = boxes[boxes[:, 3] - boxes[:, 1] > 0.45 * letter]
    if len(letters) < 3:
        return 0.0
    widths, feet = letters[:, 2] - letters[:, 0], letters[:, 3]
    near = np.abs(feet[:, np.newaxis] - feet) < 0.09 * letter
    return float((near * widths).sum(axis=1).max() / widths.sum())
