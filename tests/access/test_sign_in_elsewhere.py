"""Signing in at an OpenID Connect issuer: people with an account can sign in, and nobody can with a wrong token."""

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from models.errors import ConflictError, NotAllowedError, NotFoundError, SettingsError, SignInError, UsageError
from pipeline.access.accounts import Accounts
from pipeline.access.audit import AuditLog, Deed, hashed_words
from pipeline.access.database import secret
from pipeline.access.issuer import issuer_of
from pipeline.access.roles import Role
from pipeline.archive.archive import Archive
from pipeline.services import sign_in_elsewhere, users
from tests.access.conftest import NOW, person, settings_of
from tests.conftest import archive_settings
from tests.issuer import CLIENT, SECRET, key_pair, open_issuer

_ADDRESS = "https://reading.example"


@pytest.fixture
def issuer(tmp_path):
    with open_issuer(tmp_path) as issuer:
        issuer.clock = NOW.timestamp  # a long run of tests is long past it
        yield issuer
    issuer_of.cache_clear()


@pytest.fixture
def room(archive, issuer, tmp_path):
    """The archive with the issuer in its settings, and an account for the subject sub-1."""
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    oidc = {
        "issuer": issuer.address, "client_id": CLIENT, "client_secret_file": str(tmp_path / "secret"),
        "address": _ADDRESS, "ca_file": issuer.ca_file,
    }  # fmt: skip
    settings = archive_settings(archive.folder, access={"oidc": oidc})
    with Archive(settings.model_copy(update={"signing": settings_of(archive.folder).signing})) as opened:
        yield opened


@pytest.fixture
def sokha(room, operator):
    users.add(room, operator, "sokha", Role.READER, None, "")
    users.set_identity(room, operator, "sokha", "sub-1")


def _sign_in(room, issuer, subject="sub-1", *, cookie=None, at=NOW, **changed):
    begun = sign_in_elsewhere.begin(room, "/case/x?q=y", NOW)
    answer = issuer.sign_in(begun.address, subject) | changed
    return sign_in_elsewhere.finish(room, begun.cookie if cookie is None else cookie, answer, at)


def _refused(room, issuer, **given):
    with pytest.raises(SignInError) as refused:
        _sign_in(room, issuer, **given)
    assert not _sessions(room)
    return str(refused.value)


def _sessions(room):
    with Accounts(room.folder)._database() as database:
        return database.execute("SELECT count(*) FROM sessions").fetchone()[0]


@pytest.mark.usefixtures("sokha")
def test_who_was_given_an_account_signs_in_with_the_role_that_was_given(room, issuer):
    """Whatever roles the issuer names; the session is like any other."""
    issuer.claims = {"roles": ["administrator"], "groups": ["archivist"], "email": "dara@example.org"}
    asker, token, to = _sign_in(room, issuer)
    assert (asker.actor.name, asker.rights.sees, to) == ("sokha", "registered", "/case/x?q=y")
    assert users.signed_in(room, token, NOW).actor.name == "sokha"
    assert [one.deed for one in AuditLog(room.folder).notes()][-1] is Deed.SIGNED_IN
    users.sign_out(room, asker, token)
    with pytest.raises(SignInError):
        users.signed_in(room, token, NOW)


@pytest.mark.usefixtures("sokha")
def test_who_has_no_account_does_not_come_in_and_the_log_says_who(room, issuer, operator):
    assert "sub-2" in _refused(room, issuer, subject="sub-2")
    line = list(AuditLog(room.folder).notes())[-1]
    assert (line.deed, line.what) == (Deed.REFUSED, "sign-in elsewhere sub-2")
    users.lock(room, operator, "sokha")
    _refused(room, issuer)
    users.unlock(room, operator, "sokha")
    users.set_identity(room, operator, "sokha", "")
    _refused(room, issuer)


@pytest.mark.usefixtures("sokha")
def test_an_account_without_a_password_is_not_entered_with_one(room):
    for password in ("", " ", "sub-1"):
        with pytest.raises(SignInError):
            users.sign_in(room, "sokha", password, NOW)


