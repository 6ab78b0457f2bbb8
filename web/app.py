"""The application: what each address shows, and how every error becomes a page."""

import logging
from collections.abc import Awaitable, Callable, Collection
from http import HTTPStatus
from pathlib import Path
from threading import Semaphore
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from models.errors import BannasarError, NotAllowedError, NotFoundError, SignInError
from models.message import Message
from models.settings import Settings
from pipeline.logs import described
from pipeline.services import audit
from web.door import Door
from web.errors import words_for, words_for_status
from web.guard import LOGGED, Guard, TooLargeError, TooSlowError
from web.language import language_of
from web.room import Asked, Room, View, asked, make_templates, with_query, words_of
from web.training import Training
from web.views import browse, case, help_pages, iiif, names, page, reports, search, verify, visit

_LOG = logging.getLogger(__name__)
_STATIC = Path(__file__).parent / "static"
_KEPT = "private, max-age=600"  # seconds
_MOST_FIELDS = 10
_LONGEST_ID = 80

Action = Callable[[Asked, FormData], Response]


class _Number(IntegerConvertor):
    """A number in an address: Python refuses to read one of thousands of digits."""

    regex = "[0-9]{1,9}"


register_url_convertor("number", _Number())


def create_app(
    settings: Settings, door: Door, hosts: Collection[str], *, is_secure: bool, is_training: bool = False
) -> Guard:
    """Return the reading room of an archive as an ASGI application.

    Args:
        settings: the settings; they name the archive.
        door: who may enter.
        hosts: the names and addresses under which it is reached, in lower case.
        is_secure: whether it is reached over HTTPS only.
        is_training: whether the archive is one to practise with, and the exercises are shown.
    """
    app = Starlette(
        routes=routes(),
        exception_handlers={
            HTTPException: _http_error,
            TooLargeError: _bad_body,
            TooSlowError: _bad_body,
            Exception: _unforeseen,
        },
    )
    app.state.room = Room(settings, door, make_templates(), is_secure, training=Training() if is_training else None)
    return Guard(app, hosts, is_secure=is_secure)


def routes() -> list[BaseRoute]:
    """Return every address of the reading room, with what answers it."""
    place = "/case/{case}/scan/{scan}/page/{number:number}"
    return [
        Route("/", _shown(search.search)),
        Route("/hits.csv", _shown(search.hits_csv)),
        Route("/hits.xlsx", _shown(search.hits_xlsx)),
        Route("/names", _shown(names.names_form), methods=["GET"]),
        Route("/names", _done(names.names), methods=["POST"]),
        Route("/browse", _shown(browse.browse)),
        Route("/browse/box/{box}", _shown(browse.box)),
        Route("/case/{case}", _shown(case.case_file)),
        Route("/case/{case}/turn", _shown(page.turn)),
        Route("/case/{case}/document/{document:number}.pdf", _shown(case.document_pdf)),
        Route("/case/{case}/scan/{scan}/original", _shown(case.original_scan)),
        Route(place, _shown(page.page)),
        Route(place + "/picture/{width:number}.jpg", _shown(page.picture)),
        Route(place + "/cutting.jpg", _shown(page.cutting)),
        Route(place + "/alto.xml", _shown(page.alto)),
        Route(place + "/report", _done(reports.report), methods=["POST"]),
        Route("/reports", _shown(reports.reports), methods=["GET"]),
        Route("/reports/{number}", _done(reports.answer), methods=["POST"]),
        Route("/case/{case}/iiif/manifest.json", _shown(iiif.manifest)),
        Route("/case/{case}/iiif/search", _shown(iiif.hits)),
        Route(place + "/text.json", _shown(iiif.text)),
        Route(place + "/image", _shown(iiif.picture)),
        Route(place + "/image/info.json", _shown(iiif.picture_info)),
        Route(place + "/image/full/{size}/0/default.jpg", _shown(iiif.sized_picture)),
        Route("/verify", _shown(verify.verify_form), methods=["GET"]),
        Route("/verify", _received(verify.verify, verify.UPLOADS, verify.busy), methods=["POST"]),
        Route("/help", _shown(help_pages.overview)),
        Route("/help/{topic}", _shown(help_pages.topic)),
        Route("/exercises", _shown(help_pages.exercises)),
        Route("/enter/{token}", _shown(visit.enter)),
        Route("/sign-in", _shown(visit.sign_in_form), methods=["GET"]),
        Route("/sign-in", _done(visit.sign_in), methods=["POST"]),
        Route("/sign-in/elsewhere", _shown(visit.sign_in_elsewhere)),
        Route("/sign-in/back", _shown(visit.come_back)),
        Route("/sign-out", _done(visit.sign_out), methods=["POST"]),
        Route("/language/{code}", _shown(visit.choose_language)),
        Route("/healthy", _shown(_healthy)),
        Mount("/static", _Static(directory=_STATIC)),
    ]


