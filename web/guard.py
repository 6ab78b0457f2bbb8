"""Checks every request before a view gets it (host name, sizes, ranges), and adds headers to every answer."""

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
_LARGE = "/verify"
_LONGEST_ADDRESS = 8 << 10


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

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", _NO_COPY)
                headers["Vary"] = "Accept-Language, Cookie"
            await send(message)

        headers = Headers(scope=scope)
        if refusal := self._refusal(scope, headers):
            await PlainTextResponse(refusal[1], refusal[0])(scope, receive, send_with_headers)
            return
        # A request for many ranges causes useless work; our answers are small enough to be sent whole.
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name not in {b"range", b"if-range"}]
        most = MOST_BYTES if scope["path"] == _LARGE else _MOST_OF_A_FORM
        await self._app(scope, _limited(receive, most), send_with_headers)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        host = headers.get("host", "")
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
        if name.lower() not in self._hosts:
            return 400, "This address is not one of the reading room's."
        if len(scope.get("raw_path", b"")) + len(scope["query_string"]) > _LONGEST_ADDRESS:
            return 414, "The address is too long."
        most = MOST_BYTES if scope["path"] == _LARGE else _MOST_OF_A_FORM
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > most:
            return 413, "What was sent is too large."
        return None


class TooLargeError(Exception):
    """The body is larger than announced, or than accepted."""


def _limited(receive: Receive, most: int) -> Receive:
    """Return a function that receives the body of a request up to this number of bytes."""
    received = 0

    async def receive_some() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise TooLargeError
        return message

    return receive_some
