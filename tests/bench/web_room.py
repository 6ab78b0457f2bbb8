"""The reading room as its own process, and its visitors: what a browser would ask for, without the browser."""

import html
import http.client
import os
import re
import signal
import subprocess
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import psutil

from pipeline.access.roles import Role
from tests.bench.made_archive import LARGE_CASES, PASSWORD, scan_of
from tests.bench.made_pages import text
from tests.bench.search_speed import query_of
from tests.conftest import BANNASAR, ROOT

_MB = 1 << 20
_PAGES = re.compile(r'class="to" href="([^"]+)"')
_CUTTINGS = re.compile(r'src="([^"]+/cutting\.jpg[^"]+)"')
_TOKEN = re.compile(r'name="token" value="([^"]+)"')
# What readers type, and how often; the names are those of the search bench.
KINDS = (
    "ranked, a phrase of three words", "ranked, a phrase of three words", "phrase in quotes", "ranked, a word",
    "ranked, two words and a number", "misread phrase", "word -word", "begin*", "near~ in Latin letters",
)  # fmt: skip


class Room:
    """``bannasar serve`` as its own process."""

    def __init__(self, archive: Path, environment: Mapping[str, str] | None = None) -> None:
        """Start it, and wait until it listens."""
        self._process = subprocess.Popen(
            [*BANNASAR, "serve", "--archive", str(archive)],
            cwd=archive,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | dict(environment or {}),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout  # it is piped
        self.entrance = next(line.strip() for line in self._process.stdout if line.startswith("http"))
        self.port = urllib.parse.urlsplit(self.entrance).port or 0
        self.process = psutil.Process(self._process.pid)

    def __enter__(self) -> Self:
        """Return the room."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it as Ctrl-C does."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(60)

    @property
    def address(self) -> str:
        """Its address, without a path."""
        return f"http://127.0.0.1:{self.port}"

    def cpu(self) -> float:
        """Return the CPU seconds it has used."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def megabytes(self) -> float:
        """Return its memory that is in use (RSS), in MB."""
        return float(self.process.memory_info().rss / _MB)

    def operator(self) -> "Visitor":
        """Return the operator's visit; possible once."""
        visitor = Visitor(self.port)
        visitor.get(urllib.parse.urlsplit(self.entrance).path)
        return visitor

    def reader(self, name: str = Role.READER) -> "Visitor":
        """Return the visit of a reader who signs in."""
        visitor = Visitor(self.port)
        form = visitor.get("/sign-in")
        found = _TOKEN.search(form)
        values = {"name": name, "password": PASSWORD, "token": found[1] if found else ""}
        visitor.post("/sign-in", values)
        return visitor


@dataclass
class Visitor:
    """One session on a connection that is kept open, as a browser keeps it."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    _connection: http.client.HTTPConnection | None = None

    def get(self, path: str) -> str:
        """Return a page."""
        return self._send("GET", path).decode("utf-8", "replace")

    def picture(self, path: str) -> bytes:
        """Return a picture."""
        return self._send("GET", path)

    def post(self, path: str, values: Mapping[str, str]) -> str:
        """Send a form."""
        return self._send("POST", path, urllib.parse.urlencode(values)).decode("utf-8", "replace")

    def again(self) -> "Visitor":
        """Return another connection of the same session."""
        return Visitor(self.port, self.cookies)

    def _send(self, method: str, path: str, body: str | None = None) -> bytes:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            return self._answer(method, path, body, headers)
        except (http.client.RemoteDisconnected, ConnectionError):  # it rested for too long; browsers try again, too
            self._connection = None
            return self._answer(method, path, body, headers)

    def _answer(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> bytes:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        self._connection.request(method, path, body, dict(headers))
        answer = self._connection.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        content = answer.read()
        if answer.status not in {200, 303}:
            raise RuntimeError(f"The reading room answered {answer.status} to {path}.")
        return content


def page_address(case: str, number: int) -> str:
    """Return the address of a page of a case file with one scan."""
    return f"/case/{case}/scan/{scan_of(case)[:16]}/page/{number}"


def search_address(size: int, rng: np.random.Generator) -> str:
    """Return the address of a search as readers make it."""
    kind = KINDS[int(rng.integers(len(KINDS)))]
    return query_address(query_of(kind, text(int(rng.integers(LARGE_CASES * 1000, size))), rng)[0])


def query_address(query: str) -> str:
    """Return the address of the search for a query."""
    return f"/?q={urllib.parse.quote(query)}"


def hits_of(page: str) -> tuple[list[str], list[str]]:
    """Return the addresses on a page of hits: of the pages, and of the cut-outs of their pictures."""
    return [html.unescape(one) for one in _PAGES.findall(page)], [html.unescape(one) for one in _CUTTINGS.findall(page)]


def timed(ask: Callable[[str], object], address: str) -> float:
    """Return the milliseconds that an answer takes."""
    began = time.perf_counter()
    ask(address)
    return 1000 * (time.perf_counter() - began)
