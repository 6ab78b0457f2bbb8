"""Shared by both ways of calling Tesseract: its models, and the meaning of its confidences."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from models.settings import PageSettings
from pipeline.page.recogniser import Model
from pipeline.page.recognisers.model_files import OWN_MODELS, model_file

_CONFIDENCES = (0.0, 0.8, 0.9, 0.95, 0.97, 0.985, 1.0)
_CHANCES = (0.0, 0.05, 0.2, 0.55, 0.8, 0.995, 1.0)
"""Confidences of symbols, and the share of them that is right: fitted on aged pages, see docs/recognition.md."""

_FINER = (0.0, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.985, 0.987, 0.99, 0.993, 0.995, 1.0)
_LATIN = (0.0, 0.3, 0.4, 0.45, 0.52, 0.56, 0.61, 0.69, 0.84, 0.9, 0.965, 0.985, 0.997, 0.999)
_CHANCES_OF = {
    "bannasar": (0.0, 0.25, 0.36, 0.52, 0.68, 0.8, 0.89, 0.94, 0.972, 0.979, 0.99, 0.993, 0.995, 1.0),
    "khm": (0.0, 0.2, 0.35, 0.44, 0.55, 0.64, 0.7, 0.8, 0.91, 0.937, 0.977, 0.981, 0.984, 0.99),
    "fra+eng": _LATIN,
    "fra": _LATIN,
    "eng": _LATIN,
}
"""The same for the models that are used most: measured on real paper, see docs/training.md."""

_PACKAGES = {"Khmer": "tesseract-ocr-script-khmr"}


def chance_of(models: str) -> Callable[[float], float]:
    """Return the function from a confidence of these models, 0–100, to the probability of a right symbol, 0–1."""
    chances = _CHANCES_OF.get(models)
    steps = (_CONFIDENCES, _CHANCES) if chances is None else (_FINER, chances)
    return lambda confidence: float(np.interp(confidence / 100, *steps))


class AboutTesseract:
    """The description of a Tesseract recogniser; see :class:`pipeline.page.recogniser.About`."""

    def __init__(self, versions: Callable[[], dict[str, str]], programs: Mapping[str, str]) -> None:
        """Set the function that finds its versions, and the programs that it runs."""
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
