"""A proxy before a server, on a free port, that lets through what it is told to."""

import http.client
import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlsplit


class Answer(NamedTuple):
    """What a proxy answers by itself: a status, what it is said to be, its body, and how long it says that is."""

    status: int
    kind: str = "text/html"
    body: bytes = b"<html><body><h1>Error</h1></body></html>"
    length: int | None = None
    headers: tuple[tuple[str, str], ...] = ()


# Given the path and the body of a request: None lets it through.
Decide = Callable[[str, bytes], Answer | None]


@contextmanager
def proxy(url: str, decide: Decide) -> Iterator[str]:
    """Give the address of a proxy before a server."""
    before = urlsplit(url)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = decide(self.path, body)
            if answer is None:
                server = http.client.HTTPConnection(before.hostname or "", before.port)
                server.request(self.command, self.path, body, {**self.headers, "Accept-Encoding": "identity"})
                got = server.getresponse()
                answer = Answer(
                    got.status,
                    got.headers.get("Content-Type", "application/json"),
                    got.read(),
                    headers=(("X-elastic-product", got.headers.get("X-elastic-product", "")),),
                )
                server.close()
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.body) if answer.length is None else answer.length))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)
            self.close_connection = answer.length is not None

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _pass_on  # noqa: N815  # as http.server names them

        def log_message(self, *_told: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
