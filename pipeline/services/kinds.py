"""The kinds of document that the glossary knows."""

from collections.abc import Mapping, Set
from pathlib import Path

from models.glossary import Glossary, Named
from models.settings import Settings
from pipeline.document.glossary import read_glossary


def glossary(folder: Path) -> Glossary:
    """Return the glossary of a folder: kinds of document, courts and provinces.

    Raises:
        GlossaryError: it cannot be read.
    """
    return read_glossary(folder)


def kinds(settings: Settings) -> Mapping[str, Named]:
    """Return the kinds with their titles in three languages, by their names.

    Raises:
        GlossaryError: the glossary cannot be read.
    """
    return glossary(Path(settings.document.glossary)).kinds


def trained_kinds(settings: Settings) -> Set[str]:
    """Return the kinds that the classifier knows; all others are recognised by their titles and phrases only.

    Raises:
        ModelError: the classifier cannot be read.
    """
    # NumPy takes 10 MB, which nobody needs who only names kinds.
    from pipeline.document.classifier import model_in_use, read_model  # noqa: PLC0415

    return frozenset(read_model(model_in_use(settings.document)).kinds.classes)