def _forged(other):
    """Return ways to make a token that the issuer did not make like that, each from its claims."""

    def plain(header, claims):
        parts = [base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in (header, claims)]
        return ".".join([*parts, ""])

    def shared(issuer, claims):
        """Sign with the public key as if it were a secret that both know."""
        public = issuer.key.as_pem(private=False)
        return jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(public), algorithms=["HS256"])

    def of_the_header(claims):
        header = {"alg": "RS256", "kid": "one", "jwk": other.as_dict(private=False)}
        return jwt.encode(header, claims, other)

    return {
        "another's key": lambda _issuer, claims: jwt.encode({"alg": "RS256", "kid": "one"}, claims, other),
        "an unknown key": lambda _issuer, claims: jwt.encode({"alg": "RS256", "kid": "two"}, claims, other),
        "a key in the header": lambda _issuer, claims: of_the_header(claims),
        "none": lambda _issuer, claims: plain({"alg": "none"}, claims),
        "none with a key": lambda _issuer, claims: plain({"alg": "none", "kid": "one"}, claims),
        "the public key as a secret": shared,
        "claims that were changed": lambda issuer, claims: _changed(
            jwt.encode({"alg": "RS256", "kid": "one"}, claims | {"sub": "sub-2"}, issuer.key), claims
        ),
        "no token": lambda _issuer, _claims: "x",
        "a long one": lambda issuer, claims: jwt.encode(
            {"alg": "RS256", "kid": "one"}, claims | {"x": "x" * 20_000}, issuer.key
        ),
    }


def _changed(token, claims):
    head, _, signature = token.split(".")
    return ".".join([head, base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode(), signature])


@pytest.mark.usefixtures("sokha")
def test_no_forged_token_lets_anybody_in(room, issuer):
    other = key_pair("one")
    for name, forge in _forged(other).items():
        issuer.sign = lambda claims, forge=forge: forge(issuer, claims)
        assert "did not succeed" in _refused(room, issuer), name
    issuer.sign = None
    _sign_in(room, issuer)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": [CLIENT, "another"]},
        {"aud": None},
        {"azp": "another"},
        {"exp": 1},
        {"exp": None},
        {"exp": "9999999999"},
        {"exp": True},
        {"iat": 9999999999},
        {"nbf": 9999999999},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"sub": ["sub-1"]},
        {"sub": "sub-1\n"},
    ],
    ids=str,
)
@pytest.mark.usefixtures("sokha")
def test_a_token_for_another_place_time_or_person_lets_nobody_in(room, issuer, claims):
    issuer.claims = claims
    assert "did not succeed" in _refused(room, issuer)


@pytest.mark.usefixtures("sokha")
def test_an_answer_counts_once_in_the_browser_that_began_and_for_some_minutes(room, issuer):
    mine, others = (sign_in_elsewhere.begin(room, "/", NOW) for _ in range(2))
    answer = issuer.sign_in(mine.address)
    for cookie in (
        "",
        "x",
        "x.y",
        others.cookie,
        mine.cookie[:-1],
        f"{others.cookie.split('.')[0]}.{mine.cookie[-64:]}",
    ):
        with pytest.raises(SignInError):
            sign_in_elsewhere.finish(room, cookie, answer, NOW)
    for late in (timedelta(minutes=11), timedelta(minutes=-1)):
        with pytest.raises(SignInError):
            sign_in_elsewhere.finish(room, mine.cookie, answer, NOW + late)
    for wrong in ({"state": ""}, {"state": "\udcff"}, {"code": ""}, {"iss": "https://elsewhere.example"}):
        with pytest.raises(SignInError):
            sign_in_elsewhere.finish(room, mine.cookie, answer | wrong, NOW)
    assert not _sessions(room)
    sign_in_elsewhere.finish(room, mine.cookie, answer, NOW)
    with pytest.raises(SignInError):
        sign_in_elsewhere.finish(room, mine.cookie, answer, NOW)
    assert _sessions(room) == 1


