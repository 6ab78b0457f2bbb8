"""Checks every request before a view gets it (host name, sizes, ranges, pace), and adds headers to every answer."""

import asyncio
import logging
from collections.abc import Collection
from time import monotonic

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as Event

from models.message import Message
from pipeline.logs import described
from web.errors import TOO_LARGE
from web.language import catalogue, code_of

_LOG = logging.getLogger(__name__)
# The answers contain no inline scripts or styles, and nothing from another server.
_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
# A page that is shown now may be sealed a minute later: no copy of it stays in a browser.
_NO_COPY = "no-store"
MOST_BYTES = 64 << 20
"""The largest file that can be verified."""
_MOST_OF_A_FORM = 64 << 10
LOGGED = "bannasar.logged"
"""What a request's scope says when its error is logged already."""
_LARGE = "/verify"
_LONGEST_ADDRESS = 8 << 10
_PATIENCE = 30.0  # seconds that a body may take, and one more for each of these bytes that came
_LEAST_PACE = 16 << 10


class Guard:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, hosts: Collection[str], *, is_secure: bool) -> None:
        """Make the guard.

        Args:
            app: the application that it guards.
            hosts: the names and addresses under which the reading room is reached, in lower case, without ports.
            is_secure: whether it is reached over HTTPS only.
        """
        self._app = app
        self._hosts = frozenset(hosts)
        self._headers = _HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if is_secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let the application answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Event) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", _NO_COPY)
                headers["Vary"] = "Accept-Language, Cookie"
            await send(message)

        headers = Headers(scope=scope)
        if refusal := self._refusal(scope, headers):
            status, sentence = refusal
            said = catalogue(code_of(Request(scope))).gettext(sentence)
            await PlainTextResponse(said, status)(scope, receive, send_with_headers)
            return
        # A request for many ranges causes useless work; our answers are small enough to be sent whole.
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name not in {b"range", b"if-range"}]
        most = MOST_BYTES if scope["path"] == _LARGE else _MOST_OF_A_FORM
        try:
            await self._app(scope, _limited(receive, most), send_with_headers)
        except Exception as error:
            # The server would log its message, which may contain text of a paper.
            if not scope.get(LOGGED):
                _LOG.error("%s", described(error))

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, Message] | None:
        host = headers.get("host", "")
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
        if name.lower() not in self._hosts:
            return 400, Message("This address is not one of the reading room's.")
        if len(scope.get("raw_path", b"")) + len(scope["query_string"]) > _LONGEST_ADDRESS:
            return 414, Message("The address is too long.")
        most = MOST_BYTES if scope["path"] == _LARGE else _MOST_OF_A_FORM
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > most:
            return 413, TOO_LARGE
        return None


class TooLargeError(Exception):
    """The body is larger than announced, or than accepted."""


class TooSlowError(Exception):
    """The body does not come, or so slowly that others might have to wait for it."""


def _limited(receive: Receive, most: int) -> Receive:
    """Return a function that receives the body of a request: up to this number of bytes, and not for ever."""
    received = 0
    is_whole = False
    began = monotonic()

    async def receive_some() -> Event:
        nonlocal received, is_whole
        if is_whole:  # only the end of the connection can follow, whenever that is
            return await receive()
        left = began + _PATIENCE + received / _LEAST_PACE - monotonic()
        try:
            event = await asyncio.wait_for(receive(), left)
        except TimeoutError:
            raise TooSlowError from None
        received += len(event.get("body", b""))
        is_whole = not event.get("more_body", False)
        if received > most:
            raise TooLargeError
        return event

    return receive_some
