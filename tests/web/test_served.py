"""`bannasar serve` as other machines meet it: a process, HTTPS, accounts, and a proxy that passes on what it gets."""

import hashlib
import http.client
import os
import re
import shutil
import signal
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import BANNASAR, ROOT
from tests.elastic import free_port
from tests.in_process import call
from tests.reading_room import NAME, SHAS, Answer, Visitor

PASSWORD = "correct horse battery"  # noqa: S105
PAGE = f"/case/box_judgment/scan/{SHAS['judgment'][:16]}/page/1"
# What a proxy, or somebody before it, may send.
FORGED = {
    "Forwarded": "for=192.0.2.1;host=evil.example;proto=http",
    "X-Forwarded-For": "192.0.2.1",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Prefix": "/evil",
    "X-Original-URL": "/enter/x",
    "X-Real-IP": "127.0.0.1",
}


@pytest.fixture(scope="module")
def court(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive with the account of a clerk."""
    folder = tmp_path_factory.mktemp("court")
    copied = shutil.copytree(archive, folder / "archive")
    (folder / "password").write_text(PASSWORD)
    done = call("users", "add", "sokha", "--role", "clerk", "--password-file", folder / "password", "--archive", copied)
    assert done.returncode == 0, done.stderr
    return copied


@contextmanager
def served(home: Path, *options: object) -> Iterator[list[str]]:
    """Run `bannasar` with options while the block runs, and give what it printed, up to the address."""
    process = subprocess.Popen(
        [*BANNASAR, *map(str, options)],
        cwd=home,
        env={**os.environ, "HOME": str(home), "LANG": "C"},
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        assert process.stdout
        said = [process.stdout.readline().strip()]
        while said[-1] and not said[-1].startswith("http"):
            said.append(process.stdout.readline().strip())
        yield said
    finally:
        process.terminate()
        assert process.wait(60) == -signal.SIGTERM
        process.communicate()


def _sign_in(visitor: Visitor, password: str = PASSWORD) -> Answer:
    return visitor.post("/sign-in", {"name": "sokha", "password": password, "to": PAGE})


def _is_kept_safe(answer: Answer) -> bool:
    cookie = answer.headers["Set-Cookie"]
    return {"HttpOnly", "SameSite=strict", "Secure"} <= set(cookie.split("; "))


def test_others_reach_it_over_https_and_sign_in(court: Path, tmp_path: Path) -> None:
    """The printed fingerprint is that of the certificate; nobody enters without an account, or without HTTPS."""
    # "127.1" is 127.0.0.1, but is not taken for an address of this machine only.
    with served(tmp_path, "serve", "--archive", court, "--host", "127.1", "--name", NAME) as said:
        own = tmp_path / ".config" / "bannasar" / "room.pem"
        content = ssl.PEM_cert_to_DER_cert(own.read_text())
        assert hashlib.sha256(content).hexdigest().upper() == said[1].replace(":", "")
        address = re.fullmatch(r"https://127\.1:(\d+)/", said[-1])
        assert address, said
        somebody = Visitor(int(address[1]), trusted=own)
        refused = somebody.get(PAGE)
        assert (refused.status, refused.headers["Location"].partition("?")[0]) == (303, "/sign-in")
        assert "max-age=" in refused.headers["Strict-Transport-Security"]
        assert _sign_in(somebody, "wrong").status == 401
        entered = _sign_in(somebody)
        assert (entered.status, entered.headers["Location"]) == (303, PAGE)
        assert _is_kept_safe(entered)
        assert "សាលក្រម" in somebody.get(PAGE).text
        with pytest.raises((http.client.HTTPException, OSError)):
            Visitor(somebody.port, somebody.cookies).get(PAGE)


def test_behind_a_proxy_forged_headers_change_nothing(court: Path, tmp_path: Path) -> None:
    """It starts as docs/service/bannasar.service says. Of a lost disk only the technician learns; readers do not."""
    unit = (ROOT / "docs" / "service" / "bannasar.service").read_text("utf-8")
    (typed,) = re.findall(r"^ExecStart=\S+/bannasar (.*)$", unit, re.MULTILINE)
    port = free_port()
    options = typed.replace("/srv/archive", str(court)).replace("8080", str(port)).split()
    with served(tmp_path, *options) as said:
        assert said[-1] == f"https://{NAME}/"
        sokha = Visitor(port)
        through = {"Host": NAME}
        assert sokha.get(PAGE, {**through, **FORGED}).headers["Location"].startswith("/sign-in?")
        entered = sokha.post("/sign-in", {"name": "sokha", "password": PASSWORD, "to": PAGE}, {**through, **FORGED})
        assert (entered.status, entered.headers["Location"]) == (303, PAGE)
        assert _is_kept_safe(entered)
        told, forged = sokha.get(PAGE, through), sokha.get(PAGE, {**through, **FORGED})
        assert f"https://{NAME}{PAGE}" in told.text
        assert "max-age=" in told.headers["Strict-Transport-Security"]
        # The foot of a page says when.
        assert (forged.status, forged.text.partition("<footer")[0]) == (200, told.text.partition("<footer")[0])
        assert sokha.get(PAGE, {**FORGED, "Host": "evil.example", "X-Forwarded-Host": NAME}).status == 400
        assert (sokha.get("/healthy", through).text, sokha.get("/enter/", through).status) == ("ok", 404)
        court.rename(court.with_name("away"))
        try:
            assert sokha.get("/healthy", through).status == 500
            assert "technician" in sokha.get("/", through).text
        finally:
            court.with_name("away").rename(court)
        assert sokha.get(PAGE, through).status == 200
