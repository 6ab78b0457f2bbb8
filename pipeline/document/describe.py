"""The documents of a case file: where each begins, what kind it is, and what is read from it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from models.case import Document, PageRef
from models.page import Page
from models.settings import DocumentSettings
from pipeline.document.cut import parts
from pipeline.document.facts import facts_of
from pipeline.document.glossary import Names, read_names
from pipeline.document.kinds import kind_of
from pipeline.document.reading import reading
from pipeline.document.sheets import as_sheets_tell


def described(
    documents: Sequence[Document], pages: Mapping[PageRef, Page], settings: DocumentSettings
) -> tuple[Document, ...]:
    """Return the documents of a case file, cut where another begins, with their kinds and facts.

    Args:
        documents: one a scan.
        pages: every page of them.
        settings: the glossary, and when a kind is sure.

    Returns:
        The documents, numbered from 1. A later one of a scan has the page it begins on in its title.

    Raises:
        GlossaryError: the glossary cannot be read.
    """
    names = read_names(Path(settings.glossary))
    found: list[Document] = []
    for title, own in _cut(documents, pages, names, settings):
        written = next((page for page in own if page.blocks), own[0])
        kind, confidence = kind_of(written, names, settings.surely)
        found.append(
            Document(
                number=len(found) + 1,
                title=title,
                pages=tuple(PageRef(scan=page.scan, number=page.number) for page in own),
                kind=kind,
                kind_confidence=confidence,
                facts=facts_of([reading(page) for page in own], names, settings.case_numbers),
            )
        )
    return tuple(as_sheets_tell(found, pages, names))


def _cut(
    documents: Sequence[Document], pages: Mapping[PageRef, Page], names: Names, settings: DocumentSettings
) -> Iterator[tuple[str, list[Page]]]:
    for document in documents:
        own_pages = [pages[ref] for ref in document.pages]
        cut = parts(own_pages, names, settings.surely, blank_separates=settings.blank_separates)
        for place, own in enumerate(cut):
            yield f"{document.title}, page {own[0].number}" if place else document.title, own
