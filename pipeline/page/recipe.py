"""The recipe of a page: what decides what is read from it."""

import hashlib
import json
from functools import cache
from importlib.metadata import version

import pytesseract

from models.failure import BannasarError, Code
from models.settings import PageSettings

# Raised by hand whenever a change to this room changes what is read.
STEPS = 1


@cache
def versions() -> dict[str, str]:
    """Return the versions of the programs and libraries that decide what is read.

    Raises:
        BannasarError: Tesseract is missing.
    """
    try:
        tesseract = str(pytesseract.get_tesseract_version())
    except pytesseract.TesseractNotFoundError as error:
        raise BannasarError(Code.RECOGNITION, "Tesseract is not installed") from error
    return {
        "bannasar": version("bannasar"),
        "tesseract": tesseract,
        "opencv": version("opencv-python-headless"),
        "pypdfium2": version("pypdfium2"),
    }


def fingerprint(settings: PageSettings) -> str:
    """Return 16 hexadecimal digits that are equal only for equal steps, settings and deciding versions."""
    deciding = {name: text for name, text in versions().items() if name != "bannasar"}
    recipe = {"steps": STEPS, "settings": settings.model_dump(mode="json"), "versions": deciding}
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:16]
