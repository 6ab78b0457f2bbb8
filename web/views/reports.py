"""Mistakes on pages: readers report them here, and those who may correct answer them."""

from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from models.errors import NotFoundError
from pipeline.services import reports as service
from pipeline.services.askers import Action
from web.door import require_own_form
from web.room import Asked
from web.views import page

_MOST_DIGITS = 18
MOST = 100
"""How many reports are listed."""


def reports(asked: Asked) -> Response:
    """Show what waits for an answer, to those who may give one, and what the reader reported."""
    asker = asked.reader.asker
    may = asker.rights.may
    if Action.CORRECT not in may:
        asker.must_be_allowed(Action.REPORT)
    waiting = service.open_reports(asked.archive, asker, most=MOST + 1) if Action.CORRECT in may else None
    own = service.own_reports(asked.archive, asker, MOST + 1) if Action.REPORT in may else []
    return asked.page("reports.html", waiting=waiting, own=own, most=MOST, longest=service.LONGEST)


def report(asked: Asked, form: FormData) -> Response:
    """Keep what a reader says is wrong on a page."""
    reader = asked.reader
    reader.asker.must_be_allowed(Action.REPORT)
    require_own_form(asked.request, reader, str(form.get("token", "")))
    made = service.report(
        asked.archive, reader.asker, page.opened(asked), str(form.get("words", "")), str(form.get("text", ""))
    )
    return RedirectResponse(f"/reports#r{made.number}", 303)


def answer(asked: Asked, form: FormData) -> Response:
    """Answer a report, or dismiss it."""
    reader = asked.reader
    reader.asker.must_be_allowed(Action.CORRECT)
    require_own_form(asked.request, reader, str(form.get("token", "")))
    given = asked.request.path_params["number"]
    if len(given) > _MOST_DIGITS or not (given.isascii() and given.isdigit()):
        raise NotFoundError("There is no such report.")
    how = service.Answer.DISMISSED if form.get("as") == "dismiss" else service.Answer.ANSWERED
    service.answer(asked.archive, reader.asker, int(given), how, str(form.get("reply", "")))
    return RedirectResponse("/reports", 303)
