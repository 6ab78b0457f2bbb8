"""Signing in: there are no default accounts, wrong passwords cost time, and a session can be revoked."""

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from models.errors import AccessError, ConflictError, NotFoundError, SignInError, UsageError
from pipeline.access.accounts import Accounts
from pipeline.access.database import secret
from pipeline.access.passwords import Passwords
from pipeline.access.roles import Role

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECRET = "elephant river seven lamps"  # noqa: S105  # it opens nothing
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def accounts(tmp_path):
    accounts = Accounts(tmp_path, Passwords(CHEAP))
    accounts.add("dara", Role.CLERK, SECRET)
    return accounts


def _fail(accounts, now, name="dara"):
    with pytest.raises(SignInError) as refused:
        accounts.sign_in(name, "wrong wrong wrong wrong", now)
    return str(refused.value)


def test_an_archive_has_no_account_until_somebody_adds_one(tmp_path):
    accounts = Accounts(tmp_path, Passwords(CHEAP))
    assert accounts.all() == []
    for password in ("", "admin", SECRET):
        with pytest.raises(SignInError):
            accounts.sign_in("admin", password, NOW)


def test_who_signs_in_is_known_by_a_token_until_he_signs_out(accounts):
    account, token = accounts.sign_in("dara", SECRET, NOW)
    assert account.role is Role.CLERK
    assert accounts.signed_in(token, NOW + MINUTE) == account
    accounts.sign_out(token)
    with pytest.raises(SignInError):
        accounts.signed_in(token, NOW + MINUTE)


def test_neither_passwords_nor_tokens_lie_in_the_file_and_only_its_owner_reads_it(accounts, tmp_path):
    _, token = accounts.sign_in("dara", SECRET, NOW)
    content = (tmp_path / "access.db").read_bytes()
    assert SECRET.encode() not in content
    assert token.encode() not in content
    assert stat.S_IMODE((tmp_path / "access.db").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "end",
    [
        lambda accounts: accounts.lock("dara"),
        lambda accounts: accounts.set_password("dara", "another long password"),
        lambda accounts: accounts.set_role("dara", Role.READER),
    ],
    ids=["locked", "another password", "another role"],
)
def test_a_session_ends_when_the_account_changes(accounts, end):
    _, token = accounts.sign_in("dara", SECRET, NOW)
    end(accounts)
    with pytest.raises(SignInError):
        accounts.signed_in(token, NOW)


@pytest.mark.parametrize("later", [30 * MINUTE, -MINUTE], ids=["not used", "the clock set back"])
def test_a_session_that_rests_ends(accounts, later):
    _, token = accounts.sign_in("dara", SECRET, NOW)
    with pytest.raises(SignInError):
        accounts.signed_in(token, NOW + later)


def test_a_session_outlives_a_question_that_is_answered_after_a_later_one(accounts):
    _, token = accounts.sign_in("dara", SECRET, NOW)
    later = NOW + 5 * MINUTE
    accounts.signed_in(token, later)
    assert accounts.signed_in(token, later - timedelta(seconds=3)).name == "dara"
    assert accounts.signed_in(token, later).name == "dara"


def test_a_session_ends_after_twelve_hours_however_busy(accounts):
    _, token = accounts.sign_in("dara", SECRET, NOW)
    for passed in range(20, 720, 20):
        accounts.signed_in(token, NOW + passed * MINUTE)
    with pytest.raises(SignInError):
        accounts.signed_in(token, NOW + 720 * MINUTE)


def test_a_locked_account_and_one_that_is_not_there_answer_as_a_wrong_password_does(accounts):
    wrong = _fail(accounts, NOW)
    assert _fail(accounts, NOW, "nobody") == wrong
    accounts.lock("dara")
    with pytest.raises(SignInError) as refused:
        accounts.sign_in("dara", SECRET, NOW)
    assert str(refused.value) == wrong
    accounts.unlock("dara")
    assert accounts.sign_in("dara", SECRET, NOW)


