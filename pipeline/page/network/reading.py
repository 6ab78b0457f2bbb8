"""Reads the picture of a line with the network: its scores, and the symbols that they mean, each in its place."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from pipeline.page.merge import is_latin, mean_confidence
from pipeline.page.network.picture import batch, fitted
from pipeline.page.network.symbols import SYMBOLS
from pipeline.page.picture import Pixels
from pipeline.page.prepared_page import LETTER
from pipeline.page.recogniser import Symbol, Symbols

VERSION = str(onnxruntime.__version__)
"""The version of ONNX Runtime."""

INPUT, OUTPUT = "lines", "scores"

STRIDE = 4
"""Columns of the network's picture for each frame of its output."""

_SIZE = 0.93 * LETTER
"""The letter height that is assumed, in pixels of the line's picture."""

_SMALLER, _LARGER = 0.85 * LETTER, 1.18 * LETTER
"""Heights that are tried if the assumed one does not fit."""

_ENOUGH, _ENOUGH_IF_LONG = 0.99, 0.95
"""Mean confidence of the symbols from which on no other height is tried, and in a long line no larger one."""

_LONG = 30 * LETTER
"""A line that is wider is no heading: these have larger letters."""

_LIKE = 0.01
"""Readings whose mean confidence differs by no more are as good: the one with the most symbols has lost none."""

_INK = 160
"""Darker pixels are ink."""

_SPACE = SYMBOLS.index(" ") + 1

Scorer = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Pictures ``(batch, 1, HEIGHT, width)`` in, scores ``(frames, batch, classes)`` out."""


def scorer(model: Path) -> Scorer:
    """Return the function that gives the scores of pictures: ONNX Runtime on one thread.

    Raises:
        RuntimeError: The file cannot be used.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])

    def scores(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(session.run([OUTPUT], {INPUT: pictures})[0], np.float32)

    return scores


def read(line: Pixels, scores: Scorer) -> Symbols:
    """Read a grey picture of a line, as ``PreparedPage.picture_of`` gives it.

    The network's outputs are probabilities: on real paper as many symbols are right as it says (docs/training.md). It
    knows letters of one height only; the letters of a heading or a note have another. So a line of which it is not
    quite sure is read in other sizes, too. In the wrong size a subscript is lost, and the rest is read with confidence.
    Latin lines gain nothing by it.
    """
    readings = [_read(line, scores, _SIZE)]
    sure = [mean_confidence(readings)]
    for size, enough in ((_SMALLER, _ENOUGH), (_LARGER, _ENOUGH_IF_LONG if line.shape[1] > _LONG else _ENOUGH)):
        if max(sure) >= enough or (readings[0] and is_latin(readings[0])):
            break
        readings.append(_read(line, scores, size))
        sure.append(mean_confidence(readings[-1:]))
    found = [(len(one), own, one) for one, own in zip(readings, sure, strict=True) if own >= max(sure) - _LIKE]
    return max(found, key=lambda one: one[:2])[2]


def glance(line: Pixels, scores: Scorer) -> Symbols:
    """Read a grey picture of a line in the assumed size only."""
    return _read(line, scores, _SIZE)


def _read(line: Pixels, scores: Scorer, letter: float) -> Symbols:
    """Read a picture whose letters have this height."""
    picture = fitted(line, letter)
    frames = -(-picture.pixels.shape[1] // STRIDE)
    outputs = scores(batch([picture.pixels]))[:frames, 0].astype(np.float64)
    chances = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    found = _peaks(chances)
    if not found:
        return ()
    # A symbol reaches half-way to its neighbours, and not farther than the ink. Words are parted where it is white.
    places = np.array([picture.column((one.frame + 0.5) * STRIDE) for one in found])
    inked = np.flatnonzero(cv2.reduce(line, 0, cv2.REDUCE_MIN)[0] < _INK)
    inner = [
        _white(inked, before, after + LETTER / 2) if one.begins else (before + after) / 2
        for one, before, after in zip(found[1:], places[:-1], places[1:], strict=True)
    ]
    edges = np.array([0.0, *inner, float(line.shape[1])]).round().astype(int)
    return tuple(
        Symbol(SYMBOLS[one.number - 1], *_trimmed(int(left), int(right), inked), one.confidence, one.begins)
        for one, left, right in zip(found, edges[:-1], edges[1:], strict=True)
    )


@dataclass(frozen=True, slots=True)
class _Peak:
    """An output of the network: its number, the frame in which it is surest, how sure, and if a space is before it."""

    number: int
    frame: float
    confidence: float
    begins: bool


def _peaks(chances: NDArray[np.float64]) -> list[_Peak]:
    """Return the best output of each frame; equal ones in a row are one."""
    best = chances.argmax(axis=1)
    ends = np.flatnonzero(np.diff(best)) + 1
    found: list[_Peak] = []
    begins = True
    for start, stop in zip((0, *ends), (*ends, len(best)), strict=True):
        number = int(best[start])
        if number == _SPACE:
            begins = True
        elif number:
            sure = float(chances[start:stop, number].max())
            found.append(_Peak(number, (start + stop - 1) / 2, sure, begins))
            begins = False
    return found


def _white(inked: NDArray[np.intp], left: float, right: float) -> float:
    """Return the middle of the widest white between two columns."""
    own = inked[np.searchsorted(inked, left) : np.searchsorted(inked, right)]
    if len(own) < 2:
        return (left + right) / 2
    widest = int(np.diff(own).argmax())
    return float(own[widest] + own[widest + 1]) / 2


def _trimmed(left: int, right: int, inked: NDArray[np.intp]) -> tuple[int, int]:
    """Return columns without the white at their ends; at least one column."""
    own = inked[np.searchsorted(inked, left) : np.searchsorted(inked, right)]
    return (int(own[0]), int(own[-1]) + 1) if len(own) else (left, max(left + 1, right))
