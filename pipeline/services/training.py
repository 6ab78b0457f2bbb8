"""Trains the classifier with what people entered about an archive's documents, and compares it with that.

The libraries for that take a second to load, so they are imported where they are used.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import UsageError
from pipeline.access.asker import Asker
from pipeline.access.roles import Action
from pipeline.archive.archive import Archive
from pipeline.archive.places import own_model
from pipeline.document.classifier import model_in_use, read_model, write_model
from pipeline.document.glossary import read_names
from pipeline.document.labelled import LabelledDocument, read_papers
from pipeline.services.review import Confirmed, confirmed

if TYPE_CHECKING:
    from pipeline.document.evaluation import Comparison


def train(
    archive: Archive,
    asker: Asker,
    to: Path | None,
    left_out: Callable[[Path], None],
    begin: Callable[[int], None] = lambda _documents: None,
) -> Path:
    """Train the classifier with the documents whose kind people entered, and with made papers.

    Args:
        archive: the archive.
        asker: who asks.
        to: the file for the model; None for the archive's own place for it.
        left_out: called with every bag that cannot be read.
        begin: called with the number of the archive's documents before the training, which takes minutes.

    Returns:
        The file of the model.

    Raises:
        NotAllowedError: the asker may not.
        UsageError: nobody has entered the kind of a document.
        MissingDependencyError: the libraries for training are not installed.
        GlossaryError: the glossary cannot be read.
        OSError: something cannot be read or written.
    """
    asker.must_be_allowed(Action.MAINTAIN)
    found = list(confirmed(archive, asker, left_out))
    if not found:
        raise UsageError(
            "Nobody has entered the kind of a document yet.", "`bannasar review` lists documents to begin with."
        )
    from pipeline.document.training import teach  # noqa: PLC0415

    document = archive.settings.document
    names = read_names(Path(document.glossary))
    begin(len(found))
    model = teach(
        list(read_papers()),
        [LabelledDocument(one.document.kind, _place(one), one.pages, one.facts) for one in found],
        names,
        document.case_numbers,
    )
    file = (to or own_model(archive.folder)).absolute()
    write_model(model, file)
    return file


def evaluate(
    archive: Archive, asker: Asker, left_out: Callable[[Path], None], picture: Path | None = None
) -> "Comparison":
    """Compare the classifier with what people entered about the documents that it was not trained with.

    Args:
        archive: the archive.
        asker: who asks.
        left_out: called with every bag that cannot be read.
        picture: the file for a picture of which kinds were confused; None for none.

    Raises:
        NotAllowedError: the asker may not.
        UsageError: there is no such document.
        ModelError: the classifier's model cannot be read.
        GlossaryError: the glossary cannot be read.
        MissingDependencyError: the libraries that compare or draw are not installed.
        OSError: something cannot be read or written.
    """
    asker.must_be_allowed(Action.MAINTAIN)
    document = archive.settings.document
    model = read_model(model_in_use(document))
    names = read_names(Path(document.glossary))
    unseen = [one for one in confirmed(archive, asker, left_out) if _place(one) not in model.taught_with]
    if not unseen:
        raise UsageError(
            "There is nothing to compare with: nobody has entered the kind of a document that it was not trained with."
        )
    from pipeline.document.evaluation import compare, draw  # noqa: PLC0415

    found = compare([(one.document.kind, one.pages) for one in unseen], names, model.kinds, document.kind_threshold)
    if picture:
        draw(found, picture)
    return found


def _place(one: Confirmed) -> str:
    """Return what identifies a document: where it begins."""
    first = one.document.pages[0]
    return f"{first.scan[:16]}:{first.number}"
