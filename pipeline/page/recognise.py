"""Pictures of lines in, their signs out: the interface of a recogniser, and Tesseract behind it."""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
from tesserocr import OEM, PSM, RIL, PyTessBaseAPI, iterate_level

from models.failure import BannasarError, Code
from pipeline.page.model_files import folder_of
from pipeline.page.picture import Pixels

# Threads of its own make Tesseract many times slower as soon as another one runs beside it.
os.environ["OMP_THREAD_LIMIT"] = "1"


@dataclass(frozen=True, slots=True)
class Sign:
    """The least thing that is recognised: a letter, a vowel, a subscript with its coeng.

    ``left`` and ``right`` are its columns ``[left, right)`` in the line's picture; those of stacked signs overlap.
    ``confidence`` is the chance, 0–1, that the sign is right. ``begins`` says that the recogniser began a word with it.
    """

    text: str
    left: int
    right: int
    confidence: float
    begins: bool


Signs = tuple[Sign, ...]


class Recogniser(Protocol):
    """Whatever reads pictures of single lines."""

    def read(self, lines: Sequence[Pixels], models: str) -> list[Signs]:
        """Read grey pictures of one line each with the named models; the signs of each, as the text runs."""


_SEEN = (0.0, 0.8, 0.9, 0.95, 0.97, 0.985, 1.0)
_RIGHT = (0.0, 0.05, 0.2, 0.55, 0.8, 0.995, 1.0)
"""What Tesseract says of a sign, and how often such a sign was right: fitted on aged pages, see docs/recognition.md."""

_RIGHT_OF = {"bannasar": (0.0, 0.35, 0.62, 0.82, 0.93, 0.995, 1.0)}
"""The same of models that say less than they know: fitted on aged made lines, see docs/training.md."""


class Tesseract:
    """Tesseract within this process, all of a page's reading within one time limit.

    Its models stay loaded from page to page: a process for each call would load each of them anew, which is a third of
    all the time.
    """

    def __init__(self, models_folder: Path, seconds: float) -> None:
        """Start the clock: after so many seconds reading is given up."""
        self._folder = models_folder
        self._end = time.monotonic() + seconds

    def read(self, lines: Sequence[Pixels], models: str) -> list[Signs]:
        """Read lines; see :class:`Recogniser`.

        Raises:
            BannasarError: TIMEOUT when the time is up, RECOGNITION when Tesseract fails or a model is missing.
        """
        engine = _loaded(folder_of(models, self._folder), models)
        shares = _RIGHT_OF.get(models, _RIGHT)
        return [self._read(line, engine, shares) for line in lines]

    def _read(self, line: Pixels, engine: PyTessBaseAPI, shares: Sequence[float]) -> Signs:
        left = self._end - time.monotonic()
        if left <= 0:
            raise BannasarError(Code.TIMEOUT)
        height, width = line.shape
        engine.SetImageBytes(line.tobytes(), width, height, 1, width)
        engine.SetSourceResolution(300)  # a formality, lest Tesseract guess one
        if not engine.Recognize(round(left * 1000) + 1):
            raise BannasarError(Code.TIMEOUT if time.monotonic() >= self._end else Code.RECOGNITION)
        return tuple(_signs(engine, shares))


@cache
def _loaded(folder: Path, models: str) -> PyTessBaseAPI:
    try:
        return PyTessBaseAPI(path=f"{folder}/", lang=models, psm=PSM.SINGLE_LINE, oem=OEM.LSTM_ONLY)
    except RuntimeError as error:
        raise BannasarError(Code.RECOGNITION, f"Tesseract cannot load {models} from {folder}") from error


def _signs(engine: PyTessBaseAPI, shares: Sequence[float]) -> Iterator[Sign]:
    """Yield the signs that were recognised; none where Tesseract saw only a picture."""
    begins = False
    found = engine.GetIterator()
    for place in iterate_level(found, RIL.SYMBOL) if found else ():
        begins = begins or place.IsAtBeginningOf(RIL.WORD)
        text = "" if place.Empty(RIL.SYMBOL) else place.GetUTF8Text(RIL.SYMBOL).strip()
        if not text:
            continue
        left, _, right, _ = place.BoundingBox(RIL.SYMBOL)
        chance = float(np.interp(place.Confidence(RIL.SYMBOL) / 100, _SEEN, shares))
        yield Sign(text, left, right, chance, begins)
        begins = False
