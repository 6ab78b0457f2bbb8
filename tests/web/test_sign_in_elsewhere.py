"""Signing in at an OpenID Connect issuer, in the browser."""

from urllib.parse import urlsplit

import pytest

from pipeline.access.issuer import issuer_of
from pipeline.access.roles import Role
from pipeline.archive.archive import Archive
from pipeline.services import users
from tests.conftest import archive_settings, at_the_shell
from tests.issuer import CLIENT, SECRET, open_issuer
from tests.reading_room import Visitor, make_archive, open_room


@pytest.fixture
def issuer(tmp_path):
    with open_issuer(tmp_path) as issuer:
        yield issuer
    issuer_of.cache_clear()


@pytest.fixture
def visitor(tmp_path, issuer, make):
    """Return somebody at the door of a reading room with that issuer, in which sub-1 has an account."""
    (tmp_path / "secret").write_text(SECRET)
    oidc = {
        "issuer": issuer.address, "client_id": CLIENT, "client_secret_file": str(tmp_path / "secret"),
        "address": "http://127.0.0.1:8000", "ca_file": issuer.ca_file, "label": "the <court>",
    }  # fmt: skip
    settings = archive_settings(make_archive(tmp_path / "archive", make), access={"oidc": oidc})
    with Archive(settings) as archive:
        users.add(archive, at_the_shell(), "sokha", Role.CLERK, None, "")
        users.set_identity(archive, at_the_shell(), "sokha", "sub-1")
    with open_room(settings.archive, settings) as entrance:
        yield Visitor(urlsplit(entrance).port or 0)


def _come_back(visitor, issuer, subject):
    begun = visitor.get("/sign-in/elsewhere?to=/browse")
    assert begun.status == 303
    fields = issuer.sign_in(begun.headers["Location"], subject)
    assert "SameSite=lax" in begun.headers["Set-Cookie"]
    assert "HttpOnly" in begun.headers["Set-Cookie"]
    return visitor.get("/sign-in/back?" + "&".join(f"{name}={value}" for name, value in fields.items()))


def test_a_person_signs_in_elsewhere_and_goes_on_where_she_wanted(visitor, issuer):
    """A page of ours leads on, because browsers keep strict cookies back after a redirect from elsewhere."""
    shown = visitor.get("/sign-in?to=/browse").text
    assert 'href="/sign-in/elsewhere?to=/browse"' in shown
    assert "Sign in with the &lt;court&gt;" in shown
    answer = _come_back(visitor, issuer, "sub-1")
    assert answer.status == 200
    assert '<meta http-equiv="refresh" content="0; url=/browse">' in answer.text
    assert "bannasar-sign-in" not in visitor.cookies, "what was begun is over"
    browsed = visitor.get("/browse")
    assert browsed.status == 200
    assert "sokha" in browsed.text


def test_who_has_no_account_is_told_what_to_ask_for_and_gets_no_session(visitor, issuer):
    answer = _come_back(visitor, issuer, "sub-<2>")
    assert answer.status == 401
    assert "sub-&lt;2&gt;" in answer.text
    assert "bannasar-session" not in visitor.cookies
    assert visitor.get("/browse").status == 303
    assert visitor.get("/sign-in/back?code=x&state=y").status == 401


def test_where_no_issuer_is_set_there_is_nothing(stranger):
    assert "/sign-in/elsewhere" not in stranger.get("/sign-in").text
    for path in ("/sign-in/elsewhere", "/sign-in/back?code=x&state=y"):
        assert stranger.get(path).status == 404
