"""The real Elasticsearch server, started for tests and measurements; it ends with them, however they end."""

import contextlib
import os
import pwd
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from elasticsearch import Elasticsearch

from models.settings import IndexSettings
from tests.conftest import ROOT, index_settings
from tests.guard import Guard

V8, V9 = "8.19.21", "9.5.3"
# The oldest Java that runs each.
_JAVA = {V8: 17, V9: 21}
_SECONDS = 600
# The secure server of version 8 takes in no more than so much at once.
NARROW = {"indexing_pressure.memory.limit": "300kb"}
USER, PASSWORD = "archivist", "long-enough-9"
# Of the password, as `elasticsearch-users useradd` writes it: that takes seconds, for it starts another Java.
_HASH = "$2a$10$B0CRJxk28UB4iIxqNaIVgOUZiAsdlKsqn3tPfhNqDBcg1EYefGJ52"
_READER = "nobody"


def java_for(version: str) -> Path | None:
    """Return the home of a Java that runs a server's version, the oldest there is."""
    homes = {}
    for release in Path("/usr/lib/jvm").glob("*/release"):
        found = re.search(r'JAVA_VERSION="(\d+)', release.read_text("utf-8"))
        if found and int(found[1]) >= _JAVA[version]:
            homes[int(found[1])] = release.parent
    return homes[min(homes)] if homes else None


class Server:
    """A server of one node, on a free port, that no one else finds."""

    def __init__(
        self,
        version: str,
        *,
        secure: bool = False,
        heap: str = "512m",
        options: str = "",
        data: Path | None = None,
        node: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Prepare it; it is not started yet. What it holds is kept where there is a folder for it.

        Args:
            version: which Elasticsearch.
            secure: whether it speaks TLS only and knows one user.
            heap: the memory of its Java.
            options: more options of its Java.
            data: where it keeps what it holds; a folder of its own by default.
            node: more settings of the node.

        Raises:
            RuntimeError: no Java is there that runs it, or Maven cannot bring it.
        """
        java = java_for(version)
        if java is None:
            raise RuntimeError(
                f"No Java {_JAVA[version]} or newer is in /usr/lib/jvm: Elasticsearch {version} wants it."
            )
        brought = subprocess.run(
            [ROOT / "script" / "elasticsearch", version], capture_output=True, text=True, check=False
        )
        if brought.returncode:
            raise RuntimeError(brought.stderr)
        self.version = version
        self.folder = Path(tempfile.mkdtemp(prefix="bannasar-elastic-"))
        self._data = data or self.folder / "data"
        self._data.mkdir(parents=True, exist_ok=True)
        self._home = Path(brought.stdout.strip())
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ES_")},
            "ES_JAVA_HOME": str(java),
            "ES_PATH_CONF": str(self.folder / "config"),
            "ES_JAVA_OPTS": f"-Xms{heap} -Xmx{heap} {options}".strip(),
        }
        self.port = free_port()
        self.is_secure = secure
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: Guard | None = None
        self._configure(node)

    @property
    def url(self) -> str:
        """Its address."""
        return f"{'https' if self.is_secure else 'http'}://127.0.0.1:{self.port}"

    def client(self) -> Elasticsearch:
        """Return a client of the server, to be closed by the caller."""
        if not self.is_secure:
            return Elasticsearch(self.url)
        return Elasticsearch(self.url, basic_auth=(USER, PASSWORD), ca_certs=str(self.certificate))

    def settings(self, name: str, **more: object) -> IndexSettings:
        """Return the settings of an index on it."""
        known = {"user": USER, "password": PASSWORD, "ca_file": str(self.certificate)} if self.is_secure else {}
        return index_settings(**({"url": self.url, "name": name} | known | more))

    @property
    def certificate(self) -> Path:
        """The certificate that it shows."""
        return self.folder / "config" / "server.crt"

    def start(self) -> "Server":
        """Start it, and wait until it answers."""
        self.launch()
        return self.wait()

    def launch(self) -> "Server":
        """Start it; it does not answer yet."""
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [self._home / "bin" / "elasticsearch"],
                env=self._environment,
                cwd=self.folder,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **_as_nobody(),
            )
        self._guard = Guard(self._process.pid, self.folder)
        return self

    def wait(self) -> "Server":
        """Wait until it answers."""
        until = time.monotonic() + _SECONDS
        while not self._answers():
            if self._process is None or self._process.poll() is not None or time.monotonic() > until:
                said = (self.folder / "output").read_text("utf-8", "replace")[-3000:]
                self.stop()
                raise RuntimeError(f"Elasticsearch {self.version} did not start:\n{said}")
            time.sleep(0.3)
        return self

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._guard:
            self._guard.dismiss()
            self._guard = None
        self._signal(signal.SIGKILL)
        if self._process:
            self._process.wait()
            self._process = None

    def revive(self) -> None:
        """Let it be there for others, whatever was done to it."""
        self.thaw()
        if self._process is None:
            self.start()

    def freeze(self) -> None:
        """Let it answer no more, though it is there."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it answer again."""
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it, and remove all it wrote."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _signal(self, number: signal.Signals) -> None:
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, number)

    def _answers(self) -> bool:
        context = ssl.create_default_context(cafile=str(self.certificate)) if self.is_secure else None
        health = f"{self.url}/_cluster/health?wait_for_status=yellow&timeout=2s"
        try:
            with urllib.request.urlopen(health, timeout=4, context=context):  # noqa: S310
                return True
        except urllib.error.HTTPError as error:
            return error.code == 401
        except OSError:
            return False

    def _configure(self, node: Mapping[str, str]) -> None:
        config = self.folder / "config"
        shutil.copytree(self._home / "config", config)
        lines = {
            "cluster.name": self.folder.name,
            "discovery.type": "single-node",
            "http.port": str(self.port),
            "transport.port": str(free_port()),
            "network.host": "127.0.0.1",
            "path.data": str(self._data),
            "path.logs": str(self.folder / "logs"),
            # A test's disk may be fuller than a server likes.
            "cluster.routing.allocation.disk.threshold_enabled": "false",
            # Each time it looks, it takes away the marks of a full disk that a test has set.
            "cluster.info.update.interval": "24h",
            "xpack.security.enabled": str(self.is_secure).lower(),
            **node,
        }
        if self.is_secure:
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                 "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", config / "server.key", "-out", self.certificate],
                check=True, capture_output=True,
            )  # fmt: skip
            lines |= {
                "xpack.security.http.ssl.enabled": "true",
                "xpack.security.http.ssl.key": "server.key",
                "xpack.security.http.ssl.certificate": "server.crt",
                "xpack.security.transport.ssl.enabled": "false",
            }
        (config / "elasticsearch.yml").write_text(
            "".join(f"{name}: {value}\n" for name, value in lines.items()), "utf-8"
        )
        if self.is_secure:
            (config / "users").write_text(f"{USER}:{_HASH}\n", "ascii")
            (config / "users_roles").write_text(f"superuser:{USER}\n", "ascii")
        for path in (self.folder, *self.folder.rglob("*"), self._data, *self._data.rglob("*")):
            if os.getuid() == 0:
                nobody = pwd.getpwnam(_READER)
                os.chown(path, nobody.pw_uid, nobody.pw_gid)


