"""Finds which way up a page is: of the two ways along its lines, the one that is read with more confidence."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from models.page import Turn
from pipeline.page.job import Candidate, Orientation, PictureJob, View
from pipeline.page.layout import laid_out
from pipeline.page.lines import PrintedLine
from pipeline.page.merge import khmer_share, mean_confidence
from pipeline.page.picture import Pixels
from pipeline.page.prepare import prepare
from pipeline.page.prepared_page import LETTER, PreparedPage
from pipeline.page.upright import make_upright

TOO_LITTLE = "too little text to tell which way is up"

_SAMPLES = 5
_STRETCH = 14
"""How many parts of lines are read to find which way is up, and the length of each in letter heights."""

_NEGATIVE, _FEW = 0.4, 0.8
"""The least mean confidence of the symbols on a page that is light on dark, and on a page with so little text that it
may be dust."""

_ENOUGH = 8
_LEAST = 0.4
_LEAD = 0.1
"""This many symbols read one way must have this confidence, and this much more than the other way."""

_OPPOSITE: dict[Turn, Turn] = {0: 180, 90: 270, 180: 0, 270: 90}


def run(job: PictureJob) -> None:
    """Find which way up a page is, whatever its script.

    A few parts of lines are read both ways. A page with too little text for a decision is not turned, and gets a note.
    If most of its writing is light on dark, it counts as a negative only if the positive is read better than the
    original.
    """
    found = [_orientation(job, number, view) for number, view in enumerate(job.views)]
    job.orientation, job.page = found[0]
    if len(found) > 1:
        (negative, _), (as_it_is, _) = found
        least = _FEW if negative.notes else _NEGATIVE
        if negative.confidence < max(least, as_it_is.confidence):
            job.orientation, job.page = found[1]
            job.positive = None


def _orientation(job: PictureJob, number: int, view: View) -> tuple[Orientation, PreparedPage]:
    """Return the orientation of a view of a page, and the page upright."""
    candidates = [one for one in job.candidates if one.view == number]
    trials = [trial for one in candidates for trial in _trials(one, job)]
    pages = {one.turn: one.page for one in candidates}
    best = max(trials, key=lambda trial: trial.confidence, default=_Trial(0, 0.0, 0.0, 0, latin=False))
    others = [trial.confidence for trial in trials if trial is not best]
    unsure = best.symbols < _ENOUGH or best.confidence < _LEAST
    if unsure or any(best.confidence - other < _LEAD for other in others):
        skew = next((trial.skew for trial in trials if trial.turn == 0), 0.0)
        ready = (0, skew) in view.directions
        page = pages[0] if ready else laid_out(prepare(make_upright(view.picture, 0, skew), job.settings.dpi))
        return Orientation(0, skew, best.confidence, best.latin, (TOO_LITTLE,) if trials else ()), page
    page = pages[best.turn] if best.turn in pages else laid_out(pages[_OPPOSITE[best.turn]].upside_down())
    return Orientation(best.turn, best.skew, best.confidence, best.latin), page


@dataclass(frozen=True, slots=True)
class _Trial:
    """The confidence with which a few parts of lines were read one way, and the number of symbols."""

    turn: Turn
    skew: float
    confidence: float
    symbols: int
    latin: bool


def _trials(candidate: Candidate, job: PictureJob) -> Sequence[_Trial]:
    """Read parts of a page as it is turned, and of the page upside down; nothing if it has no lines."""
    page, turn = candidate.page, candidate.turn
    pictures = stretches(page)
    turned = [np.asarray(cv2.rotate(one, cv2.ROTATE_180), np.uint8) for one in pictures]
    readings = job.recogniser.read(pictures + turned, job.settings.first_languages)
    trials = []
    for way, some in ((turn, readings[: len(pictures)]), (_OPPOSITE[turn], readings[len(pictures) :])):
        symbols = [symbol for line in some for symbol in line]
        latin = khmer_share(symbols) < 0.2
        trials.append(_Trial(way, candidate.skew, mean_confidence(some), len(symbols), latin))
    return trials if pictures else []


def stretches(page: PreparedPage) -> list[Pixels]:
    """Return the pictures of the first parts, long enough to read, of the lines with the most text."""
    # Specks do not count: lines of them have more components than lines of print.
    is_letter = page.components.heights > 0.5 * page.letter
    parts = [_stretch(page, line) for line in page.lines]
    parts.sort(key=lambda line: -int(is_letter[line.components].sum()))
    chosen = parts[:_SAMPLES]
    return [page.picture_of(line, LETTER / page.letter).pixels for line in chosen]


def _stretch(page: PreparedPage, line: PrintedLine) -> PrintedLine:
    """Return the first part of a line, long enough to read."""
    lefts = page.components.boxes[line.components, 0]
    return PrintedLine(line.components[lefts < lefts.min() + _STRETCH * page.letter], line.top, line.bottom)
