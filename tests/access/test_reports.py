"""Mistakes that readers report: who may report and answer; people who may not see the page learn nothing."""

import pytest

from models.errors import ConflictError, NotAllowedError, NotFoundError, UsageError
from models.level import Level
from pipeline.access.audit import AuditLog, Deed
from pipeline.access.roles import Role
from pipeline.archive.journal import lines
from pipeline.services import reports, seal
from pipeline.services.open_case import open_page
from pipeline.services.reports import Answer
from pipeline.services.seal import Part, Why
from tests.access.conftest import SHA, person

READER, CLERK = person("sokha", Role.READER), person("dara", Role.CLERK)


@pytest.fixture
def public(archive, operator):
    """Return the archive, its case file open to everybody."""
    seal.set_level(archive, operator, "box_a", Part(), Level.PUBLIC, Why("published"))
    return archive


def _report(archive, asker, text="the name is wrong", words="greffier", number=1):
    return reports.report(archive, asker, open_page(archive, asker, "box_a", SHA, number), words, text)


def test_a_report_is_answered_and_the_reader_sees_the_reply(public):
    """Only once; then nobody waits for it any more."""
    made = _report(public, READER)
    (waiting,) = reports.open_reports(public, CLERK)
    assert (waiting.report, waiting.title) == (made, "សំណុំរឿង")
    reports.answer(public, CLERK, made.number, Answer.ANSWERED, "It is corrected.")
    assert reports.open_reports(public, CLERK) == []
    (own,) = reports.own_reports(public, READER, 9)
    assert (own.report.answer, own.report.reply) == (Answer.ANSWERED, "It is corrected.")
    assert own.report.answered_by == CLERK.actor
    with pytest.raises(ConflictError):
        reports.answer(public, CLERK, made.number, Answer.DISMISSED, "No.")


def test_nobody_reads_the_reports_of_others_who_may_not_answer_them(public):
    """Another reader sees none, an auditor may do neither."""
    _report(public, READER)
    assert reports.own_reports(public, person("meas", Role.READER), 9) == []
    auditor = person("vanna", Role.AUDITOR)
    for trying in (
        lambda: reports.open_reports(public, READER),
        lambda: reports.answer(public, READER, 1, Answer.ANSWERED, "x"),
        lambda: reports.own_reports(public, auditor, 9),
        lambda: _report(public, auditor),
    ):
        with pytest.raises(NotAllowedError):
            trying()


def test_a_report_about_a_sealed_page_is_as_one_that_is_not_there(public, operator):
    """For the clerk who would answer it and for the reader who wrote it; the operator sees it."""
    made = _report(public, READER)
    other = _report(public, READER, number=2)
    seal.set_level(public, operator, "box_a", Part(1, 1), Level.SEALED, Why("a minor is named"))
    assert [one.report for one in reports.open_reports(public, CLERK)] == [other]
    assert [one.report for one in reports.own_reports(public, READER, 9)] == [other]
    assert [one.report for one in reports.open_reports(public, operator)] == [made, other]
    errors = []
    for number in (made.number, 999):
        with pytest.raises(NotFoundError) as raised:
            reports.answer(public, CLERK, number, Answer.ANSWERED, "x")
        errors.append(str(raised.value).replace(str(number), "N"))
    assert errors[0] == errors[1]


def test_who_reports_and_answers_is_in_the_audit_log_and_no_word_of_it(public):
    """By case file and page; the journal, which nobody can shorten, gets no line of it."""
    before = list(lines(public.folder))
    made = _report(public, READER)
    reports.answer(public, CLERK, made.number, Answer.DISMISSED, "the paper has it so")
    noted = [note for note in AuditLog(public.folder).notes() if note.deed is Deed.REPORTED]
    page = f"box_a/{SHA[:16]}/1"
    assert [(note.by, note.what) for note in noted] == [("sokha", page), ("dara", f"{page}/1 dismissed")]
    assert "wrong" not in (public.folder / "audit.jsonl").read_text("utf-8")
    assert list(lines(public.folder)) == before


@pytest.mark.parametrize(
    ("words", "text"), [("", ""), ("x", " \n "), ("", "x" * 1001), ("x" * 201, "x"), ("", "\u202e\x00")]
)
def test_a_report_says_something_and_not_too_much(public, words, text):
    """Signs that turn the direction of a line are nothing."""
    with pytest.raises(UsageError):
        _report(public, READER, text, words)
    assert reports.open_reports(public, CLERK) == []


def test_a_report_can_do_nothing_but_be_read(public):
    """No sign of it moves a cursor or turns what comes after it; Khmer keeps its invisible spaces."""
    made = _report(public, READER, "a\u202eb\x1b[31m\r\nព្រះ\u200bរាជា", "x\ny")
    assert (made.text, made.words) == ("ab[31m\nព្រះ\u200bរាជា", "x y")


def test_a_person_cannot_fill_the_archive_with_reports(public):
    """Twenty may wait; an answer makes room."""
    for _ in range(20):
        _report(public, READER)
    with pytest.raises(UsageError, match="20 reports"):
        _report(public, READER)
    reports.answer(public, CLERK, 1, Answer.ANSWERED, "Done.")
    _report(public, READER)


def test_a_list_of_reports_is_as_long_as_is_asked_for(public, operator, monkeypatch):
    """The oldest of those that wait, however many of them are out of sight; the newest of a person's own."""
    monkeypatch.setattr("pipeline.access.reports._AT_ONCE", 2)
    made = [_report(public, READER, number=1 + (place > 4)) for place in range(8)]
    assert [one.report for one in reports.own_reports(public, READER, 3)] == made[:4:-1]
    assert [one.report for one in reports.open_reports(public, CLERK, most=3)] == made[:3]
    seal.set_level(public, operator, "box_a", Part(1, 1), Level.SEALED, Why("a minor is named"))
    assert [one.report for one in reports.open_reports(public, CLERK, most=2)] == made[5:7]
    assert [one.report for one in reports.open_reports(public, CLERK)] == made[5:]
