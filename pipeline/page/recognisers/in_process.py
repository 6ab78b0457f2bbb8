"""Tesseract in this process, through tesserocr.

Its models stay loaded from page to page: a process for each call would load each of them again, which takes a third of
the whole time.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import tesserocr
from tesserocr import OEM, PSM, RIL, PyTessBaseAPI, iterate_level

from models.errors import ScanError
from models.failure import Code
from pipeline.page.picture import Pixels
from pipeline.page.recogniser import Symbol, Symbols
from pipeline.page.recognisers.model_files import folder_of
from pipeline.page.recognisers.tesseract import AboutTesseract, chance_of
from pipeline.page.recognisers.timed import Timed

# With its own threads, Tesseract is many times slower as soon as another Tesseract runs at the same time.
os.environ["OMP_THREAD_LIMIT"] = "1"

ABOUT = AboutTesseract(lambda: {"tesseract": tesserocr.tesseract_version().split()[1]}, programs={})


class Engine(Timed):
    """Tesseract in this process; see :class:`pipeline.page.recogniser.Recogniser`."""

    def read(self, lines: Sequence[Pixels], models: str) -> list[Symbols]:
        """Read lines.

        Raises:
            ScanError: TIMEOUT when the time is up, RECOGNITION when Tesseract fails or a model is missing.
        """
        if not lines:  # loading the models would take a quarter of a second
            return []
        engine = _loaded(folder_of(models, self._folder), models)
        chance = chance_of(models)
        return [self._read(line, engine, chance) for line in lines]

    def _read(self, line: Pixels, engine: PyTessBaseAPI, chance: Callable[[float], float]) -> Symbols:
        left = self._seconds_left()
        height, width = line.shape
        engine.SetImageBytes(line.tobytes(), width, height, 1, width)
        engine.SetSourceResolution(300)  # a formality, so that Tesseract does not guess one
        if not engine.Recognize(round(left * 1000) + 1):
            self._seconds_left()  # Tesseract reports only that it stopped: usually because its time was up
            raise ScanError(Code.RECOGNITION)
        return tuple(_symbols(engine, chance))


@cache
def _loaded(folder: Path, models: str) -> PyTessBaseAPI:
    try:
        return PyTessBaseAPI(path=f"{folder}/", lang=models, psm=PSM.SINGLE_LINE, oem=OEM.LSTM_ONLY)
    except RuntimeError as error:
        raise ScanError(Code.RECOGNITION, f"Tesseract cannot load {models} from {folder}") from error


def _symbols(engine: PyTessBaseAPI, chance: Callable[[float], float]) -> Iterator[Symbol]:
    """Yield the recognised symbols; none if Tesseract saw only a picture."""
    begins = False
    found = engine.GetIterator()
    for place in iterate_level(found, RIL.SYMBOL) if found else ():
        begins = begins or place.IsAtBeginningOf(RIL.WORD)
        text = "" if place.Empty(RIL.SYMBOL) else place.GetUTF8Text(RIL.SYMBOL).strip()
        if not text:
            continue
        left, _, right, _ = place.BoundingBox(RIL.SYMBOL)
        yield Symbol(text, left, right, chance(place.Confidence(RIL.SYMBOL)), begins)
        begins = False
