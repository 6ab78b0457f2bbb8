"""Finds which way up a page is: of the two ways along its lines, the one that is read with more confidence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from models.page import Turn
from pipeline.page.job import Candidate, Orientation, PictureJob, View
from pipeline.page.layout import laid_out
from pipeline.page.lines import PrintedLine
from pipeline.page.merge import khmer_share, mean_confidence
from pipeline.page.picture import Pixels
from pipeline.page.prepare import candidate
from pipeline.page.prepared_page import LETTER, PreparedPage
from pipeline.page.recogniser import Symbols

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

_CLEAR = 0.9
"""From this mean confidence of our network on, a page is upright. Upside down or in the mirror it has less than .83."""

_ALIKE = frozenset("01256890០HIMNOSWXZlIosxznudpbq.,:;·•…-–—_+=/|\\%()[]<>'\"*")
"""Symbols that are read as symbols upside down, too: 1986 becomes 9861."""

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
    candidates: list[Candidate] = []
    for one in _candidates(job, number, view):
        candidates.append(one)
        if best := _at_a_glance(one, job):
            return Orientation(best.turn, best.skew, best.confidence, best.latin), _turned(best, candidates)
    trials = [trial for one in candidates for trial in _trials(one, job)]
    best = max(trials, key=lambda trial: trial.confidence, default=_Trial(0, 0.0, 0.0, 0, latin=False))
    others = [trial.confidence for trial in trials if trial is not best]
    unsure = best.symbols < _ENOUGH or best.confidence < _LEAST
    if unsure or any(best.confidence - other < _LEAD for other in others):
        skew = next((trial.skew for trial in trials if trial.turn == 0), 0.0)
        ready = (0, skew) in view.directions
        level = next(one for one in candidates if one.turn == 0) if ready else _laid_out(job, number, 0, skew)
        return Orientation(0, skew, best.confidence, best.latin, (TOO_LITTLE,) if trials else ()), level.page
    return Orientation(best.turn, best.skew, best.confidence, best.latin), _turned(best, candidates)


def _candidates(job: PictureJob, number: int, view: View) -> Iterator[Candidate]:
    """Yield a view of a page in all possible directions, the likeliest first; the others are prepared when needed."""
    yield next(one for one in job.candidates if one.view == number)
    for turn, skew in view.directions[1:]:
        yield _laid_out(job, number, turn, skew)


def _laid_out(job: PictureJob, number: int, turn: Turn, skew: float) -> Candidate:
    found = candidate(job, number, turn, skew)
    return replace(found, page=laid_out(found.page))


def _turned(trial: "_Trial", candidates: Sequence[Candidate]) -> PreparedPage:
    """Return the page turned as in a trial."""
    pages = {one.turn: one.page for one in candidates}
    if trial.turn in pages:
        return pages[trial.turn]
    return laid_out(pages[_OPPOSITE[trial.turn]].upside_down())


@dataclass(frozen=True, slots=True)
class _Trial:
    """The confidence with which a few parts of lines were read one way, and the number of symbols."""

    turn: Turn
    skew: float
    confidence: float
    symbols: int
    latin: bool


def _at_a_glance(one: Candidate, job: PictureJob) -> _Trial | None:
    """Return the way in which our network reads parts of a page without doubt; None if Tesseract has to decide.

    It does on faint pages and negatives: how sure it is of these decides more than the way up. It also does if almost
    all symbols are such as dates are made of, of which our network is as sure upside down.
    """
    page, turn = one.page, one.turn
    if not job.network or page.faint or job.positive:
        return None
    pictures = stretches(page, page.lines)
    for way in (turn, _OPPOSITE[turn]):
        some = pictures if way == turn else _upside_down(pictures)
        readings = job.network.glance(some, job.settings.network)
        trial = _trial(way, one.skew, readings)
        telling = [symbol for line in readings for symbol in line if symbol.text not in _ALIKE]
        if len(telling) >= _ENOUGH and min(trial.confidence, mean_confidence([tuple(telling)])) >= _CLEAR:
            return trial
    return None


def _trials(one: Candidate, job: PictureJob) -> Sequence[_Trial]:
    """Read parts of a page as it is turned, and of the page upside down; nothing if it has no lines."""
    page, turn = one.page, one.turn
    pictures = stretches(page, page.lines)
    if not pictures:
        return []
    readings = job.recogniser.read(pictures + _upside_down(pictures), job.settings.first_languages)
    upright, turned = readings[: len(pictures)], readings[len(pictures) :]
    return [_trial(turn, one.skew, upright), _trial(_OPPOSITE[turn], one.skew, turned)]


def _trial(turn: Turn, skew: float, readings: Sequence[Symbols]) -> _Trial:
    symbols = [symbol for line in readings for symbol in line]
    return _Trial(turn, skew, mean_confidence(readings), len(symbols), khmer_share(symbols) < 0.2)


def _upside_down(pictures: Sequence[Pixels]) -> list[Pixels]:
    return [np.asarray(cv2.rotate(one, cv2.ROTATE_180), np.uint8) for one in pictures]


def stretches(page: PreparedPage, lines: Sequence[PrintedLine]) -> list[Pixels]:
    """Return the pictures of the first parts, long enough to read, of the lines with the most text."""
    # Specks do not count: lines of them have more components than lines of print.
    is_letter = page.components.heights > 0.5 * page.letter
    parts = [_stretch(page, line) for line in lines]
    parts.sort(key=lambda line: -int(is_letter[line.components].sum()))
    chosen = parts[:_SAMPLES]
    return [page.picture_of(line, LETTER / page.letter).pixels for line in chosen]


def _stretch(page: PreparedPage, line: PrintedLine) -> PrintedLine:
    """Return the first part of a line, long enough to read."""
    lefts = page.components.boxes[line.components, 0]
    return PrintedLine(line.components[lefts < lefts.min() + _STRETCH * page.letter], line.top, line.bottom)