class _Static(StaticFiles):
    """Our own style sheet, script and pictures: a browser keeps them for ten minutes, then asks again."""

    def file_response(self, *given: Any, **named: Any) -> Response:  # noqa: ANN401  # as Starlette calls it
        """Return a file."""
        response = super().file_response(*given, **named)
        response.headers["Cache-Control"] = _KEPT
        return response


def _shown(view: View) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint that answers with a view; it runs in a thread, because it waits for disks."""

    async def answer(request: Request) -> Response:
        return await run_in_threadpool(_answered, request, view)

    return answer


def _done(action: Action) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint that answers a form."""

    async def answer(request: Request) -> Response:
        async with request.form(max_files=1, max_fields=_MOST_FIELDS) as form:
            return await run_in_threadpool(_answered, request, lambda one: action(one, form))

    return answer


def _received(action: Action, places: Semaphore, busy: View) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint that answers a form with a large file, which lies on the disk meanwhile.

    If no place is left, nothing of the file is kept. It is read all the same: a browser that is interrupted shows no
    answer.
    """
    answer = _done(action)

    async def answer_if_there_is_room(request: Request) -> Response:
        if places.acquire(blocking=False):
            try:
                return await answer(request)
            finally:
                places.release()
        async for _part in request.stream():
            pass
        return await run_in_threadpool(_answered, request, busy)

    return answer_if_there_is_room


def _answered(request: Request, view: View) -> Response:
    try:
        with asked(request) as one:
            return _answered_in(request, one, view)
    except BannasarError as error:
        return _error_page(request, error)


def _answered_in(request: Request, one: Asked, view: View) -> Response:
    try:
        answer = view(one)
    except SignInError:
        if request.method == "GET" and one.visit is None and not request.url.path.startswith("/enter/"):
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(with_query("/sign-in", to=request.url.path + query), 303)
        raise
    except (NotFoundError, NotAllowedError):
        if one.visit is not None and "case" in request.path_params:
            ids = (str(given)[:_LONGEST_ID] for given in request.path_params.values())
            audit.note_refusal(one.archive, one.visit.asker, "/".join(ids))
        raise
    if one.room.training and one.visit:
        one.room.training.note(one.visit, request, answer.status_code)
    return answer


def _error_page(request: Request, error: BannasarError) -> Response:
    if error.http_status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _LOG.error("%s", described(error))
    return _page(request, error.http_status, words_for(error))


def _page(request: Request, status: int, said: tuple[Message, Message]) -> Response:
    room: Room = request.app.state.room
    language = language_of(request, room.settings.document.glossary)
    template = room.templates.get_template("error.html")
    shown = template.render(words_of(language), status=int(status), sentence=said[0], next_step=said[1])
    return Response(shown, status, media_type="text/html")


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # Starlette calls it only with this
    return _page(request, error.status_code, words_for_status(error.status_code))


async def _bad_body(request: Request, error: Exception) -> Response:
    status = 413 if isinstance(error, TooLargeError) else 408
    return _page(request, status, words_for_status(status))


async def _unforeseen(request: Request, error: Exception) -> Response:
    """Answer an unexpected error: its message may contain text of a paper, so none of it is shown."""
    _LOG.error("%s", described(error))
    request.scope[LOGGED] = True
    return _page(request, 500, words_for_status(500))


def _healthy(asked: Asked) -> Response:
    """Say that the archive can be opened, to programs that watch over the service."""
    del asked
    return PlainTextResponse("ok")
