"""Who manages accounts, and what even these people cannot do alone."""

import pytest

from models.errors import NotAllowedError, NotFoundError, SignInError
from pipeline.access.accounts import Accounts
from pipeline.access.audit import AuditLog, Deed
from pipeline.access.roles import ONLY_FOR_OPERATORS, Role
from pipeline.services import users
from tests.access.conftest import NOW, person

pytestmark = pytest.mark.slow  # whole commands

SECRET = "elephant river seven lamps"  # noqa: S105  # it opens nothing


@pytest.fixture
def administrator(archive, operator):
    users.add(archive, operator, "admin", Role.ADMINISTRATOR, SECRET, "")
    return person("admin", Role.ADMINISTRATOR)


def _role(archive, name):
    return Accounts(archive.folder).account(name).role


@pytest.mark.parametrize("role", sorted(set(Role) - ONLY_FOR_OPERATORS))
def test_an_administrator_adds_readers_clerks_and_auditors(archive, administrator, role):
    users.add(archive, administrator, "chan", role, SECRET, "")
    assert _role(archive, "chan") is role


@pytest.mark.parametrize("role", sorted(ONLY_FOR_OPERATORS))
def test_an_administrator_makes_nobody_one_who_may_unseal_or_manage_accounts(archive, administrator, operator, role):
    with pytest.raises(NotAllowedError):
        users.add(archive, administrator, "friend", role, SECRET, "")
    users.add(archive, operator, "chan", Role.CLERK, SECRET, "")
    for name in ("chan", "admin"):
        with pytest.raises(NotAllowedError):
            users.set_role(archive, administrator, name, role, "")
    assert (_role(archive, "chan"), _role(archive, "admin")) == (Role.CLERK, Role.ADMINISTRATOR)


def test_an_administrator_does_not_take_over_an_account_that_may_unseal(archive, administrator, operator):
    """But may lock it, because this opens nothing."""
    users.add(archive, operator, "dara", Role.ARCHIVIST, SECRET, "")
    for change in (
        lambda: users.set_password(archive, administrator, "dara", "another long password"),
        lambda: users.set_role(archive, administrator, "dara", Role.READER, ""),
        lambda: users.unlock(archive, administrator, "dara"),
    ):
        with pytest.raises(NotAllowedError):
            change()
    users.lock(archive, administrator, "dara")
    with pytest.raises(SignInError):
        users.sign_in(archive, "dara", SECRET, NOW)


@pytest.mark.parametrize("role", [Role.READER, Role.CLERK, Role.ARCHIVIST, Role.AUDITOR])
def test_the_other_roles_manage_no_accounts(archive, role):
    asker = person("x", role)
    for change in (
        lambda: users.add(archive, asker, "friend", Role.READER, SECRET, ""),
        lambda: users.set_group(archive, asker, "g", ["box"]),
        lambda: users.lock(archive, asker, "x"),
        lambda: users.all_accounts(archive, asker),
    ):
        with pytest.raises(NotAllowedError):
            change()


def test_a_person_changes_the_own_password_by_the_old_one(archive, operator):
    users.add(archive, operator, "chan", Role.CLERK, SECRET, "")
    chan = person("chan", Role.CLERK)
    with pytest.raises(SignInError):
        users.change_password(archive, chan, "wrong wrong wrong wrong", "another long password")
    users.change_password(archive, chan, SECRET, "another long password")
    asker, _ = users.sign_in(archive, "chan", "another long password", NOW)
    assert asker.actor.name == "chan"


def test_the_log_tells_who_signed_in_who_was_refused_and_who_changed_an_account(archive, operator):
    users.add(archive, operator, "chan", Role.CLERK, SECRET, "")
    with pytest.raises(SignInError):
        users.sign_in(archive, "chan", "wrong wrong wrong wrong", NOW)
    asker, token = users.sign_in(archive, "chan", SECRET, NOW)
    users.sign_out(archive, asker, token)
    deeds = [(line.by, line.deed) for line in AuditLog(archive.folder).notes()]
    assert deeds == [
        ("root@host", Deed.CHANGED),
        ("chan", Deed.REFUSED),
        ("chan", Deed.SIGNED_IN),
        ("chan", Deed.SIGNED_OUT),
    ]
    assert SECRET not in (archive.folder / "audit.jsonl").read_text()


def test_a_group_is_of_boxes_that_are_there(archive, operator):
    users.set_group(archive, operator, "kandal", ["box"])
    assert users.add(archive, operator, "chan", Role.CLERK, SECRET, "kandal").boxes == frozenset({"box"})
    with pytest.raises(NotFoundError):
        users.set_group(archive, operator, "kandal", ["nowhere"])


def test_a_name_that_cannot_be_one_does_not_fill_the_log(archive):
    with pytest.raises(SignInError):
        users.sign_in(archive, "x" * 100_000, SECRET, NOW)
    assert (archive.folder / "audit.jsonl").stat().st_size < 1000
