"""The documents of a case file: where each begins, its kind, what is read from it, and what people said of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from models.case import Document
from models.correction import About, Correction
from models.fact import Fact, FactName
from models.page import Page, PageRef
from models.settings import DocumentSettings
from pipeline.document.classifier import Model, model_in_use, read_model
from pipeline.document.cut import parts
from pipeline.document.facts import facts_of
from pipeline.document.glossary import read_names
from pipeline.document.kinds import UNKNOWN, kind_of
from pipeline.document.reading import reading
from pipeline.document.sheets import as_sheets_tell
from pipeline.document.sketch import Sketch

_FACTS = {About.DATE: FactName.DATE, About.CASE_NUMBER: FactName.CASE_NUMBER, About.COURT: FactName.COURT}

Said = Mapping[tuple[PageRef, About], Correction]


@dataclass(frozen=True, slots=True)
class _Part:
    """The pages of a document to be, the scan it is in, and whether it begins in the middle of that."""

    scan: str
    later: bool
    pages: list[Sketch]

    @property
    def title(self) -> str:
        """What it is called."""
        return f"{self.scan}, page {self.pages[0].page.number}" if self.later else self.scan


def described(
    documents: Sequence[Document],
    pages: Mapping[PageRef, Page],
    settings: DocumentSettings,
    corrections: Sequence[Correction] = (),
) -> tuple[Document, ...]:
    """Return the documents of a case file, cut where another begins, with their kinds and facts.

    Args:
        documents: one a scan.
        pages: every page of them.
        settings: the glossary, the model, and when a kind is sure.
        corrections: what people said of the case file, in the order in which they did.

    Returns:
        The documents, numbered from 1. A later one of a scan has the page it begins on in its title.

    Raises:
        GlossaryError: the glossary cannot be read.
        ModelError: the model cannot be read.
    """
    names = read_names(Path(settings.glossary))
    model = read_model(model_in_use(settings))
    said = _last(corrections)
    cut = []
    for document in documents:
        own = parts(
            [Sketch(pages[ref], names) for ref in document.pages],
            model.begins,
            blank_separates=settings.blank_separates,
        )
        cut += [_Part(document.title, place > 0, part) for place, part in enumerate(own)]
    read = [_document(number, part, model, settings) for number, part in enumerate(_as_people_cut(cut, said), 1)]
    return tuple(_as_people_say(document, said) for document in as_sheets_tell(read, pages, names))


def _last(corrections: Sequence[Correction]) -> Said:
    """Return what was said last of each page. That a document begins on it, and that none does, exclude one another."""
    said: dict[tuple[PageRef, About], Correction] = {}
    opposite = {About.BEGINS: About.CONTINUES, About.CONTINUES: About.BEGINS}
    for correction in corrections:
        said[correction.page, correction.about] = correction
        if correction.value is None:
            del said[correction.page, correction.about]
        if correction.about in opposite:
            said.pop((correction.page, opposite[correction.about]), None)
    return said


def _as_people_cut(cut: Sequence[_Part], said: Said) -> Iterator[_Part]:
    """Yield the parts as people want them: cut where they said so, and joined."""
    joined: _Part | None = None
    for part in cut:
        begins = [n for n, page in enumerate(part.pages) if n and (_ref(page), About.BEGINS) in said]
        for start, end in pairwise((0, *begins, len(part.pages))):
            own = _Part(part.scan, part.later or start > 0, part.pages[start:end])
            if joined and (_ref(own.pages[0]), About.CONTINUES) in said:
                joined.pages.extend(own.pages)
                continue
            if joined:
                yield joined
            joined = own
    if joined:
        yield joined


def _document(number: int, part: _Part, model: Model, settings: DocumentSettings) -> Document:
    """Return a document as the machine reads it."""
    read = kind_of(part.pages, model.kinds)
    return Document(
        number=number,
        title=part.title,
        pages=tuple(map(_ref, part.pages)),
        kind=read.kind if read.confidence >= settings.surely else UNKNOWN,
        kind_confidence=read.confidence,
        kind_read=read.kind,
        facts=facts_of(
            [reading(page.page) for page in part.pages], part.pages[0].names, settings.case_numbers, model.roles
        ),
    )


def _as_people_say(document: Document, said: Said) -> Document:
    own = {
        about: correction
        for ref in reversed(document.pages)
        for about in About
        if (correction := said.get((ref, about)))
    }
    told: dict[str, object] = {}
    if kind := own.get(About.KIND):
        told |= {"kind": kind.value, "kind_by": kind.by}
    facts = [_said(own[about], name) for about, name in _FACTS.items() if about in own]
    return document.model_copy(update={**told, "facts": (*facts, *document.facts)})


def _said(correction: Correction, name: FactName) -> Fact:
    page = correction.page
    return Fact(
        name=name, value=correction.value or "", text="", scan=page.scan, page=page.number, boxes=(), confidence=1.0,
        by=correction.by,
    )  # fmt: skip


def _ref(page: Sketch) -> PageRef:
    return PageRef(scan=page.page.scan, number=page.page.number)
