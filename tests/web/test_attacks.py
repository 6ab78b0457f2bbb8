"""Known attacks on web servers, and dangerous contents of papers and file names: all of them fail."""

import asyncio
import csv
import errno
import io
import json
import re
import socket
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Event, Semaphore
from unittest.mock import Mock
from urllib.parse import quote

import pytest
from lxml import etree
from starlette.routing import Route

from models.errors import (
    ArchiveError,
    AuditUnusableError,
    BagError,
    NotAllowedError,
    NotFoundError,
    UsageError,
)
from models.hit import Found
from models.scope import Scope
from pipeline.access.accounts import Accounts
from pipeline.access.roles import Role
from pipeline.index.query import Query
from pipeline.index.sqlite import SqliteStore
from pipeline.index.store import View
from tests.reading_room import EVIL, HIDDEN_WORD, SHAS, TRICK, Visitor
from web.app import routes
from web.guard import Guard

EVIL_PAGE = f"/case/box_evil/scan/{SHAS['evil'][:16]}/page/1"
JUDGMENT_PAGE = f"/case/box_judgment/scan/{SHAS['judgment'][:16]}/page/1"
LETTER_PAGE = f"/case/box_letter/scan/{SHAS['letter'][:16]}/page/1"
PASSWORD = "correct horse battery"  # noqa: S105  # of a made account
OPEN = {"/verify", "/help", "/help/{topic}", "/enter/{token}", "/sign-in", "/sign-in/elsewhere", "/sign-in/back",
        "/language/{code}", "/healthy"}  # fmt: skip
"""What needs no account: signing in, the help, the verification, and the language of these."""
DYNAMIC = [
    "/",
    "/?q=tribunal",
    "/browse",
    "/browse/box/box",
    "/case/box_evil",
    EVIL_PAGE,
    "/case/box_evil/document/1.pdf",
    f"/case/box_evil/scan/{SHAS['evil'][:12]}/original",
    "/verify",
    "/help",
    "/nothing",
]


@pytest.mark.parametrize("path", DYNAMIC)
def test_every_answer_allows_nothing_foreign(operator: Visitor, path: str) -> None:
    """No scripts or styles except our files, no frame around it, no guessed media type, no copy kept."""
    answer = operator.get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Server"] is None
    assert not re.search(r"<style|style=|<script(?! src=\"/static/)|\son\w+=", answer.text)
    assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", answer.text)


@pytest.mark.parametrize(
    "path", ["/?q=tribunal", "/?q=tribunal&by=case", EVIL_PAGE, f"{EVIL_PAGE}?q=tribunal", "/case/box_evil", "/browse",
             "/browse/box/box", f"/?q=tribunal&court={quote(TRICK)}&box=%E2%80%AE%00"]
)  # fmt: skip
def test_what_others_wrote_stays_text(operator: Visitor, path: str) -> None:
    """What was read, titles, file names and corrections are never markup (Datashare #1941, Mayan CVE-2018-16406).

    No character of them changes the direction of what comes after it, in the title, in an attribute or elsewhere.
    """
    answer = operator.get(path)
    assert answer.status in {200, 400}
    assert answer.headers["Set-Cookie"] is None
    assert "<script>alert" not in answer.text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]", answer.text)


def test_what_others_wrote_stays_text_in_files(operator: Visitor) -> None:
    """ALTO is XML, manifest and text are JSON, and the name of a scan is a name in a header, nothing more."""
    assert etree.fromstring(operator.get(f"{EVIL_PAGE}/alto.xml").content) is not None
    for path in ("/case/box_evil/iiif/manifest.json", f"{EVIL_PAGE}/text.json"):
        answer = operator.get(path)
        assert "json" in answer.headers["Content-Type"]
        assert EVIL in json.dumps(json.loads(answer.content))
    scan = operator.get(f"/case/box_evil/scan/{SHAS['evil'][:12]}/original")
    assert (scan.status, scan.headers["Set-Cookie"], scan.headers["Content-Type"]) == (
        200, None, "application/octet-stream",
    )  # fmt: skip
    assert re.fullmatch(r"attachment; filename\*=utf-8\'\'[\w.%()-]+", scan.headers["Content-Disposition"])


