"""Where the Tesseract models are: our own in ``pipeline/page/tessdata``, all others in the folder of the settings."""

from pathlib import Path

OWN_MODELS = Path(__file__).parents[1] / "tessdata"
"""Models that come with the project; docs/training.md describes how they are made."""


def folder_of(model: str, models_folder: Path) -> Path:
    """Return the folder of a model, without a check that the model exists.

    Args:
        model: Its name, or names joined by ``+``: all of them must be in one folder, because Tesseract uses only one.
        models_folder: The folder of the settings.
    """
    own = all(_file(OWN_MODELS, name).is_file() for name in model.split("+"))
    return OWN_MODELS if own else models_folder


def model_file(name: str, models_folder: Path) -> Path:
    """Return the file of one model."""
    return _file(folder_of(name, models_folder), name)


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.traineddata"
