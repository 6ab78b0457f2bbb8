"""Sessions and settings: the one-time address of the operator, signing in and out, the language."""

from datetime import UTC, datetime
from threading import Semaphore

from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from models.errors import NotFoundError, SignInError, TooManyError
from models.message import Message
from pipeline.services import sign_in_elsewhere as elsewhere
from web.door import COOKIE, require_own_form
from web.language import COOKIE as LANGUAGE_COOKIE
from web.language import LANGUAGES
from web.room import Asked

SIGNING_IN = Semaphore(4)
"""Passwords that are checked at the same time: each check takes 64 MiB and a twentieth of a second."""
_YEAR = 365 * 24 * 3600
_ELSEWHERE = "bannasar-sign-in"
_LONGEST_KEPT = 1000  # of an address: browsers drop a cookie of more than 4 kB


def enter(asked: Asked) -> Response:
    """Let the operator in by the one-time address."""
    session = asked.room.door.enter_once(asked.request.path_params["token"])
    if session is None:
        raise SignInError(
            Message("This address was used already, or is not right."),
            Message("Start `bannasar serve` again for a new one."),
        )
    return _with_session(asked, session, "/")


def sign_in_form(asked: Asked) -> Response:
    """Show the form for signing in."""
    return _form(asked, _own_path(asked.request.query_params.get("to", "/")))


def sign_in(asked: Asked, form: FormData) -> Response:
    """Sign a person in."""
    require_own_form(asked.request, None, "")
    to = _own_path(str(form.get("to", "/")))
    if not SIGNING_IN.acquire(blocking=False):
        raise TooManyError(Message("Many people are signing in now."), Message("Try again in a moment."))
    try:
        session = asked.room.door.sign_in(asked.archive, str(form.get("name", "")), str(form.get("password", "")))
    except SignInError as error:
        return _form(asked, to, error)
    finally:
        SIGNING_IN.release()
    return _with_session(asked, session, to)


def sign_in_elsewhere(asked: Asked) -> Response:
    """Send a person to the issuer that the settings name."""
    to = _own_path(asked.request.query_params.get("to", "/"))
    to = to if len(to) <= _LONGEST_KEPT else "/"
    try:
        begun = elsewhere.begin(asked.archive, to, datetime.now(UTC))
    except SignInError as error:
        return _form(asked, to, error)
    answer = RedirectResponse(begun.address, 303)
    # Not strict: the browser brings it back from the issuer's site.
    answer.set_cookie(
        _ELSEWHERE, begun.cookie, max_age=elsewhere.LASTS, path="/sign-in", httponly=True, samesite="lax",
        secure=asked.room.is_secure,
    )  # fmt: skip
    return answer


def come_back(asked: Asked) -> Response:
    """Sign in a person whom the issuer sends back."""
    cookie, given = asked.request.cookies.get(_ELSEWHERE, ""), asked.request.query_params
    try:
        _, session, to = elsewhere.finish(asked.archive, cookie, given, datetime.now(UTC))
    except SignInError as error:
        answer = _form(asked, "/", error)
    else:
        # A page of ours goes on: after a redirect from another site the browser would not send the session.
        answer = _with_cookie(asked, session, asked.page("signed_in.html", to=_own_path(to)))
    answer.delete_cookie(_ELSEWHERE, path="/sign-in")
    return answer


def _form(asked: Asked, to: str, error: SignInError | None = None) -> Response:
    name = asked.room.settings.access.oidc.name
    return asked.page("sign_in.html", 401 if error else 200, error=error, to=to, elsewhere=name)


def sign_out(asked: Asked, form: FormData) -> Response:
    """End the session."""
    visit = asked.reader
    require_own_form(asked.request, visit, str(form.get("token", "")))
    asked.room.door.leave(asked.archive, visit)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE, path="/")
    # The browser deletes the pages that it has kept.
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def choose_language(asked: Asked) -> Response:
    """Keep the chosen language, and go back."""
    code = asked.request.path_params["code"]
    if code not in LANGUAGES:
        raise NotFoundError("There is no such language.")
    answer = RedirectResponse(_own_path(asked.request.query_params.get("to", "/")), 303)
    answer.set_cookie(
        LANGUAGE_COOKIE, code, max_age=_YEAR, path="/", httponly=True, samesite="lax",
        secure=asked.room.is_secure,
    )  # fmt: skip
    return answer


def _with_session(asked: Asked, session: str, to: str) -> Response:
    return _with_cookie(asked, session, RedirectResponse(to, 303))


def _with_cookie(asked: Asked, session: str, answer: Response) -> Response:
    answer.set_cookie(COOKIE, session, path="/", httponly=True, samesite="strict", secure=asked.room.is_secure)
    return answer


def _own_path(to: str) -> str:
    """Return an address if it is one of the reading room itself, otherwise the home page."""
    is_own = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable()
    return to if is_own else "/"
