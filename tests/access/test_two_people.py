"""Actions that need two people: unsealing, and permission for somebody to see what is sealed."""

import sqlite3
from datetime import timedelta

import pytest

from models.actor import Actor, ActorKind
from models.errors import ConflictError, NotAllowedError, NotFoundError, UsageError
from models.level import Level
from pipeline.access.account import Account
from pipeline.access.asker import Asker
from pipeline.access.requests import Decision, Requests
from pipeline.access.roles import Role
from pipeline.archive.bag import read_case
from pipeline.archive.custody import custody
from pipeline.archive.journal import Event, lines
from pipeline.services import requests, seal, sight
from pipeline.services.seal import Part, Why
from tests.access.conftest import NOW, person

DAY = timedelta(days=1)


@pytest.fixture
def sealed(archive, operator):
    seal.set_level(archive, operator, "box_a", Part(), Level.SEALED, Why("a minor is named"))
    return archive


def _ask(archive, asker, level=Level.STAFF, part=None):
    return requests.ask_to_unseal(archive, asker, "box_a", part or Part(), level, Why("the minor is of age"))


def _level(archive):
    return read_case(archive.bag("box_a")).levels(NOW).level


def _events(archive):
    return [(line.event, line.by) for line in lines(archive.folder)][-2:]


def test_one_asks_another_unseals_and_the_journal_names_both(sealed, clerk, archivist):
    request = _ask(sealed, clerk)
    assert _level(sealed) is Level.SEALED
    requests.unseal(sealed, archivist, request.number, "seen the file")
    assert _level(sealed) is Level.STAFF
    assert _events(sealed) == [(Event.UNSEAL_ASKED, "chan"), (Event.UNSEALED, "dara")]
    last = read_case(sealed.bag("box_a")).restrictions[-1]
    assert (last.by.name, "chan" in last.reason) == ("dara", True)
    assert all(line.signature for line in lines(sealed.folder))
    assert list(custody(sealed.folder)) == []


@pytest.mark.parametrize(
    "name", ["dara", "dara@host", "Dara@other"], ids=["himself", "his account of the machine", "however written"]
)
def test_nobody_grants_what_he_asked_for(sealed, archivist, name):
    request = _ask(sealed, archivist)
    kind = ActorKind.OPERATOR if "@" in name else ActorKind.PERSON
    again = Asker.operator(Actor(name=name, kind=kind), NOW) if "@" in name else archivist
    with pytest.raises(NotAllowedError):
        requests.unseal(sealed, again, request.number, "x")
    assert _level(sealed) is Level.SEALED


@pytest.mark.parametrize("role", [Role.READER, Role.CLERK, Role.AUDITOR, Role.ADMINISTRATOR])
def test_only_an_archivist_grants(sealed, archivist, role):
    request = _ask(sealed, archivist)
    with pytest.raises(NotAllowedError):
        requests.unseal(sealed, person("x", role), request.number, "x")
    assert _level(sealed) is Level.SEALED


