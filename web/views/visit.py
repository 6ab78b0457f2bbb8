"""Sessions and settings: the one-time address of the operator, signing in and out, the language."""

from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from models.errors import NotFoundError, SignInError
from models.message import Message
from web.door import COOKIE, require_own_form
from web.language import COOKIE as LANGUAGE_COOKIE
from web.language import LANGUAGES
from web.room import Asked

_YEAR = 365 * 24 * 3600


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
    return asked.page("sign_in.html", error=None, to=_own_path(asked.request.query_params.get("to", "/")))


def sign_in(asked: Asked, form: FormData) -> Response:
    """Sign a person in."""
    require_own_form(asked.request, None, "")
    to = _own_path(str(form.get("to", "/")))
    try:
        session = asked.room.door.sign_in(asked.archive, str(form.get("name", "")), str(form.get("password", "")))
    except SignInError as error:
        return asked.page("sign_in.html", 401, error=error, to=to)
    return _with_session(asked, session, to)


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
    answer = RedirectResponse(to, 303)
    answer.set_cookie(COOKIE, session, path="/", httponly=True, samesite="strict", secure=asked.room.is_secure)
    return answer


def _own_path(to: str) -> str:
    """Return an address if it is one of the reading room itself, otherwise the home page."""
    parts = urlsplit(to)
    is_own = to.startswith("/") and not to.startswith(("//", "/\\")) and not parts.netloc and to.isprintable()
    return to if is_own else "/"