def test_a_query_stays_text(operator: Visitor) -> None:
    """In the field, in the title, in the links."""
    answer = operator.search(f'"{EVIL}')
    assert EVIL not in answer.text
    answer = operator.get("/?q=tribunal&box=%22%3E%3Cscript%3E")
    assert "<script>" not in answer.text.replace('<script src="/static/reader.js" defer></script>', "")


def test_no_cell_of_a_table_is_a_formula(operator: Visitor) -> None:
    """Excel executes a cell that begins with = + - @; no cell makes its neighbours look like something else."""
    rows = list(csv.reader(io.StringIO(operator.get("/hits.csv?q=tribunal").text.removeprefix("\ufeff"))))
    assert len(rows) > 2
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    book = zipfile.ZipFile(io.BytesIO(operator.get("/hits.xlsx?q=tribunal").content))
    texts = etree.fromstring(book.read("xl/sharedStrings.xml")).itertext()
    assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    unsafe = re.compile("[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069]")
    cells = [*(cell for row in rows for cell in row), *texts]
    assert any(EVIL in cell for cell in cells)
    assert not [cell for cell in cells if unsafe.search(cell)]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", ""])
def test_a_forged_host_is_refused(operator: Visitor, host: str) -> None:
    """So that no site that points its name at this machine can use it (DNS rebinding)."""
    assert operator.get("/", {"Host": host}).status == 400


@pytest.mark.parametrize(("language", "sentence"), [
    ("en", "This address is not one of the reading room's."),
    ("fr", "Cette adresse n'est pas une de celles de la salle de lecture."),
    ("km", "អាសយដ្ឋាននេះមិនមែនជារបស់បន្ទប់អានទេ។"),
])  # fmt: skip
def test_what_is_refused_at_once_is_refused_in_the_readers_language(
    stranger: Visitor, language: str, sentence: str
) -> None:
    """The name, the length of the address, the size: before anything of the archive is opened."""
    asks = {"Accept-Language": language}
    assert stranger.get("/", {**asks, "Host": "evil.example"}).text == sentence
    long, large = stranger.get("/?q=" + "x" * 9000, asks), stranger.post("/sign-in", {"name": "x" * 70_000}, asks)
    assert (long.status, large.status) == (414, 413)
    assert all(one.headers["Content-Type"] == "text/plain; charset=utf-8" for one in (long, large))
    assert language == "en" or not re.search("The address|What was sent", long.text + large.text)


def test_any_name_of_a_language_is_answered(stranger: Visitor) -> None:
    """In that language, or in English."""
    for asked in ("FR", "../fr", "en_\u00e9", "x" * 3000, ",;=" * 500):
        for headers in ({"Accept-Language": asked}, {"Cookie": f"bannasar-language={asked}"}):
            answer = stranger.get("/sign-in", headers)
            assert answer.status == 200
            assert f'<html lang="{"fr" if asked == "FR" else "en"}">' in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2f..%2fpyproject.toml",
        "/case/..%2f..%2fetc",
        "/case/box_judgment%00",
        f"/case/box_judgment/scan/{SHAS['judgment'][:11]}/page/1",
        f"/case/box_judgment/scan/{SHAS['letter'][:16]}/page/1",
        f"/case/box_judgment/scan/{SHAS['judgment'][:16]}/page/3",
        f"/case/box_judgment/scan/{SHAS['judgment'][:16]}/page/0",
        "/case/box_judgment/document/2.pdf",
        "/case/box_judgment/scan/aaaaaaaaaaaa/original",
    ],
)
def test_paths_lead_nowhere_else(operator: Visitor, path: str) -> None:
    """It cannot leave a folder or reach another case file."""
    assert operator.get(path).status == 404


