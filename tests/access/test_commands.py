"""The commands with which an operator sets levels, unseals, manages accounts, and reads the audit log."""

import json

import pytest

from pipeline.archive.journal import Event, lines
from pipeline.services import reports
from pipeline.services.open_case import open_page
from tests.access.conftest import SHA
from tests.conftest import at_the_shell

pytestmark = pytest.mark.slow  # whole commands

SECRET = "elephant river seven lamps"  # noqa: S105  # it opens nothing


@pytest.fixture
def shell(archive, typed, monkeypatch, tmp_path):
    """Return a function that runs a command on the archive."""
    archive.close()
    (tmp_path / "password").write_text(f"{SECRET}\n")
    monkeypatch.setenv("BANNASAR_SIGNING__KEY_FILE", archive.settings.signing.key_file)
    monkeypatch.setenv("BANNASAR_ARCHIVE", str(archive.folder))
    return typed


def _well(shell, *command):
    status, printed = shell(*command)
    assert status == 0, printed
    return printed


def _number(printed):
    return next(word for word in printed.replace(".", " ").split() if word.isdigit())


def test_a_page_is_sealed_and_shown_as_sealed(shell):
    assert "box_a: staff" in _well(shell, "level", "box_a")
    _well(shell, "seal", "box_a", "--document", 1, "--page", 2, "--order", "12/2026", "--reason", "a minor is named")
    printed = _well(shell, "level", "box_a")
    assert "document 1, page 2: sealed" in printed
    assert "page 1: sealed" not in printed
    assert "order 12/2026" in printed


def test_one_who_asked_at_the_shell_is_refused_and_an_account_grants(shell, archive, tmp_path):
    _well(shell, "users", "add", "dara", "--role", "archivist", "--password-file", tmp_path / "password")
    _well(shell, "seal", "box_a", "--reason", "a minor is named")
    status, printed = shell("level", "box_a", "public", "--reason", "x")
    assert status == 1
    assert "bannasar unseal request" in printed
    number = _number(_well(shell, "unseal", "request", "box_a", "--reason", "the order was lifted"))
    status, printed = shell("unseal", "grant", number, "--reason", "x")
    assert status == 1
    assert "cannot decide" in printed
    assert "the order was lifted" in _well(shell, "requests", "list")
    _well(
        shell, "unseal", "grant", number, "--reason", "seen", "--account", "dara", "--password-file",
        tmp_path / "password",
    )  # fmt: skip
    assert "box_a: staff" in _well(shell, "level", "box_a")
    assert [line.kind for line in lines(archive.folder)][-2:] == ["operator", "person"]


def test_a_box_is_made_public(shell):
    _well(shell, "level", "box", "public", "--box", "--reason", "published in 1997")
    assert "box_a: public" in _well(shell, "level", "box_a")


def test_a_box_has_no_level_to_show(shell):
    status, printed = shell("level", "box", "--box")
    assert status == 1
    assert "A box has no level to show. Name a case file" in printed


def test_a_researcher_is_let_see_and_another_refused(shell, tmp_path):
    for name in ("sokha", "meas"):
        _well(shell, "users", "add", name, "--role", "reader", "--password-file", tmp_path / "password")
    asked = [
        _number(
            _well(
                shell,
                "requests",
                "see",
                "box_a",
                "--account",
                name,
                "--password-file",
                tmp_path / "password",
                "--reason",
                "a thesis",
            )
        )
        for name in ("sokha", "meas")
    ]
    assert "sokha sees box_a until 2999-01-01" in _well(
        shell, "requests", "grant", asked[0], "--until", "2999-01-01", "--reason", "a scholar"
    )
    _well(shell, "requests", "refuse", asked[1], "--reason", "no")
    assert "a thesis" not in _well(shell, "requests", "list")
    assert "granted until" in _well(shell, "requests", "list", "--all")


def test_accounts_are_looked_after(shell, tmp_path):
    password = ("--password-file", tmp_path / "password")
    assert "There are no accounts" in _well(shell, "users", "list")
    _well(shell, "users", "group", "kandal", "--box", "box")
    _well(shell, "users", "add", "sokha", "--role", "reader", *password)
    _well(shell, "users", "role", "sokha", "--role", "clerk", "--group", "kandal")
    _well(shell, "users", "passwd", "sokha", *password)
    _well(shell, "users", "lock", "sokha")
    assert "sokha: clerk of kandal, locked" in _well(shell, "users", "list")
    _well(shell, "users", "unlock", "sokha")
    assert "sokha: clerk of kandal\n" in _well(shell, "users", "list")


def test_the_audit_log_is_searched_verified_and_anchored(shell, archive, tmp_path):
    assert "empty" in _well(shell, "audit", "anchor")
    _well(shell, "users", "add", "sokha", "--role", "reader", "--password-file", tmp_path / "password")
    assert "account sokha: added as reader" in _well(shell, "audit", "search", "--deed", "changed")
    assert json.loads(_well(shell, "audit", "search", "--json"))["kind"] == "operator"
    assert "up to line 1" in _well(shell, "audit", "anchor")
    assert "1 line, none changed" in _well(shell, "audit", "verify")
    (archive.folder / "audit.jsonl").unlink()
    status, printed = shell("audit", "verify")
    assert status == 1
    assert "its end was cut off" in printed


def test_an_operator_confirms_the_clock(shell, archive):
    _well(shell, "audit", "clock")
    assert list(lines(archive.folder))[-1].event is Event.CLOCK_CONFIRMED


def test_reports_of_readers_are_listed_and_answered(shell, archive):
    """In the queue of what a person should look at, with the command to type."""
    assert "Report" not in _well(shell, "review")
    asker = at_the_shell()
    for text in ("the name is wrong\nKEO\x1b[31m", "no mistake"):
        reports.report(archive, asker, open_page(archive, asker, "box_a", SHA, 1), "greffier", text)
    archive.close()
    printed = _well(shell, "review")
    assert "Report 1: box_a" in printed
    assert "the name is wrong KEO[31m" in printed
    assert "2 reports of readers wait for an answer." in printed
    assert [one["number"] for one in json.loads(_well(shell, "review", "--box", "box", "--json"))["reports"]] == [1, 2]
    assert "Report 1 of root@host is answered." in _well(shell, "reports", "answer", 1, "--reply", "corrected")
    assert "Report 2 of root@host is dismissed." in _well(shell, "reports", "dismiss", 2, "--reply", "the paper has it")
    assert _well(shell, "reports", "list").strip() == "0 reports wait for an answer."
    assert shell("reports", "answer", 1, "--reply", "again")[0] != 0