@pytest.mark.usefixtures("sokha")
def test_nothing_is_asked_of_another_server_and_no_redirect_is_followed(room, issuer, tmp_path):
    with open_issuer(_made(tmp_path / "other")) as other:
        for endpoint in ("token_endpoint", "jwks_uri", "authorization_endpoint"):
            for address in (
                f"{other.address}/x",
                "http://127.0.0.1/x",
                "file:///etc/passwd",
                f"{issuer.address}@127.0.0.1/",
            ):
                issuer.about = {endpoint: address}
                _again()
                _refused(room, issuer)
        issuer.about = {}
        for path in ("/.well-known/openid-configuration", "/keys", "/token"):
            issuer.answers = {path: (302, {"Location": f"{other.address}{path}"}, b"")}
            _again()
            _refused(room, issuer)
        assert other.seen == []
    issuer.answers = {}
    _again()
    _sign_in(room, issuer)


def _made(folder):
    folder.mkdir()
    return folder


def _again():
    issuer_of.cache_clear()


@pytest.mark.usefixtures("sokha")
def test_an_issuer_in_trouble_lets_nobody_in(room, issuer):
    """Too much, no JSON, another name, another certificate: one sentence for all, and nothing of it is shown."""
    for content in (b"x" * 300_000, b"{", b"[]", b"\xff", json.dumps({"issuer": "https://elsewhere.example"}).encode()):
        issuer.answers = {"/.well-known/openid-configuration": (200, {}, content)}
        _again()
        assert "did not succeed" in _refused(room, issuer)
        assert "did not succeed" in _refused(room, issuer), "and it is not asked again at once"
    assert issuer.seen.count("GET /.well-known/openid-configuration") == 5
    issuer.answers = {}
    _again()
    oidc = room.settings.access.oidc.model_copy(update={"ca_file": ""})
    access = room.settings.access.model_copy(update={"oidc": oidc})
    with Archive(room.settings.model_copy(update={"access": access})) as untrusting:
        _refused(untrusting, issuer)


@pytest.mark.usefixtures("sokha")
def test_new_keys_of_the_issuer_are_found_and_its_addresses_and_keys_are_kept(room, issuer, monkeypatch):
    for _ in range(2):
        _sign_in(room, issuer)
    assert [one for one in issuer.seen if one.startswith("GET")] == [
        "GET /.well-known/openid-configuration",
        "GET /keys",
    ]
    new = key_pair("new")
    issuer.published = [new.as_dict(private=False)]
    issuer.sign = lambda claims: jwt.encode({"alg": "RS256", "kid": "new"}, claims, new)
    with pytest.raises(SignInError):
        _sign_in(room, issuer)  # keys were asked for less than a minute ago
    later = time.monotonic() + 61
    monkeypatch.setattr("pipeline.access.issuer.time.monotonic", lambda: later)
    _sign_in(room, issuer)


@pytest.mark.usefixtures("sokha")
@pytest.mark.filterwarnings("ignore:Key size should be")
def test_weak_keys_and_secrets_of_the_issuer_are_not_used(room, issuer):
    weak, secret = RSAKey.generate_key(1024, {"kid": "one"}), OctKey.generate_key(256, {"kid": "one"})
    for key, algorithm, published in (
        (weak, "RS256", weak.as_dict(private=False)),
        (secret, "HS256", secret.as_dict()),
        (issuer.key, "RS256", issuer.key.as_dict(private=True)),
        (issuer.key, "RS256", issuer.key.as_dict(private=False) | {"use": "enc"}),
    ):
        issuer.published = [published]
        issuer.sign = lambda claims, key=key, algorithm=algorithm: jwt.encode(
            {"alg": algorithm, "kid": "one"}, claims, key, algorithms=[algorithm]
        )
        _again()
        _refused(room, issuer)


