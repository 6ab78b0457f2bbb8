"""A small archive of made records, and the reading room over it, served for real on a free port of this machine."""

import hashlib
import http.client
import socket
import ssl
import threading
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path

from models.actor import Actor, ActorKind
from models.case import CaseFile, Document
from models.fact import Fact, FactName
from models.level import Level
from models.page import Page
from models.restriction import Reach, Restriction
from models.settings import Settings
from pipeline.archive.archive import Archive
from pipeline.services.rebuild import rebuild_archive
from tests.conftest import Maker, archive_settings, at_the_shell, bag_in_place
from web.server import Listening, serve

OPERATOR = Actor(name="operator@here", kind=ActorKind.OPERATOR)
NAME = "archive.court.example"
"""The name that people type, in the tests with HTTPS."""
HIDDEN_WORD = "zyxuvwsecret"
"""A word that is only on a sealed page."""
EVIL = "<script>alert(1)</script>"
TRICKS = ("=HYPERLINK(0) tribunal", "\u202etribunal\u2066", "../../etc/passwd tribunal", "nul\x00\x1b[31m tribunal")
TRICK = f"=1+1\u202e{EVIL}\r\nSet-Cookie: x=1"
"""A name, a title, a court and a number of a case that try to be something else."""
SHAS = {name: hashlib.sha256(f"box_{name}".encode()).hexdigest() for name in ("judgment", "letter", "sealed", "evil")}


def make_archive(folder: Path, make: Maker) -> Path:
    """Make an archive: a judgment of two pages, a public letter, a sealed case file, and one full of tricks."""
    judgment = [
        make.page(["សាលក្រមព្រហ្មទណ្ឌ"], ["tribunal de première instance"], scan=SHAS["judgment"], number=1),
        make.page(["ទំព័រទីពីរ", "tribunal"], scan=SHAS["judgment"], number=2),
    ]
    _keep(folder, make, "box_judgment", judgment, "judgment.pdf", None)
    _keep(
        folder,
        make,
        "box_letter",
        [make.page(["lettre publique tribunal"], scan=SHAS["letter"])],
        "letter.pdf",
        Level.PUBLIC,
    )
    _keep(
        folder,
        make,
        "box_sealed",
        [make.page([f"{HIDDEN_WORD} tribunal"], scan=SHAS["sealed"])],
        "sealed.pdf",
        Level.SEALED,
    )
    evil = [make.page([f"{EVIL} tribunal", *TRICKS], scan=SHAS["evil"])]
    _keep(folder, make, "box_evil", evil, f"..{TRICK.replace('/', '_')}.pdf", Level.PUBLIC, trick=TRICK)
    with Archive(archive_settings(folder)) as archive:
        rebuild_archive(archive, at_the_shell(OPERATOR), force=True)
    return folder


def keep_long_case(folder: Path, make: Maker) -> str:
    """Put a case file of sixty pages in three documents into an archive, and return the digest of its scan.

    Its first page and its 58th have the word "zebra", all others "tribunal".
    """
    content = b"a long scan"
    sha = hashlib.sha256(content).hexdigest()
    texts = ["zebra" if number in {1, 58} else "tribunal" for number in range(1, 61)]
    pages = [make.page([text], scan=sha, number=number) for number, text in enumerate(texts, 1)]
    case = make.case(*pages, case_id="box_long")
    refs = case.documents[0].pages
    documents = tuple(
        Document(number=place, title=f"part {place}", pages=refs[(place - 1) * 20 : place * 20]) for place in (1, 2, 3)
    )
    scan = folder.parent / "long.pdf"
    scan.write_bytes(content)
    picture = make.picture(pages[1], folder.parent / "long.jpg")
    pictures = {(sha, page.number): picture for page in pages}
    bag_in_place(case.model_copy(update={"documents": documents}), pages, {sha: scan}, pictures, folder)
    with Archive(archive_settings(folder)) as archive:
        rebuild_archive(archive, at_the_shell(OPERATOR), force=True)
    return sha


def _keep(
    folder: Path, make: Maker, case_id: str, pages: list[Page], path: str, level: Level | None, *, trick: str = ""
) -> None:
    case = make.case(*pages, path=path, case_id=case_id)
    if trick:
        document = case.documents[0].model_copy(update={"title": trick, "facts": tuple(_entered(case, trick))})
        case = case.model_copy(update={"title": trick, "documents": (document,)})
    if level:
        said = Restriction(
            level=level, reach=Reach.CASE, reason="order", by=OPERATOR, at=datetime(2026, 1, 1, tzinfo=UTC)
        )
        case = case.model_copy(update={"restrictions": (said,)})
    files = folder.parent / f"files-{case_id}"
    files.mkdir(parents=True)
    scan = files / "scan.pdf"
    content = case_id.encode()
    scan.write_bytes(content)
    pictures = {(page.scan, page.number): make.picture(page, files / f"{page.number}.jpg") for page in pages}
    bag_in_place(case, pages, {case.scans[0].sha256: scan}, pictures, folder)


def _entered(case: CaseFile, trick: str) -> Iterator[Fact]:
    """Yield what a person entered about a document."""
    place = case.documents[0].pages[0]
    for name in (FactName.COURT, FactName.CASE_NUMBER, FactName.JUDGE):
        yield Fact(
            name=name, value=trick, text="", scan=place.scan, page=place.number, boxes=(), confidence=1.0, by=trick
        )


@dataclass
class Answer:
    """What the server answered."""

    status: int
    headers: Message
    content: bytes

    @property
    def text(self) -> str:
        """The content as text."""
        return self.content.decode("utf-8", "replace")


@dataclass
class Visitor:
    """Somebody with a browser that keeps cookies and follows nothing by itself.

    With ``trusted``, a certificate, it asks over HTTPS, and only if the certificate of the server is this one and for
    NAME.
    """

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    trusted: Path | None = None

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for an address."""
        return self.send("GET", path, None, headers)

    def search(self, words: str, more: str = "") -> Answer:
        """Search."""
        return self.get(f"/?q={urllib.parse.quote(words)}{more}")

    def post(self, path: str, values: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Answer:
        """Send a form."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", path, urllib.parse.urlencode(values).encode(), {**kind, **(headers or {})})

    def send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a request."""
        connection = self._connection()
        try:
            own = (
                {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
            )
            with suppress(BrokenPipeError):  # the server may answer before it has read everything
                connection.request(method, path, body, {**own, **(headers or {})})
            answer = connection.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie") or []:
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value.strip('"')
                if not self.cookies[name]:
                    del self.cookies[name]
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if self.trusted is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection = http.client.HTTPConnection(NAME, self.port)
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        connection.sock = ssl.create_default_context(cafile=self.trusted).wrap_socket(plain, server_hostname=NAME)
        return connection


@contextmanager
def open_room(archive: Path, settings: Settings | None = None, *, is_training: bool = False) -> Iterator[str]:
    """Serve the reading room of an archive while the block runs, and give the operator's one-time address."""
    ready = threading.Event()
    addresses: list[str] = []
    stop: list[object] = []

    def announce(address: str) -> None:
        addresses.append(address)
        ready.set()

    thread = threading.Thread(
        target=serve,
        args=(settings or archive_settings(archive), OPERATOR, Listening("127.0.0.1", 0), announce, stop.append),
        kwargs={"is_training": is_training},
    )
    thread.start()
    try:
        assert ready.wait(120), "the reading room did not open"
        yield addresses[0]
    finally:
        for end in stop:
            end()  # type: ignore[operator]  # what ends the server
        thread.join(120)