@pytest.mark.parametrize("name", ["dara", "nobody"])
def test_wrong_passwords_make_the_next_wait_longer_each_time(accounts, name):
    for _ in range(5):
        assert "too many" not in _fail(accounts, NOW, name)
    assert "Try again in 1 min" in _fail(accounts, NOW, name)
    assert "too many" not in _fail(accounts, NOW + MINUTE, name)
    assert "Try again in 2 min" in _fail(accounts, NOW + MINUTE, name)


def test_the_right_password_waits_too_and_then_forgets_the_wrong_ones(accounts):
    for _ in range(5):
        _fail(accounts, NOW)
    with pytest.raises(SignInError, match="too many"):
        accounts.sign_in("dara", SECRET, NOW)
    accounts.sign_in("dara", SECRET, NOW + MINUTE)
    assert "too many" not in _fail(accounts, NOW + MINUTE)


def test_others_sign_in_while_one_name_has_to_wait(accounts):
    accounts.add("sokha", Role.READER, SECRET)
    for _ in range(6):
        _fail(accounts, NOW)
    assert accounts.sign_in("sokha", SECRET, NOW)


@pytest.mark.parametrize("name", ["", "a b", "root@host", "x" * 65, "a\u200bb"])
def test_what_cannot_be_a_name_is_refused(accounts, name):
    with pytest.raises(UsageError):
        accounts.add(name, Role.READER, SECRET)


def test_a_short_password_is_refused(accounts):
    with pytest.raises(UsageError):
        accounts.add("sokha", Role.READER, "14 characters!")


def test_a_khmer_name_is_one_however_it_is_typed(accounts):
    accounts.add("សុខា", Role.READER, SECRET)
    accounts.add("ren\u00e9", Role.READER, SECRET)
    assert accounts.sign_in("rene\u0301", SECRET, NOW)[0].name == "ren\u00e9"
    assert accounts.account("សុខា").role is Role.READER
    with pytest.raises(ConflictError):
        accounts.add("rene\u0301", Role.READER, SECRET)


def test_a_group_limits_its_members_to_its_boxes(accounts):
    accounts.set_group("kandal", ["box-1"])
    accounts.add("sokha", Role.READER, SECRET, "kandal")
    assert accounts.account("sokha").boxes == {"box-1"}
    assert accounts.account("dara").boxes is None
    accounts.set_group("kandal", ["box-1", "box-2"])
    assert accounts.account("sokha").boxes == {"box-1", "box-2"}
    with pytest.raises(NotFoundError):
        accounts.set_role("dara", Role.CLERK, "nowhere")


def test_a_password_that_was_kept_cheaply_is_kept_as_others_are_at_the_next_sign_in(accounts, tmp_path):
    assert accounts.sign_in("dara", SECRET, NOW)
    dearer = Accounts(tmp_path, Passwords(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)))
    dearer.sign_in("dara", SECRET, NOW)
    assert b"m=8,t=2" in (tmp_path / "access.db").read_bytes()


def test_a_damaged_file_of_accounts_is_called_so(tmp_path):
    (tmp_path / "access.db").write_bytes(b"no database" * 100)
    with pytest.raises(AccessError, match=r"access\.db"):
        Accounts(tmp_path, Passwords(CHEAP)).all()


def test_who_only_reads_waits_while_the_file_of_an_earlier_version_is_changed(accounts, tmp_path):
    """A transaction that has read cannot wait for another that writes: SQLite refuses it at once."""
    with sqlite3.connect(tmp_path / "access.db", isolation_level=None) as other, ThreadPoolExecutor(1) as pool:
        other.executescript(
            "DROP INDEX reports_by_person; DROP INDEX tries_by_end; DROP INDEX identities;"
            "ALTER TABLE accounts DROP COLUMN issuer; ALTER TABLE accounts DROP COLUMN subject;"
            "PRAGMA user_version = 4; BEGIN IMMEDIATE;"
        )
        asked = pool.submit(secret, tmp_path)
        wait([asked], timeout=0.3)
        other.execute("COMMIT")
        assert len(asked.result()) == 32
    other.close()
    assert accounts.account("dara").subject == ""
