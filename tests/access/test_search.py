"""Searches by people: hidden content is in no answer, and a seal is effective as soon as it is confirmed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from models.errors import AuditUnusableError, IndexUnusableError, NotAllowedError
from models.level import Level
from pipeline.access import end_dates
from pipeline.access.account import Account
from pipeline.access.audit import AuditLog, Deed
from pipeline.access.roles import Role
from pipeline.services import audit, index, level_commit, requests, seal, search, sight
from pipeline.services.audit import Sought
from pipeline.services.seal import Part, Why
from pipeline.services.search import Sort, View
from tests.access.conftest import NOW, person
from tests.conftest import at_the_shell

DAY = timedelta(days=1)
CLERK = Account("chan", Role.CLERK)


def _now(archive, account=CLERK, at=NOW):
    return sight.person(archive, account, at)


def _found(archive, text="greffier", account=CLERK, at=NOW):
    return search.search(archive, _now(archive, account, at), text, View()).found.pages


@pytest.mark.parametrize("text", ["tribunal", '"tribunal"', "trib*", "tribunal~", "tribunol", "box:box tribunal"])
def test_a_word_on_a_sealed_page_answers_as_a_word_that_stands_nowhere(archive, operator, text):
    assert _found(archive, text) == 1
    seal.set_level(archive, operator, "box_a", Part(1, 2), Level.SEALED, Why("x"))
    answers = [
        search.search(archive, _now(archive), each, View(facets=True)) for each in (text, text.replace("trib", "zzqx"))
    ]
    assert answers[0].found.pages == 0
    assert answers[0].found == answers[1].found
    assert len(answers[0].why) == len(answers[1].why)
    assert _found(archive, "greffier") == 1
    assert search.search(archive, operator, text, View()).found.pages == 1


def test_a_seal_holds_when_it_is_said_and_an_unsealing_too(archive, operator, archivist):
    seal.set_level(archive, operator, "box_a", Part(), Level.SEALED, Why("x"))
    assert _found(archive) == 0
    request = requests.ask_to_unseal(archive, operator, "box_a", Part(), Level.STAFF, Why("x"))
    requests.unseal(archive, archivist, request.number, "x")
    assert _found(archive) == 1


def test_where_the_index_cannot_be_told_the_case_file_is_out_of_sight_at_once(archive, operator, monkeypatch):
    def down(*_given):
        raise IndexUnusableError("The cluster does not answer.")

    with monkeypatch.context() as patched:
        patched.setattr(type(archive.index), "set_levels", down)
        done = seal.set_level(archive, operator, "box_a", Part(1, 2), Level.SEALED, Why("x"))
    assert "does not answer" in done.index_error
    assert _found(archive) == 0, "of none of its pages is the level known"
    index.synchronise(archive, at_the_shell())
    assert (_found(archive), _found(archive, "tribunal")) == (1, 0)


def test_who_was_let_see_finds_it_and_others_do_not(archive, operator, reader, archivist):
    seal.set_level(archive, operator, "box_a", Part(), Level.SEALED, Why("x"))
    request = requests.ask_to_see(archive, reader, "box_a", "a thesis")
    requests.let_see(archive, archivist, request.number, "a scholar", NOW + DAY)
    assert _found(archive, account=Account("sokha", Role.READER)) == 1
    assert _found(archive, account=Account("meas", Role.READER)) == 0


def test_an_end_date_lets_it_be_found_without_a_job(archive, operator):
    seal.set_level(archive, operator, "box_a", Part(), Level.SEALED, Why("x", until=NOW + DAY))
    assert _found(archive) == 0
    assert _found(archive, at=NOW + 2 * DAY) == 1
    assert _found(archive, at=NOW + 200 * DAY) == 0, "such a clock is not believed"


def test_the_index_follows_end_dates_when_it_is_synchronised(archive, operator):
    """So that the time that was trusted then does not have to be trusted again."""
    seal.set_level(archive, operator, "box_a", Part(1, 2), Level.SEALED, Why("x", until=NOW + DAY))
    assert end_dates.passed(archive.folder, NOW + 2 * DAY) == ["box_a"]
    level_commit.follow_end_dates(archive, NOW + 2 * DAY)
    assert end_dates.passed(archive.folder, NOW + 2 * DAY) == []
    assert _found(archive, "tribunal") == 1


def test_members_of_a_group_find_nothing_of_another_box(archive):
    assert _found(archive, account=Account("chan", Role.CLERK, "g", frozenset({"box"}))) == 1
    assert _found(archive, account=Account("chan", Role.CLERK, "g", frozenset({"other"}))) == 0


def test_who_searched_is_written_down_and_the_words_can_be_looked_for(archive):
    _found(archive)
    last = AuditLog(archive.folder).last()
    assert last is not None
    assert (last.by, last.deed) == ("chan", Deed.SEARCHED)
    assert "greffier" not in (archive.folder / "audit.jsonl").read_text()
    auditor = person("meas", Role.AUDITOR)
    assert [line.by for line in audit.search_log(archive, auditor, Sought(words="greffier"))] == ["chan"]


def test_a_table_of_hits_is_for_those_who_may_take_copies(archive, archivist):
    seal.set_level(archive, archivist, "box_a", Part(), Level.PUBLIC, Why("x"))
    assert len(list(search.each(archive, archivist, "greffier", Sort.RANK))) == 1
    with pytest.raises(NotAllowedError):
        search.each(archive, person("meas", Role.AUDITOR), "greffier", Sort.RANK)


def test_nobody_but_who_sees_the_public_searches_while_it_cannot_be_written_down(archive, archivist):
    seal.set_level(archive, archivist, "box_a", Part(), Level.PUBLIC, Why("x"))
    (archive.folder / "audit.jsonl").unlink(missing_ok=True)
    (archive.folder / "audit.jsonl").write_text("no line\n")
    with pytest.raises(AuditUnusableError):
        _found(archive)
    assert _found(archive, account=Account("meas", Role.AUDITOR)) == 1


def test_the_operators_question_is_as_of_now(archive, operator):
    assert search.search(archive, replace(operator, at=NOW + DAY), "greffier", View()).found.pages == 1
