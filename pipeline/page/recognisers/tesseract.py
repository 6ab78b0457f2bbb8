"""What both ways to Tesseract share: its models, what its confidences mean, and the time limit."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from models.errors import ScanError
from models.failure import Code
from models.settings import PageSettings
from pipeline.page.recogniser import Model
from pipeline.page.recognisers.model_files import OWN_MODELS, model_file

_CONFIDENCES = (0.0, 0.8, 0.9, 0.95, 0.97, 0.985, 1.0)
_CHANCES = (0.0, 0.05, 0.2, 0.55, 0.8, 0.995, 1.0)
"""Confidences of symbols, and how many of those are right: fitted on aged pages, see docs/recognition.md."""

_CHANCES_OF = {"bannasar": (0.0, 0.35, 0.62, 0.82, 0.93, 0.995, 1.0)}
"""The same of models whose confidences are too low: fitted on aged made lines, see docs/training.md."""

_PACKAGES = {"Khmer": "tesseract-ocr-script-khmr"}


def chance_of(models: str) -> Callable[[float], float]:
    """Return what turns a confidence of these models, 0–100, into the chance that the symbol is right, 0–1."""
    chances = _CHANCES_OF.get(models, _CHANCES)
    return lambda confidence: float(np.interp(confidence / 100, _CONFIDENCES, chances))


class Tesseract:
    """All that is read of a page, within one time limit: what the engines of both ways begin with."""

    def __init__(self, models_folder: Path, seconds: float) -> None:
        """Start the clock: after so many seconds reading is given up."""
        self._folder = models_folder
        self._end = time.monotonic() + seconds

    def _seconds_left(self) -> float:
        """Return the seconds that are left.

        Raises:
            ScanError: TIMEOUT when there are none.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise ScanError(Code.TIMEOUT)
        return left


class AboutTesseract:
    """What a recogniser that is Tesseract says of itself; see :class:`pipeline.page.recogniser.About`."""

    def __init__(self, versions: Callable[[], dict[str, str]], programs: Mapping[str, str]) -> None:
        """Say how its versions are found, and which programs it runs."""
        self.versions = versions
        self.programs = programs

    def models(self, settings: PageSettings) -> list[Model]:
        """Return the models that the settings name."""
        named = (
            settings.first_languages,
            settings.khmer_languages,
            settings.languages,
            settings.latin_languages,
        )
        return [_model(name, settings.models_folder) for name in dict.fromkeys("+".join(named).split("+"))]


def _model(name: str, models_folder: Path) -> Model:
    file = model_file(name, models_folder)
    own = file.parent == OWN_MODELS
    return Model(name, file, "" if own else _PACKAGES.get(name, f"tesseract-ocr-{name}"))
