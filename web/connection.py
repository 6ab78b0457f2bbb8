"""A browser's connection to the reading room; it ends if nothing happens on it, so that slow ones keep nobody out."""

import asyncio
import socket
from typing import cast

from uvicorn.protocols.http.h11_impl import H11Protocol

# Seconds for the head of a request: without this, connections that send half of one would stay for ever.
_FOR_A_HEAD = 20.0
# Milliseconds in which somebody who is sent an answer takes nothing of it.
_UNREAD = 60_000


class Connection(H11Protocol):
    """The protocol of uvicorn, which ends connections only between two requests.

    The rest of a body that comes after the answer is dropped, for as long as a head may take: a browser that is still
    sending shows no answer if it is interrupted.
    """

    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Begin to wait for the first request."""
        super().connection_made(transport)
        wire = cast("socket.socket", transport.get_extra_info("socket"))
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take a part of a request; while a request is being answered, the application decides how long it waits."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self._end is None:
            self._await_head()

    def _await_head(self) -> None:
        self._end = asyncio.get_running_loop().call_later(_FOR_A_HEAD, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None
