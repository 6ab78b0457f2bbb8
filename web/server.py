"""The server: its port, its name or its certificate, and how it ends."""

import contextlib
import ctypes
import ipaddress
import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import uvicorn

from models.actor import Actor
from models.errors import ConfigurationError, UsageError
from models.settings import Settings
from pipeline.logs import described
from web.app import create_app
from web.connection import Connection
from web.door import Door
from web.port import bound

_LOG = logging.getLogger(__name__)
# What it says of broken requests is no news, and anybody can send them.
logging.getLogger("uvicorn.error").addHandler(logging.NullHandler())
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "::1")
_WAIT = 5  # seconds that a request in progress may still take when the server ends
_IDLE = 20  # seconds that a connection may send nothing
_MOST_AT_ONCE = 200
_DAY = 24 * 3600
_ARENA_MAX, _MMAP_THRESHOLD = -8, -3  # malloc.h of glibc


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the reading room listens: ``certificate`` and ``key`` are PEM files, both None for plain HTTP.

    ``names`` are the names of a proxy in front of it. With ``accounts_only`` the operator signs in like everybody else.
    ``renew`` is called once a day, and renews the files of the certificate before its end, or raises an error if they
    cannot be used. Then they are read again.
    """

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None
    names: tuple[str, ...] = ()
    accounts_only: bool = False
    renew: Callable[[], object] | None = None

    @property
    def is_everywhere(self) -> bool:
        """Whether it listens on all addresses of this machine."""
        return self.host in {"0.0.0.0", "::"}  # noqa: S104  # it does not bind here

    @property
    def hosts(self) -> set[str]:
        """The names and addresses under which other machines reach it, in lower case."""
        own = _of_this_machine() if self.is_everywhere else {self.host}
        return {name.lower() for name in (*own, *self.names)}

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def serve(
    settings: Settings,
    operator: Actor,
    where: Listening,
    announce: Callable[[str], None],
    give_end: Callable[[Callable[[], None]], None] = lambda _end: None,
    *,
    is_training: bool = False,
) -> None:
    """Serve the reading room of an archive until the process gets the signal to end.

    If only this machine can reach it, it lets its operator in by a one-time address. Otherwise it needs accounts and
    HTTPS.

    Args:
        settings: the settings; they name the archive.
        operator: who starts it.
        where: where it listens; port 0 means a free one.
        announce: called with the address when it listens.
        give_end: called with a function that ends the server from another thread; Ctrl-C always ends it.
        is_training: whether the archive is one to practise with, and the exercises are shown.

    Raises:
        UsageError: other machines could reach it without HTTPS.
            The port is taken, or may not be used. The address is not one of this machine.
        OSError: it cannot listen for another reason.
    """
    if not where.is_loopback and where.certificate is None:
        raise UsageError(
            "A reading room that others reach needs HTTPS.",
            "Give --certificate and --key, or keep it on 127.0.0.1 behind a proxy that has them: docs/reading-room.md.",
        )
    _return_memory()
    door = Door(None if where.accounts_only or not where.is_loopback else operator)
    hosts = {*_LOOPBACK, *where.hosts}
    is_encrypted = where.certificate is not None
    with bound(where.host, where.port) as listening:
        port = listening.getsockname()[1]
        config = uvicorn.Config(
            create_app(settings, door, hosts, is_secure=is_encrypted or bool(where.names), is_training=is_training),
            http=Connection,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=_MOST_AT_ONCE,
            timeout_keep_alive=_IDLE,
            timeout_graceful_shutdown=_WAIT,
            ssl_certfile=where.certificate,
            ssl_keyfile=where.key,
        )
        server = uvicorn.Server(config)
        ended = threading.Event()
        if where.renew:
            threading.Thread(target=_renew_daily, args=(config, where, ended), daemon=True).start()
        give_end(lambda: setattr(server, "should_exit", True))
        address = _address(where, port)
        entrance = f"{address}/enter/{door.one_time_token}" if door.operator else f"{address}/"
        threading.Thread(target=_when_started, args=(server, lambda: announce(entrance)), daemon=True).start()
        try:
            server.run(sockets=[listening])
        finally:
            ended.set()


def _address(where: Listening, port: int) -> str:
    """Return the address for people: that of the proxy, if everybody comes through it."""
    if where.names and where.accounts_only and where.certificate is None:
        return f"https://{where.names[0]}"
    host = socket.gethostname() if where.is_everywhere else where.host
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if where.certificate else 'http'}://{shown}:{port}"


def _renew_daily(config: uvicorn.Config, where: Listening, ended: threading.Event) -> None:
    while not ended.wait(_DAY):
        try:
            if where.renew and where.certificate and config.ssl:
                where.renew()
                config.ssl.load_cert_chain(where.certificate, where.key)
        except (OSError, ConfigurationError) as error:
            _LOG.error("the certificate cannot be renewed: %s", described(error))


def _of_this_machine() -> set[str]:
    # An address may have a zone after it, as in fe80::1%eth0.
    addresses = {
        one.address.partition("%")[0]
        for many in psutil.net_if_addrs().values()
        for one in many
        if one.family in {socket.AF_INET, socket.AF_INET6}
    }
    return {socket.gethostname(), socket.getfqdn(), *addresses, *(f"[{one}]" for one in addresses if ":" in one)}


def _return_memory() -> None:
    """Let the C library return large pieces of memory to the system, and keep no store of free memory for each thread.

    Otherwise the process grows with each thread that has decoded a picture, to several times of what it uses.
    """
    with contextlib.suppress(OSError, AttributeError):  # another C library has no such function
        library = ctypes.CDLL(None)
        library.mallopt(_ARENA_MAX, 2)
        library.mallopt(_MMAP_THRESHOLD, 1 << 18)


def _when_started(server: uvicorn.Server, call: Callable[[], None]) -> None:
    ready = threading.Event()
    while not server.started and not server.should_exit:
        ready.wait(0.02)
    if server.started:
        call()
