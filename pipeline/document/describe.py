"""Documents described: what kind each is, and what is read from it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from models.case import Document, PageRef
from models.page import Page
from models.settings import DocumentSettings
from pipeline.document.facts import facts_of
from pipeline.document.glossary import read_names
from pipeline.document.kinds import kind_of
from pipeline.document.reading import reading


def described(
    documents: Sequence[Document], pages: Mapping[PageRef, Page], settings: DocumentSettings
) -> tuple[Document, ...]:
    """Return documents with their kinds and facts.

    Args:
        documents: as they were cut.
        pages: every page of them.
        settings: the glossary, and when a kind is sure.

    Raises:
        GlossaryError: the glossary cannot be read.
    """
    names = read_names(Path(settings.glossary))
    found = []
    for document in documents:
        own = [pages[ref] for ref in document.pages]
        written = next((page for page in own if page.blocks), own[0])
        kind, confidence = kind_of(written, names, settings.surely)
        facts = facts_of([reading(page) for page in own], names, settings.case_numbers)
        update = {"kind": kind, "kind_confidence": confidence, "facts": facts}
        found.append(document.model_copy(update=update))
    return tuple(found)
