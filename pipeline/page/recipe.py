"""The recipe of a page: everything that determines what is read from it."""

import hashlib
import json
from functools import cache
from importlib import metadata
from pathlib import Path

from models.errors import ScanError
from models.failure import Code
from models.settings import PageSettings
from pipeline.page.recogniser import about, named
from pipeline.page.stages import versions as stage_versions


def versions(settings: PageSettings) -> dict[str, str]:
    """Return the versions of the programs and libraries that determine what is read."""
    recognisers = {name: text for one in named(settings) for name, text in about(one).versions().items()}
    return {
        "bannasar": own_version(),
        **recognisers,
        "opencv": _version("opencv-python-headless"),
        "pypdfium2": _version("pypdfium2"),
        "zxing-cpp": _version("zxing-cpp"),
    }


def own_version() -> str:
    """Return the version of Bannasar."""
    return _version("bannasar")


def fingerprint(settings: PageSettings) -> str:
    """Return 16 hexadecimal digits that are equal only for equal stages, settings, models and versions.

    Raises:
        ScanError: a model is missing.
    """
    deciding = {name: text for name, text in versions(settings).items() if name != "bannasar"}
    chosen = settings.model_dump(mode="json", exclude={"models_folder"})
    models = {model.name: _digest(model.file) for one in named(settings) for model in about(one).models(settings)}
    recipe = {"stages": dict(stage_versions()), "settings": chosen, "models": models, "versions": deciding}
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:16]


@cache
def _version(package: str) -> str:
    return metadata.version(package)


@cache
def _digest(model: Path) -> str:
    try:
        return hashlib.sha256(model.read_bytes()).hexdigest()
    except OSError as error:
        raise ScanError(Code.RECOGNITION, f"{model.name} is not in {model.parent}") from error
