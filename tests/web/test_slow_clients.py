"""Clients that send or take almost nothing: their connections end, and others are answered."""

import socket
import threading
from contextlib import ExitStack

import pytest
import uvicorn

from tests.reading_room import Visitor
from web.connection import Connection

HEAD = (
    b"POST /verify HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n"
)


def answered(connection: socket.socket) -> bytes:
    """Return what is answered until the connection ends."""
    answer = b""
    try:
        while part := connection.recv(1 << 16):
            answer += part
    except ConnectionResetError:
        pass
    return answer


def until(connection: socket.socket, end: bytes) -> bytes:
    """Return what is answered up to these bytes."""
    answer = b""
    while end not in answer:
        part = connection.recv(1 << 16)
        assert part, f"the connection ended after {answer!r}"
        answer += part
    return answer


def test_what_does_not_come_is_not_waited_for(operator: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing, half a head, a head without its end, a second request: their connections end (slow loris)."""
    whole = b"GET /healthy HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with ExitStack() as stack:
        again, late = [
            stack.enter_context(socket.create_connection(("127.0.0.1", operator.port), timeout=60)) for _ in range(2)
        ]
        others = []
        again.sendall(whole)
        until(again, b"\r\n\r\nok")
        monkeypatch.setattr("web.guard._PATIENCE", 1.0)
        late.sendall(HEAD + b"\r\nabc")
        answer = until(late, b"</html>")
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"took too long to arrive" in answer
        # Only now, so that what comes in time comes in time on a busy machine, too.
        monkeypatch.setattr("web.connection._FOR_A_HEAD", 1.0)
        for content in (b"", whole[:20], HEAD):
            others.append(stack.enter_context(socket.create_connection(("127.0.0.1", operator.port), timeout=60)))
            others[-1].sendall(content)
        again.sendall(whole[:20])
        late.sendall(b"d")
        assert [answered(connection) for connection in (*others, again, late)] == [b""] * 5


def test_many_of_them_keep_nobody_out(operator: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many connections as there may be end without a request; then others are answered."""
    with monkeypatch.context() as hasty, ExitStack() as stack:
        hasty.setattr("web.connection._FOR_A_HEAD", 0.5)
        slow = [
            stack.enter_context(socket.create_connection(("127.0.0.1", operator.port), timeout=60)) for _ in range(200)
        ]
        assert [answered(connection) for connection in slow] == [b""] * 200
    assert operator.get("/healthy").status == 200


def test_an_answer_that_nobody_takes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server goes on as if the client had gone."""
    monkeypatch.setattr("web.connection._UNREAD", 500)
    gone = threading.Event()

    async def app(scope, receive, send) -> None:  # as ASGI calls it
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(64):
            await send({"type": "http.response.body", "body": b"x" * (1 << 20), "more_body": True})
        gone.set()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, http=Connection, log_config=None, lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            with socket.create_connection(listening.getsockname(), timeout=60) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert gone.wait(60)
        finally:
            server.should_exit = True
            thread.join(60)
