"""What each role may do and see; no role alone may see what is sealed."""

import pytest

from models.actor import Actor, ActorKind
from models.errors import NotAllowedError
from models.level import Level
from pipeline.access.account import Account
from pipeline.access.asker import Asker, Loosened
from pipeline.access.roles import ONLY_FOR_OPERATORS, Action, Role, same_person
from tests.access.conftest import NOW

READER = {Action.SEARCH, Action.ASK_TO_SEE, Action.REPORT, Action.EXPORT}
CLERK = READER | {Action.DIGITISE, Action.CORRECT, Action.SEAL, Action.ASK_TO_UNSEAL}
MAY = {
    Role.READER: READER,
    Role.CLERK: CLERK,
    Role.ARCHIVIST: CLERK | {Action.LOOSEN, Action.WITHDRAW, Action.UNSEAL, Action.LET_SEE},
    Role.AUDITOR: {Action.SEARCH, Action.READ_AUDIT},
    Role.ADMINISTRATOR: {Action.SEARCH, Action.MANAGE_ACCOUNTS},
}
SEES = {
    Role.READER: Level.REGISTERED,
    Role.CLERK: Level.STAFF,
    Role.ARCHIVIST: Level.STAFF,
    Role.AUDITOR: Level.PUBLIC,
    Role.ADMINISTRATOR: Level.PUBLIC,
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", Action)
def test_a_role_may_do_what_its_row_says_and_nothing_else(role, action):
    asker = Asker.person(Account("dara", role), NOW)
    if action in MAY[role]:
        asker.must_be_allowed(action)
    else:
        with pytest.raises(NotAllowedError):
            asker.must_be_allowed(action)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("level", Level)
def test_a_role_sees_up_to_its_level_and_never_what_is_sealed(role, level):
    scope = Asker.person(Account("dara", role), NOW).scope
    assert scope.shows("box_a", "box", level) == (level.rank <= SEES[role].rank)
    assert not scope.shows("box_a", "box", Level.SEALED)


def test_the_operator_may_do_and_see_everything():
    asker = Asker.operator(Actor(name="root@host", kind=ActorKind.OPERATOR), NOW)
    for action in Action:
        asker.must_be_allowed(action)
    assert asker.scope.is_everything


def test_whoever_manages_accounts_can_make_none_that_may_unseal_or_manage():
    assert {Role.ARCHIVIST, Role.ADMINISTRATOR} == ONLY_FOR_OPERATORS
    for role, may in MAY.items():
        assert not {Action.UNSEAL, Action.MANAGE_ACCOUNTS} <= may, role


def test_a_group_shows_nothing_of_another_box():
    scope = Asker.person(Account("dara", Role.READER, "kandal", frozenset({"box-1"})), NOW).scope
    assert scope.shows("a", "box-1", Level.PUBLIC)
    assert not scope.shows("b", "box-2", Level.PUBLIC)


def test_what_a_person_was_let_see_is_shown_unless_its_level_is_unsure():
    account = Account("dara", Role.READER)
    assert Asker.person(account, NOW, let_see=["box_a"]).scope.shows("box_a", "box", Level.SEALED)
    scope = Asker.person(account, NOW, let_see=["box_a"], unsure=["box_a", "box_b"]).scope
    assert not scope.shows("box_a", "box", Level.SEALED)
    assert not scope.shows("box_b", "box", Level.PUBLIC)


def test_a_case_file_whose_end_date_has_passed_is_shown_to_those_who_may_see_it_now():
    loosened = [Loosened("box_a", "box", Level.REGISTERED), Loosened("box_b", "box", Level.STAFF)]
    scope = Asker.person(Account("dara", Role.READER), NOW, loosened=loosened).scope
    assert scope.shows("box_a", "box", Level.SEALED)
    assert not scope.shows("box_b", "box", Level.SEALED)
    elsewhere = Asker.person(Account("dara", Role.READER, "g", frozenset({"other"})), NOW, loosened=loosened).scope
    assert not elsewhere.shows("box_a", "box", Level.SEALED)


def test_an_operator_and_the_account_of_the_same_name_are_one_person():
    assert same_person("dara@host", "Dara")
    assert same_person("dara@host", "dara@other")
    assert not same_person("dara@host", "sokha")