class Servers:
    """The servers that were asked for so far: one of version 8 that is open, one of each version that is secure."""

    def __init__(self) -> None:
        """Begin with none."""
        self._launched: dict[tuple[str, bool], Server] = {}

    def launch(self, version: str, *, secure: bool = False) -> Server:
        """Return a server that may not answer yet: so several can start at once."""
        secure = secure or version == V9
        if (version, secure) not in self._launched:
            node = NARROW if (version, secure) == (V8, True) else {}
            # A server that lives for minutes has no use for a compiler that thinks long.
            server = Server(version, secure=secure, node=node, options="-XX:TieredStopAtLevel=1")
            self._launched[version, secure] = server.launch()
        return self._launched[version, secure]

    def get(self, version: str, *, secure: bool = False) -> Server:
        """Return a running server; where it cannot be had the test fails, for it would hold nothing then."""
        return self.launch(version, secure=secure).wait()

    def stop(self) -> None:
        """End them all."""
        for server in self._launched.values():
            server.stop()


def _as_nobody() -> dict[str, Any]:
    """Return how a program is started that refuses to be root."""
    return {"user": _READER, "group": pwd.getpwnam(_READER).pw_gid, "extra_groups": []} if os.getuid() == 0 else {}


def free_port() -> int:
    """Return a port that nobody listens on, and that the system gives to nobody who calls out meanwhile."""
    given = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("ascii").split()[0])
    while True:
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", random.randrange(10_000, max(given, 20_000))))  # noqa: S311  # nothing is guessed
            return int(probe.getsockname()[1])
