"""A case file: its documents, its pages as small pictures, its history, and the files that can be downloaded."""

from collections.abc import Iterable

from starlette.responses import FileResponse, Response

from models.level import strictest
from models.page import PageRef
from pipeline.services.askers import Action, Deed
from pipeline.services.open_case import CaseView, open_case, original_of, pdf_of
from pipeline.services.page_history import custody_of
from pipeline.services.standing import standing_of
from web.files import inline
from web.room import Asked, page_number

_PER_PAGE = 48


def case_file(asked: Asked) -> Response:
    """Show a case file."""
    view = opened(asked, withdrawn=True)
    refs = [(document, ref) for document in view.case.documents for ref in document.pages]
    pages = -(-len(refs) // _PER_PAGE)
    number = page_number(asked.request, pages) or 1
    asked.note(view.level, Deed.OPENED, view.case.id)
    shown = refs[(number - 1) * _PER_PAGE : number * _PER_PAGE]
    return asked.page(
        "case.html", view=view, case=view.case, refs=shown, total=len(refs), page=number, pages=pages,
        custody=custody_of(asked.archive, view), standing=standing_of(asked.archive, asked.reader.asker, view),
    )  # fmt: skip


def document_pdf(asked: Asked) -> Response:
    """Send the PDF/A of a document."""
    view = _to_export(asked)
    number = asked.request.path_params["document"]
    file = pdf_of(view, number)
    pages = (ref for one in view.case.documents if one.number == number for ref in one.pages)
    _note_export(asked, view, pages, f"{view.case.id}/{number}.pdf")
    return FileResponse(
        file, media_type="application/pdf", headers=inline(f"{view.case.id.removesuffix('.pdf')}-{number:03}.pdf")
    )


def original_scan(asked: Asked) -> Response:
    """Send a scan as it came in: always as a download, because it may contain anything."""
    view = _to_export(asked)
    scan = asked.request.path_params["scan"]
    file = original_of(view, scan)
    pages = (ref for one in view.case.documents for ref in one.pages if ref.scan.startswith(scan))
    _note_export(asked, view, pages, f"{view.case.id} {scan}")
    return FileResponse(file, media_type="application/octet-stream", filename=file.name)


def opened(asked: Asked, *, withdrawn: bool = False) -> CaseView:
    """Return the case file of an address, as far as the reader may see it.

    Args:
        asked: the request.
        withdrawn: whether one that is withdrawn is shown, too, to people who may withdraw.

    Raises:
        NotFoundError: there is none that the reader may see.
        NotAllowedError: the reader may not search.
    """
    reader = asked.reader
    reader.asker.must_be_allowed(Action.SEARCH)
    return open_case(asked.archive, reader.asker, asked.request.path_params["case"], withdrawn=withdrawn)


def _to_export(asked: Asked) -> CaseView:
    view = opened(asked)
    asked.reader.asker.must_be_allowed(Action.EXPORT)
    return view


def _note_export(asked: Asked, view: CaseView, pages: Iterable[PageRef], what: str) -> None:
    """Write into the audit log what is taken, by the strictest level of its pages."""
    asked.note(strictest(map(view.level_of, pages)), Deed.EXPORTED, what)