def test_a_form_of_another_site_is_refused(operator: Visitor) -> None:
    """By the origin that browsers send, and by its token (CSRF)."""
    visitor = Visitor(operator.port, dict(operator.cookies))
    token = re.search(r'name="token" value="([0-9a-f]{64})"', visitor.get("/").text)
    assert token
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        for path in ("/sign-out", "/sign-in", "/verify", "/names", f"{EVIL_PAGE}/report", "/reports/1"):
            assert visitor.post(path, {"token": token[1]}, headers).status == 403, path
    assert visitor.post("/sign-out", {}).status == 403
    assert visitor.post("/sign-out", {"token": "0" * 64}).status == 403
    assert visitor.get("/").status == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/case/box_evil/scan/{SHAS['evil'][:16]}/page/{{}}", 404),
        ("/case/box_evil/document/{}.pdf", 404),
        (f"{EVIL_PAGE}/picture/{{}}.jpg", 404),
        ("/case/box_evil/turn?page={}", 400),
        ("/?q=tribunal&page={}", 400),
    ],
)
def test_a_number_of_thousands_of_digits_is_no_unforeseen_error(operator: Visitor, path: str, status: int) -> None:
    """Python raises for it."""
    assert operator.get(path.format("1" * 5000)).status == status


def test_a_link_cannot_lead_to_another_site(archive: Path, operator: Visitor) -> None:
    """After the language, or after signing in."""
    Accounts(archive).add("led", Role.READER, PASSWORD)
    visitor = Visitor(operator.port)
    for to in ("https://evil.example", "//evil.example", "/\\evil.example", "/\r\nX: 1", "//[x"):
        form = {"name": "led", "password": PASSWORD, "to": to}
        for answer in (visitor.get(f"/language/en?to={quote(to, safe='')}"), visitor.post("/sign-in", form)):
            assert (answer.status, answer.headers["Location"]) == (303, "/")
            assert answer.headers["X"] is None


def test_the_session_is_kept_from_scripts_and_other_sites(entrance: str, operator: Visitor) -> None:
    """HttpOnly, SameSite, and a new value after signing in."""
    del entrance
    answer = Visitor(operator.port).get("/language/en?to=/")
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    fixed = Visitor(operator.port, {"bannasar-session": "chosen-by-the-attacker"})
    assert fixed.get("/").status == 303


def test_too_much_is_refused(operator: Visitor) -> None:
    """Fields, bytes, addresses, queries."""
    many = {"code": "x"} | {f"field{number}": "x" for number in range(10_000)}
    assert operator.post("/verify", {"code": "x"}).status == 200
    assert operator.post("/verify", many).status == 400
    part = '--x\r\nContent-Disposition: form-data; name="file{}"{}\r\n\r\nx\r\n'
    for kind in ("", '; filename="a"'):
        body = (
            part.replace("file{}", "code").format("")
            + "".join(part.format(n, kind) for n in range(10_000))
            + "--x--\r\n"
        )
        kind_of_body = {"Content-Type": "multipart/form-data; boundary=x"}
        assert operator.send("POST", "/verify", body.encode(), kind_of_body).status == 400
    assert operator.post("/sign-in", {"name": "x" * (1 << 20)}).status == 413
    assert operator.get("/?q=" + "x" * 9000).status == 414
    assert operator.search(" ".join(f"word{number}" for number in range(500))).status == 400


def test_a_body_without_a_length_is_cut_off(operator: Visitor) -> None:
    """Chunks that never end are not collected."""
    with socket.create_connection(("127.0.0.1", operator.port), timeout=60) as connection:
        connection.sendall(
            b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        )
        chunk = b"8000\r\n" + b"a" * 0x8000 + b"\r\n"
        answer = b""
        with suppress(ConnectionError):  # it may end before all of it is sent
            for _ in range(8):
                connection.sendall(chunk)
            answer = connection.recv(1 << 16)
    assert answer == b"" or answer.split()[1] == b"413"


