"""The kinds of document that the glossary knows."""

from collections.abc import Mapping
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
