"""Contents of a PDF that are not on its pages: forms that only one vendor's programs draw, and attached files."""

from collections.abc import Iterator
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Object

from models.errors import ScanError
from models.failure import Code
from models.scan import Kind
from pipeline.page.job import ScanJob

FORM = (
    "a form that only Adobe's programs draw (XFA): its page is a placeholder, and what the form says is not read; "
    "print it there into a PDF of its own"
)
_DEEPEST = 20


def run(job: ScanJob) -> None:
    """Note what belongs to the page of a PDF and is not on it."""
    if job.kind is Kind.PDF:
        job.unread = beyond_the_page(job.file, job.number)


def beyond_the_page(file: Path, number: int) -> tuple[str, ...]:
    """Return what belongs to a page of a PDF and cannot be read on it, as short sentences for people.

    What belongs to the whole PDF is reported for its first page. Attached files are counted and not named: their names
    may reveal confidential facts.

    Args:
        file: the PDF.
        number: the page, from 1.

    Raises:
        ScanError: the PDF cannot be opened.
    """
    try:
        with pikepdf.open(file, suppress_warnings=True) as pdf:
            page = pdf.pages[number - 1].obj
            attached = set(_attached_to(page))
            for annotation in _items(page.get("/Annots")):
                attached |= {*_attached_to(annotation), *_embedded(_entry(annotation, "/FS"))}
            if number > 1:
                return _sentences(attached, is_portfolio=False)
            attached |= {*_attached_to(pdf.Root), *_in_tree(_entry(_entry(pdf.Root, "/Names"), "/EmbeddedFiles"))}
            form = (FORM,) if _is_drawn_elsewhere(pdf.Root) else ()
            return (*form, *_sentences(attached, is_portfolio="/Collection" in pdf.Root))
    except (pikepdf.PikepdfError, ValueError, RuntimeError) as error:
        raise ScanError(Code.DAMAGED, str(error), page=number) from error


def _sentences(attached: set[tuple[int, int]], *, is_portfolio: bool) -> tuple[str, ...]:
    count = len(attached)
    files = "1 attached file is not read" if count == 1 else f"{count} attached files are not read"
    if is_portfolio:
        return (f"a portfolio of files: the page is only its cover; {files}",)
    return (files,) if count else ()


def _is_drawn_elsewhere(root: Object) -> bool:
    """Whether the pages of a PDF only replace an XFA form (ISO 32000-1, 12.7.8).

    A PDF may state this itself. Otherwise: a form that its pages do show has the fields of the pages as well.
    """
    if root.get("/NeedsRendering", False):
        return True
    form = _entry(root, "/AcroForm")
    return _entry(form, "/XFA") is not None and not any(_items(_entry(form, "/Fields")))


def _attached_to(item: Object | None) -> Iterator[tuple[int, int]]:
    """Yield the files associated with an object (ISO 32000-2, 14.13)."""
    associated = _entry(item, "/AF")
    for one in _items(associated) if isinstance(associated, Array) else (associated,):
        yield from _embedded(one)


def _in_tree(tree: Object | None, depth: int = 0) -> Iterator[tuple[int, int]]:
    """Yield the files of a name tree (ISO 32000-1, 7.9.6)."""
    for one in _items(_entry(tree, "/Names")):
        yield from _embedded(one)
    if depth < _DEEPEST:
        for branch in _items(_entry(tree, "/Kids")):
            yield from _in_tree(branch, depth + 1)


def _embedded(specification: Object | None) -> Iterator[tuple[int, int]]:
    """Yield the object and generation number of the file embedded by a file specification, if there is one."""
    files = _entry(specification, "/EF")
    found = (_entry(files, name) for name in ("/UF", "/F", "/Unix", "/Mac", "/DOS"))
    stream = next((one for one in found if isinstance(one, pikepdf.Stream)), None)
    if stream is not None:
        yield stream.objgen


def _entry(item: Object | None, key: str) -> Object | None:
    """Return an entry of a dictionary or stream; None if there is none, or if the object is not a dictionary."""
    return item.get(key) if isinstance(item, Dictionary | pikepdf.Stream) else None


def _items(item: Object | None) -> Iterator[Object]:
    """Yield the items of an array; nothing if the object is not an array."""
    if isinstance(item, Array):
        yield from item
