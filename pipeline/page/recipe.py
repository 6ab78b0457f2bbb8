"""The recipe of a page: what decides what is read from it."""

import hashlib
import json
from functools import cache
from importlib import metadata
from pathlib import Path

import tesserocr

from models.failure import BannasarError, Code
from models.settings import PageSettings
from pipeline.page.model_files import model_file

# Raised by hand whenever a change to this room changes what is read.
STEPS = 9


def versions() -> dict[str, str]:
    """Return the versions of the programs and libraries that decide what is read."""
    return {
        "bannasar": _version("bannasar"),
        "tesseract": tesserocr.tesseract_version().split()[1],
        "opencv": _version("opencv-python-headless"),
        "pypdfium2": _version("pypdfium2"),
        "zxing-cpp": _version("zxing-cpp"),
    }


def fingerprint(settings: PageSettings) -> str:
    """Return 16 hexadecimal digits that are equal only for equal steps, settings, models and deciding versions.

    Raises:
        BannasarError: a model is missing.
    """
    deciding = {name: text for name, text in versions().items() if name != "bannasar"}
    chosen = settings.model_dump(mode="json", exclude={"models_folder"})
    models = {name: _digest(model_file(name, settings.models_folder)) for name in model_names(settings)}
    recipe = {"steps": STEPS, "settings": chosen, "models": models, "versions": deciding}
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:16]


def model_names(settings: PageSettings) -> list[str]:
    """Return the names of all the Tesseract models that the settings name."""
    named = (settings.first_languages, settings.khmer_languages, settings.languages, settings.latin_languages)
    return list(dict.fromkeys("+".join(named).split("+")))


@cache
def _version(package: str) -> str:
    return metadata.version(package)


@cache
def _digest(model: Path) -> str:
    try:
        return hashlib.sha256(model.read_bytes()).hexdigest()
    except OSError as error:
        raise BannasarError(Code.RECOGNITION, f"{model.name} is not in {model.parent}") from error