def test_a_thousand_ranges_make_no_work(operator: Visitor) -> None:
    """Starlette CVE-2025-62727: the answer is sent whole, once."""
    ranges = "bytes=" + ",".join(f"{start}-{start}" for start in range(1000))
    for asked in (ranges, "bytes=0-9"):
        answer = operator.get("/case/box_judgment/document/1.pdf", {"Range": asked})
        assert (answer.status, answer.headers["Content-Range"]) == (200, None)
        assert answer.content.startswith(b"%PDF")


def test_only_known_methods_do_something(operator: Visitor) -> None:
    """A link never changes anything."""
    assert operator.get("/sign-out").status == 405
    assert operator.send("DELETE", "/case/box_judgment", None).status == 405


def test_an_error_page_names_nothing(operator: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """No path of this machine, no class, no word of the request or of the error."""
    answers = [operator.get("/case/secret-name")]
    assert answers[0].status == 404
    for error in (ArchiveError, BagError, NotFoundError, UsageError, NotAllowedError):
        raising = Mock(side_effect=error("/root/secret-name is damaged.", "Look at /root/secret-name."))
        monkeypatch.setattr("web.views.browse.service.everything", raising)
        answers.append(operator.get("/browse"))
        assert answers[-1].status == error.http_status
    for answer in answers:
        assert "secret-name" not in answer.text
        assert not re.search(r"/home|/root|Error|Traceback|\.py", answer.text)


def test_what_cannot_be_recorded_is_shown_only_if_it_is_public(
    operator: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a disk on which the audit log has no room."""
    monkeypatch.setattr("pipeline.access.chain.os.fsync", Mock(side_effect=OSError(errno.ENOSPC, "No space left")))
    public, staff = operator.get(LETTER_PAGE), operator.get(JUDGMENT_PAGE)
    assert public.status == 200
    assert staff.status == AuditUnusableError.http_status
    assert "So this is not shown." in staff.text


def test_an_unforeseen_error_says_nothing_of_what_it_was_about(
    operator: Visitor,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Its message may be text of a paper: it is in no answer, in no log, and not on standard error."""

    def fail(*_given: object, **_named: object) -> None:
        raise ValueError(HIDDEN_WORD)

    monkeypatch.setattr("web.views.browse.service.everything", fail)
    answer = operator.get("/browse")
    assert answer.status == 500
    assert operator.get("/healthy").status == 200
    assert "ValueError at web/views/browse.py" in caplog.text
    assert HIDDEN_WORD not in answer.text + caplog.text + str(caplog.records) + "".join(capfd.readouterr())


def test_an_error_in_the_middle_of_an_answer_reaches_no_log_of_others(caplog: pytest.LogCaptureFixture) -> None:
    """The server would write its whole message."""

    async def fails(*_given: object) -> None:
        raise ValueError("secret-name")

    async def received() -> dict[str, object]:
        return {}

    async def sent(_answer: object) -> None:
        """Send nothing."""

    asked = {"type": "http", "path": "/", "raw_path": b"/", "query_string": b"", "headers": [(b"host", b"here")]}
    asyncio.run(Guard(fails, {"here"}, is_secure=False)(asked, received, sent))
    assert "ValueError" in caplog.text
    assert "secret-name" not in caplog.text


def test_strangers_see_nothing(stranger: Visitor) -> None:
    """Nothing of what is public either; whatever address is added to the reading room later, too."""
    values = {"case": "box_letter", "scan": SHAS["letter"][:16], "box": "box", "width": "160", "size": "max"}
    closed = [route for route in routes() if isinstance(route, Route) and route.path not in OPEN]
    assert len(closed) > 20
    for route in closed:
        path = re.sub(r"\{(\w+)(?::number)?\}", lambda found: values.get(found[1], "1"), route.path)
        if "POST" in (route.methods or ()):
            assert stranger.post(path, {"as": "csv", "list": "tribunal"}).status == 401, path
        else:
            answer = stranger.get(f"{path}?q=tribunal&page=1&boxes=1,1,9,9")
            assert (answer.status, str(answer.headers["Location"]).partition("?")[0]) == (303, "/sign-in"), path
    for path in ("/sign-in", "/help", "/verify", "/static/style.css"):
        assert stranger.get(path).status == 200


def test_who_has_too_many_searches_running_must_wait_and_reads_meanwhile(
    operator: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One person cannot keep the reading room from answering the others."""
    assert operator.search("tribunal").status == 200
    monkeypatch.setattr("web.at_once.MOST", 0)
    for path in ("/?q=tribunal", "/hits.csv?q=tribunal", "/browse", "/case/box_letter/iiif/search?q=tribunal"):
        answer = operator.get(path)
        assert answer.status == 429
        assert "Your earlier searches are still running." in answer.text
    read = operator.get(f"{LETTER_PAGE}?q=tribunal")
    assert read.status == 200
    assert 'class="hitbox"' not in read.text
    monkeypatch.undo()
    assert 'class="hitbox"' in operator.get(f"{LETTER_PAGE}?q=tribunal").text
    assert operator.search("tribunal").status == 200


def test_searches_for_many_words_leave_room_for_others(operator: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two at a time, whoever asks: another one waits a while, then is refused; others are answered meanwhile."""
    many = " ".join(["tribunal", *"abcdefgh"])
    begun, may_end = Semaphore(0), Event()
    search = SqliteStore.search

    def held(store: SqliteStore, query: Query, view: View, scope: Scope) -> Found:
        if query.is_wide:
            begun.release()
            assert may_end.wait(60)
        return search(store, query, view, scope)

    monkeypatch.setattr(SqliteStore, "search", held)
    monkeypatch.setattr("pipeline.services.search._PATIENCE", 0.1)
    with ThreadPoolExecutor() as threads:
        running = [threads.submit(operator.search, many) for _ in range(2)]
        try:
            assert all(begun.acquire(timeout=60) for _ in running)
            refused = operator.search(many)
            assert refused.status == 429
            assert "Other searches for many words are running." in refused.text
            assert "tribunal" in operator.search("tribunal").text
        finally:
            may_end.set()
        assert [one.result().status for one in running] == [200, 200]
    assert operator.search(many).status == 200


def test_guesses_at_many_names_at_once_fill_no_memory(stranger: Visitor) -> None:
    """Checking a password needs much memory. The others get a request to wait, and can sign in a moment later."""
    from web.views.visit import SIGNING_IN  # noqa: PLC0415  # only this test counts them

    form = {"name": "guessed-at-once", "password": "not the password"}
    with ExitStack() as others:
        while SIGNING_IN.acquire(blocking=False):
            others.callback(SIGNING_IN.release)
        refused = stranger.post("/sign-in", form)
        assert refused.status == 429
        assert "Many people are signing in now." in refused.text
    assert [stranger.post("/sign-in", form).status for _ in range(5)] == [401] * 5


def test_a_browser_keeps_the_style_sheet_for_a_while_and_no_page(operator: Visitor) -> None:
    assert operator.get("/static/style.css").headers["Cache-Control"] == "private, max-age=600"
    assert operator.get("/").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("boxes", "status"), [("10,99999,20,99999999", 400), ("999999,10,9999999,20", 400), ("1,1,99999999,99999999", 200)]
)
def test_a_place_outside_the_page_is_no_failure(operator: Visitor, boxes: str, status: int) -> None:
    """It is refused, or cut off at the edge of the page."""
    place = f"/case/box_letter/scan/{SHAS['letter'][:16]}/page/1/cutting.jpg?boxes={boxes}"
    assert operator.get(place).status == status
