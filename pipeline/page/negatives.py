"""Checks what was read on dark ground: kept if it is text, left out if the ground is a photograph."""

from collections import defaultdict

import cv2
import numpy as np

from pipeline.page.components import Ints
from pipeline.page.job import PictureJob, Positive
from pipeline.page.picture import Picture
from pipeline.page.recogniser import Symbols
from pipeline.page.upright import make_upright

NEGATIVE = "light writing on dark, read as a negative"
PARTLY_NEGATIVE = "a part of the page is light writing on dark, read as a negative"

_BAND = 0.7
"""The least mean confidence of the symbols on a part of a page that is light on dark."""


def run(job: PictureJob) -> None:
    """Note light writing, and drop readings where there is none."""
    if job.positive:
        job.readings, legible = _without_false(job, job.positive)
        if legible:
            job.notes = (NEGATIVE if job.positive.mostly else PARTLY_NEGATIVE, *job.notes)


def _without_false(job: PictureJob, positive: Positive) -> tuple[list[Symbols], bool]:
    """Drop readings on dark ground without writing, such as a photograph.

    Returns:
        The symbols of each line, and whether there was light writing at all.
    """
    page, readings = job.page, job.readings
    mask = make_upright(Picture(positive.mask, 1.0), job.orientation.turn, job.orientation.skew).pixels
    height, width = page.even.pixels.shape
    large = cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST)
    places = np.asarray(cv2.connectedComponents(large)[1], np.int32)
    homes = [_home(page.components.boxes[line.components], places) for line in page.lines]
    confidences: dict[int, list[float]] = defaultdict(list)
    for home, symbols in zip(homes, readings, strict=True):
        confidences[home].extend(symbol.confidence for symbol in symbols)
    legible = {home for home, some in confidences.items() if some and sum(some) >= _BAND * len(some)} - {0}
    kept = [symbols if not home or home in legible else () for home, symbols in zip(homes, readings, strict=True)]
    return (readings if positive.mostly else kept), positive.mostly or bool(legible)


def _home(boxes: Ints, places: Ints) -> int:
    """Return the number of the place that contains the middle of a line, 0 if it is on light ground."""
    left, right = int(boxes[:, 0].min()), int(boxes[:, 2].max())
    top, bottom = int(boxes[:, 1].min()), int(boxes[:, 3].max())
    return int(np.bincount(places[top:bottom, left:right].ravel()).argmax())
