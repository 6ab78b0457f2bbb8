"""What both ways to Tesseract share: its models, and what its confidences mean."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from models.settings import PageSettings
from pipeline.page.recognisers.model_files import model_file

_SEEN = (0.0, 0.8, 0.9, 0.95, 0.97, 0.985, 1.0)
_RIGHT = (0.0, 0.05, 0.2, 0.55, 0.8, 0.995, 1.0)
"""What Tesseract says of a symbol, and how often that was right: fitted on aged pages, see docs/recognition.md."""

_RIGHT_OF = {"bannasar": (0.0, 0.35, 0.62, 0.82, 0.93, 0.995, 1.0)}
"""The same of models that say less than they know: fitted on aged made lines, see docs/training.md."""

_PACKAGES = {"Khmer": "tesseract-ocr-script-khmr"}


def chance_of(models: str) -> Callable[[float], float]:
    """Return what turns a confidence of these models, 0–100, into the chance that the symbol is right, 0–1."""
    shares = _RIGHT_OF.get(models, _RIGHT)
    return lambda confidence: float(np.interp(confidence / 100, _SEEN, shares))


class AboutTesseract:
    """What a recogniser that is Tesseract says of itself; see :class:`pipeline.page.recognise.About`."""

    def __init__(self, versions: Callable[[], dict[str, str]]) -> None:
        """Say how its versions are found."""
        self.versions = versions

    def model_names(self, settings: PageSettings) -> list[str]:
        """Return the names of all the models that the settings name."""
        named = (
            settings.first_languages,
            settings.khmer_languages,
            settings.languages,
            settings.latin_languages,
        )
        return list(dict.fromkeys("+".join(named).split("+")))

    def model_file(self, name: str, settings: PageSettings) -> Path:
        """Return the file of a model, whether it is there or not."""
        return model_file(name, settings.models_folder)

    def package_of(self, name: str) -> str:
        """Return the Debian package that brings a model."""
        return _PACKAGES.get(name, f"tesseract-ocr-{name}")