@pytest.mark.parametrize("role", [Role.READER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_only_clerks_and_archivists_ask_for_it(sealed, role):
    with pytest.raises(NotAllowedError):
        _ask(sealed, person("x", role))


def test_a_request_is_decided_once(sealed, clerk, archivist):
    request = _ask(sealed, clerk)
    requests.refuse(sealed, archivist, request.number, "the order still stands")
    with pytest.raises(ConflictError):
        requests.unseal(sealed, archivist, request.number, "x")
    assert _level(sealed) is Level.SEALED
    assert _events(sealed)[-1] == (Event.UNSEAL_REFUSED, "dara")


def test_what_is_not_sealed_is_not_asked_for(archive, clerk):
    with pytest.raises(ConflictError):
        _ask(archive, clerk)


def test_a_page_is_unsealed_alone(sealed, clerk, archivist, operator):
    """But not while its case file is sealed."""
    with pytest.raises(ConflictError):
        _ask(sealed, clerk, part=Part(1, 2))
    requests.unseal(sealed, archivist, _ask(sealed, clerk).number, "x")
    seal.set_level(sealed, operator, "box_a", Part(1, 2), Level.SEALED, Why("x"))
    request = _ask(sealed, clerk, Level.PUBLIC, Part(1, 2))
    requests.unseal(sealed, archivist, request.number, "x")
    assert read_case(sealed.bag("box_a")).levels(NOW).pages == {}


@pytest.mark.parametrize("change", ["asked_by", "case"], ids=["who asked", "what for"])
def test_a_request_that_the_journal_does_not_tell_of_is_none(sealed, clerk, archivist, change):
    """A person who can write access.db, but has no key, cannot make a request in another person's name."""
    request = _ask(sealed, archivist if change == "asked_by" else clerk)
    told = request.model_copy(
        update={"by": clerk.actor} if change == "asked_by" else {"level": Level.PUBLIC}
    ).model_dump_json()
    with sqlite3.connect(sealed.folder / "access.db") as database:
        database.execute("UPDATE requests SET told = ?", (told,))
    database.close()
    with pytest.raises(NotFoundError):
        requests.unseal(sealed, archivist, request.number, "x")
    assert _level(sealed) is Level.SEALED


def _sees(archive, now=NOW):
    return sight.person(archive, Account("sokha", Role.READER), now).scope.shows("box_a", "box", Level.SEALED)


def test_a_researcher_sees_a_sealed_case_file_for_the_time_that_was_granted(sealed, reader, archivist):
    request = requests.ask_to_see(sealed, reader, "box_a", "a thesis")
    assert not _sees(sealed)
    requests.let_see(sealed, archivist, request.number, "a scholar", NOW + DAY)
    assert _sees(sealed)
    assert not _sees(sealed, NOW + DAY)
    assert not sight.person(sealed, Account("chan", Role.CLERK), NOW).scope.shows("box_a", "box", Level.SEALED)
    assert _events(sealed) == [(Event.SIGHT_ASKED, "sokha"), (Event.SIGHT_GRANTED, "dara")]


def test_a_clock_set_back_lengthens_no_grant(sealed, reader, archivist):
    from pipeline.access.audit import AuditLog, Deed  # noqa: PLC0415

    request = requests.ask_to_see(sealed, reader, "box_a", "a thesis")
    requests.let_see(sealed, archivist, request.number, "a scholar", NOW + DAY)
    AuditLog(sealed.folder).write(archivist.actor, Deed.OPENED, "box_b", now=NOW + DAY)
    assert not _sees(sealed, NOW)


def test_a_researcher_may_be_refused_with_a_reason(sealed, reader, archivist):
    request = requests.ask_to_see(sealed, reader, "box_a", "a thesis")
    assert requests.refuse(sealed, archivist, request.number, "the order forbids it").decision is Decision.REFUSED
    assert not _sees(sealed)
    assert "the order forbids it" in list(lines(sealed.folder))[-1].reason


def test_asking_does_not_tell_whether_there_is_such_a_case_file(sealed, reader, archivist):
    there = requests.ask_to_see(sealed, reader, "box_a", "a thesis")
    none = requests.ask_to_see(sealed, reader, "box_z", "a thesis")
    assert there.model_dump(exclude={"number", "case"}) == none.model_dump(exclude={"number", "case"})
    with pytest.raises(NotFoundError):
        requests.let_see(sealed, archivist, none.number, "x", NOW + DAY)


@pytest.mark.parametrize("role", [Role.READER, Role.CLERK, Role.AUDITOR, Role.ADMINISTRATOR])
def test_only_an_archivist_lets_see(sealed, reader, role):
    request = requests.ask_to_see(sealed, reader, "box_a", "a thesis")
    with pytest.raises(NotAllowedError):
        requests.let_see(sealed, person("x", role), request.number, "x", NOW + DAY)


def test_nobody_lets_himself_see(sealed, archivist):
    request = requests.ask_to_see(sealed, archivist, "box_a", "x")
    with pytest.raises(NotAllowedError):
        requests.let_see(sealed, archivist, request.number, "x", NOW + DAY)


def test_a_grant_has_an_end_to_come_and_a_request_a_reason(sealed, reader, archivist):
    with pytest.raises(UsageError):
        requests.ask_to_see(sealed, reader, "box_a", " ")
    request = requests.ask_to_see(sealed, reader, "box_a", "a thesis")
    with pytest.raises(UsageError):
        requests.let_see(sealed, archivist, request.number, "x", NOW)


def test_a_person_does_not_fill_the_journal_with_requests(sealed, reader):
    for _ in range(20):
        requests.ask_to_see(sealed, reader, "box_z", "x")
    with pytest.raises(ConflictError):
        requests.ask_to_see(sealed, reader, "box_z", "x")
    assert len(Requests(sealed.folder).all()) == 20


def test_members_of_a_group_neither_ask_nor_decide_nor_read_of_other_boxes(sealed, archivist):
    """Each answer is that for a case file, or a request, that does not exist."""
    member = Asker.person(Account("vanna", Role.ARCHIVIST, "other", frozenset({"box-of-others"})), NOW)
    answers = []
    for case in ("box_a", "box_b"):
        with pytest.raises(NotFoundError) as refused:
            requests.ask_to_unseal(sealed, member, case, Part(), Level.STAFF, Why("x"))
        answers.append(str(refused.value).replace(case, "C"))
    assert answers[0] == answers[1]

    request = _ask(sealed, archivist)
    decisions = (
        lambda number: requests.unseal(sealed, member, number, "x"),
        lambda number: requests.refuse(sealed, member, number, "x"),
    )
    for decide in decisions:
        answers = []
        for number in (request.number, 99999):
            with pytest.raises(NotFoundError) as refused:
                decide(number)
            answers.append(str(refused.value).replace(str(number), "N"))
        assert answers[0] == answers[1]
    assert _level(sealed) is Level.SEALED
    assert requests.all_requests(sealed, member) == []
    assert requests.all_requests(sealed, archivist) == [request]