def test_an_issuer_that_is_slow_keeps_few_people_waiting(room, issuer, monkeypatch):
    """Anybody can begin a sign-in, and each one that waits keeps the reading room from answering somebody."""
    monkeypatch.setattr("pipeline.access.issuer._AT_ONCE", 1)
    _again()
    reached, go_on, answer = Event(), Event(), issuer.answer

    def slow(*given):
        reached.set()
        assert go_on.wait(60)
        return answer(*given)

    issuer.answer = slow
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(sign_in_elsewhere.begin, room, "/", NOW)
        assert reached.wait(60)
        second = pool.submit(sign_in_elsewhere.begin, room, "/", NOW)
        try:
            with pytest.raises(SignInError):
                second.result(timeout=3)
        finally:
            go_on.set()
        assert first.result().address


def test_an_issuer_that_has_just_failed_after_a_long_time_is_not_asked_at_once(room, issuer, monkeypatch):
    """However long it took: those who waited for it meanwhile do not wait again, one after the other."""
    _again()
    clock, answer = [1000.0], issuer.answer

    def slow(*given):
        clock[0] += 10.5
        answer(*given)
        return 503, {}, b""

    issuer.answer = slow
    monkeypatch.setattr("pipeline.access.issuer.time.monotonic", lambda: clock[0])
    for _ in range(2):
        with pytest.raises(SignInError):
            sign_in_elsewhere.begin(room, "/", NOW)
    assert len(issuer.seen) == 1


@pytest.mark.usefixtures("sokha")
def test_an_address_of_the_issuer_may_have_fields_of_its_own(room, issuer):
    """RFC 6749, 3.1: they must be kept."""
    issuer.about = {"authorization_endpoint": f"{issuer.address}/authorize?policy=x"}
    _again()
    assert "/authorize?policy=x&" in sign_in_elsewhere.begin(room, "/", NOW).address
    assert _sign_in(room, issuer)


def test_the_words_of_a_search_sign_no_cookie(room, issuer):
    """The log has them hashed with the same secret, and people read the log."""
    assert issuer.address
    content, _, signature = sign_in_elsewhere.begin(room, "/", NOW).cookie.partition(".")
    assert hashed_words(f"sign-in {content}", secret(room.folder)) != signature


def test_who_may_manage_accounts_gives_identities_but_none_to_who_may_unseal(room, operator):
    users.add(room, operator, "dara", Role.ARCHIVIST, None, "")
    users.add(room, operator, "chan", Role.CLERK, None, "")
    administrator = person("admin", Role.ADMINISTRATOR)
    with pytest.raises(NotAllowedError):
        users.set_identity(room, administrator, "dara", "sub-1")
    with pytest.raises(NotAllowedError):
        users.set_identity(room, person("sokha", Role.READER), "chan", "sub-1")
    assert users.set_identity(room, administrator, "chan", "sub-1").subject == "sub-1"
    with pytest.raises(ConflictError):
        users.set_identity(room, operator, "dara", "sub-1")


def test_without_an_issuer_there_is_nothing_to_sign_in_at(archive, operator):
    with pytest.raises(NotFoundError):
        sign_in_elsewhere.begin(archive, "/", NOW)
    users.add(archive, operator, "chan", Role.CLERK, None, "")
    with pytest.raises(UsageError):
        users.set_identity(archive, operator, "chan", "sub-1")


@pytest.mark.parametrize(
    "oidc",
    [
        {"issuer": "http://127.0.0.1", "client_id": "x", "address": "https://x.example"},
        {"issuer": "https://x.example"},
        {"issuer": "https://a:b@x.example", "client_id": "x", "address": "https://x.example"},
        {"issuer": "https://x.example", "client_id": "x", "address": "http://x.example"},
        {"issuer": "https://x.example?x", "client_id": "x", "address": "https://x.example"},
    ],
)
def test_settings_that_others_could_listen_to_are_refused(tmp_path, oidc):
    with pytest.raises(SettingsError):
        archive_settings(tmp_path, access={"oidc": oidc})
