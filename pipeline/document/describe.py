"""The documents of a case file: where each begins, its kind, its facts, and the corrections by people."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, groupby, pairwise
from pathlib import Path

from models.case import CaseFile, Document, Unread
from models.correction import About, Correction
from models.fact import Fact, FactName
from models.page import Page, PageRef
from models.settings import DocumentSettings
from pipeline.document.classifier import Model, model_in_use, read_model
from pipeline.document.cut import parts
from pipeline.document.facts import facts_of
from pipeline.document.glossary import UNKNOWN, read_names
from pipeline.document.kinds import kind_of
from pipeline.document.match_text import match_text
from pipeline.document.sheets import apply_separator_sheets
from pipeline.document.sketch import Sketch

_FACTS = {About.DATE: FactName.DATE, About.CASE_NUMBER: FactName.CASE_NUMBER, About.COURT: FactName.COURT}
_OF_A_DOCUMENT = (About.KIND, *_FACTS)

LastCorrections = Mapping[tuple[PageRef, About], Correction]
# The pages of a document to be.
_Part = list[Sketch]


def describe_documents(
    documents: Sequence[Document],
    pages: Mapping[PageRef, Page],
    settings: DocumentSettings,
    corrections: Sequence[Correction] = (),
) -> tuple[Document, ...]:
    """Return the documents of a case file, cut where another begins, with their kinds and facts.

    Args:
        documents: one for each scan.
        pages: every page of them.
        settings: the glossary, the model, and the least confidence of a kind.
        corrections: those of the case file, the oldest first.

    Returns:
        The documents, numbered from 1. A later one of a scan has the page it begins on in its title. One of several
        scans has the title of the first of them.

    Raises:
        GlossaryError: the glossary cannot be read.
        ModelError: the model cannot be read.
    """
    names = read_names(Path(settings.glossary))
    model = read_model(model_in_use(settings))
    last = _last(corrections)
    titles = {document.pages[0].scan: document.title for document in documents}
    stacks = list(_stacks(documents))
    cut = [
        part
        for stack in stacks
        for part in parts(
            [Sketch(pages[ref], names) for ref in stack], model.begins, blank_separates=settings.blank_separates
        )
    ]
    corrected = enumerate(_cut_by_corrections(cut, last), 1)
    read = [_document(number, part, titles, model, settings) for number, part in corrected]
    final = (_apply_corrections(document, last) for document in apply_separator_sheets(read, stacks, pages, names))
    return tuple(document.model_copy(update={"unread": _unread(document, pages)}) for document in final)


def _unread(document: Document, pages: Mapping[PageRef, Page]) -> tuple[Unread, ...]:
    return tuple(Unread(page=ref, remarks=pages[ref].unread) for ref in document.pages if pages[ref].unread)


def inactive_corrections(case: CaseFile) -> tuple[Correction, ...]:
    """Return corrections of documents that begin nowhere now. They count again once a document begins on that page."""
    first = {document.pages[0] for document in case.documents}
    return tuple(
        correction
        for (page, about), correction in _last(case.corrections).items()
        if about in _OF_A_DOCUMENT and page not in first
    )


def _last(corrections: Sequence[Correction]) -> LastCorrections:
    """Return the last correction of each page. "Begins" and "continues" on one page replace each other."""
    last: dict[tuple[PageRef, About], Correction] = {}
    opposite = {About.BEGINS: About.CONTINUES, About.CONTINUES: About.BEGINS}
    for correction in corrections:
        last[correction.page, correction.about] = correction
        if correction.value is None:
            del last[correction.page, correction.about]
        if correction.about in opposite:
            last.pop((correction.page, opposite[correction.about]), None)
    return last


def _stacks(documents: Sequence[Document]) -> Iterator[tuple[PageRef, ...]]:
    """Yield the pages that may belong together: of a scan, or of consecutive scans of one page each."""
    for is_single, row in groupby(documents, key=lambda document: len(document.pages) == 1):
        pages = [document.pages for document in row]
        yield from [tuple(chain.from_iterable(pages))] if is_single else pages


def _cut_by_corrections(cut: Sequence[_Part], last: LastCorrections) -> Iterator[_Part]:
    """Yield the parts as people corrected them, split and joined."""
    joined: _Part = []
    for part in cut:
        begins = [n for n, page in enumerate(part) if n and (_ref(page), About.BEGINS) in last]
        for start, end in pairwise((0, *begins, len(part))):
            if joined and (_ref(part[start]), About.CONTINUES) not in last:
                yield joined
                joined = []
            joined = [*joined, *part[start:end]]
    if joined:
        yield joined


def _document(
    number: int, part: _Part, titles: Mapping[str, str], model: Model, settings: DocumentSettings
) -> Document:
    """Return a document as the machine reads it; ``titles`` are those of the scans."""
    read = kind_of(part, model.kinds)
    first = _ref(part[0])
    title = titles[first.scan]
    return Document(
        number=number,
        title=title if first.number == 1 else f"{title}, page {first.number}",
        pages=tuple(map(_ref, part)),
        kind=read.kind if read.confidence >= settings.kind_threshold else UNKNOWN,
        kind_confidence=read.confidence,
        kind_read=read.kind,
        facts=facts_of([match_text(page.page) for page in part], part[0].names, settings.case_numbers, model.roles),
    )


def _apply_corrections(document: Document, last: LastCorrections) -> Document:
    """Return a document with the corrections of the one that began on its first page, and of none that began later."""
    first = document.pages[0]
    own = {about: correction for about in About if (correction := last.get((first, about)))}
    changes: dict[str, object] = {}
    if kind := own.get(About.KIND):
        changes |= {"kind": kind.value, "kind_by": kind.by}
    facts = [_corrected_fact(own[about], name) for about, name in _FACTS.items() if about in own]
    return document.model_copy(update={**changes, "facts": (*facts, *document.facts)})


def _corrected_fact(correction: Correction, name: FactName) -> Fact:
    page = correction.page
    return Fact(
        name=name, value=correction.value or "", text="", scan=page.scan, page=page.number, boxes=(), confidence=1.0,
        by=correction.by,
    )  # fmt: skip


def _ref(page: Sketch) -> PageRef:
    return PageRef(scan=page.page.scan, number=page.page.number)
