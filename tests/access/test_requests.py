"""Requests that people made, and their results."""

from datetime import UTC, datetime, timedelta

import pytest

from models.actor import Actor, ActorKind
from models.errors import ConflictError, NotFoundError
from pipeline.access.requests import Decision, Request, Requests, Wish

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
DAY = timedelta(days=1)
DARA = Actor(name="dara", kind=ActorKind.PERSON)


@pytest.fixture
def requests(tmp_path):
    requests = Requests(tmp_path)
    requests.add(Request(number=7, wish=Wish.SEE, by=DARA, at=NOW, case="box_a", reason="a thesis"))
    return requests


def test_what_was_granted_may_be_seen_for_its_time_by_the_one_who_asked(requests):
    requests.decide(requests.open(7), Decision.GRANTED, NOW + DAY)
    assert requests.seen_by(DARA, NOW) == {"box_a"}
    assert requests.seen_by(DARA, NOW + DAY) == frozenset()
    assert requests.seen_by(Actor(name="sokha", kind=ActorKind.PERSON), NOW) == frozenset()


@pytest.mark.parametrize("decision", [Decision.NONE, Decision.REFUSED])
def test_what_was_not_granted_may_not_be_seen(requests, decision):
    if decision:
        requests.decide(requests.open(7), decision)
    assert requests.seen_by(DARA, NOW) == frozenset()


def test_what_was_decided_is_not_decided_again(requests):
    requests.decide(requests.open(7), Decision.REFUSED)
    with pytest.raises(ConflictError):
        requests.open(7)
    assert [each.decision for each in requests.all()] == [Decision.REFUSED]


def test_a_request_that_is_not_there_is_not_found(requests):
    with pytest.raises(NotFoundError):
        requests.open(8)
