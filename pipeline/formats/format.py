"""Defines a format: a function from records to the bytes of one file, with a name, a file ending and a help text."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from models.case import CaseFile
from models.page import Page


class Unit(StrEnum):
    """What one file of a format contains."""

    PAGE = "page"
    SCAN = "scan"
    DOCUMENT = "document"
    CASE_FILE = "case file"


@dataclass(frozen=True, slots=True)
class Part:
    """A case file, or a part of it that becomes one file.

    ``name`` is the file name without its ending, ``title`` the title for readers; ``pages`` are the pages of the part
    in order, ``case`` is the whole case file.
    """

    name: str
    title: str
    pages: tuple[Page, ...]
    case: CaseFile


@dataclass(frozen=True, slots=True)
class Format:
    """A format in which case files can be written.

    Attributes:
        name: what is typed after ``bannasar export``.
        ending: the ending of its files, with the dot.
        unit: what one file contains.
        help: a sentence for ``bannasar export --help``.
        write: returns the bytes of a file. The same part gives the same bytes.
    """

    name: str
    ending: str
    unit: Unit
    help: str
    write: Callable[[Part], bytes]


def parts(case: CaseFile, pages: Sequence[Page], unit: Unit) -> Iterator[Part]:
    """Yield the parts of a case file in order.

    Args:
        case: the case file.
        pages: its pages, in the order of its documents.
        unit: what one part is.
    """
    match unit:
        case Unit.CASE_FILE:
            yield Part(case.id, case.title, tuple(pages), case)
        case Unit.DOCUMENT:
            by_place = {(page.scan, page.number): page for page in pages}
            for document in case.documents:
                own = tuple(by_place[ref.scan, ref.number] for ref in document.pages)
                yield Part(f"{case.id}_{document.number:03}", document.title, own, case)
        case Unit.SCAN | Unit.PAGE:
            for number, scan in enumerate(case.scans, 1):
                own = tuple(page for page in pages if page.scan == scan.sha256)
                name, title = f"{case.id}_{number:04}", scan.path.name
                if unit is Unit.SCAN:
                    yield Part(name, title, own, case)
                else:
                    yield from (Part(f"{name}_{page.number:06}", title, (page,), case) for page in own)
