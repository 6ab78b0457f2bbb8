"""Reporting a mistake in the reading room, and answering it."""

import re
from pathlib import Path

import pytest

from pipeline.access.accounts import Accounts
from pipeline.access.reports import Reports
from pipeline.access.roles import Role
from tests.reading_room import EVIL, SHAS, Visitor

PASSWORD = "correct horse battery"  # noqa: S105  # of made accounts
LETTER = f"/case/box_letter/scan/{SHAS['letter'][:16]}/page/1"
SEALED = f"/case/box_sealed/scan/{SHAS['sealed'][:16]}/page/1"


def signed_in(archive: Path, operator: Visitor, role: Role) -> Visitor:
    """Return a person of a role who has signed in."""
    name = f"reports-{role}"
    Accounts(archive).add(name, role, PASSWORD)
    visitor = Visitor(operator.port)
    visitor.post("/sign-in", {"name": name, "password": PASSWORD})
    return visitor


@pytest.fixture(scope="package")
def reader(archive: Path, operator: Visitor) -> Visitor:
    """Return a reader."""
    return signed_in(archive, operator, Role.READER)


@pytest.fixture(scope="package")
def clerk(archive: Path, operator: Visitor) -> Visitor:
    """Return a clerk, who may answer."""
    return signed_in(archive, operator, Role.CLERK)


def token_of(visitor: Visitor) -> str:
    """Return the token for forms of a visitor's session."""
    found = re.search(r'name="token" value="([0-9a-f]{64})"', visitor.get("/").text)
    assert found
    return found[1]


def test_a_mistake_is_reported_answered_and_the_reply_is_read(reader: Visitor, clerk: Visitor) -> None:
    """What was written is only text, for both."""
    assert f'action="{LETTER}/report"' in reader.get(LETTER).text
    sent = reader.post(
        f"{LETTER}/report", {"token": token_of(reader), "words": "=1+1", "text": f"{EVIL} is\r\nwrong\u202e"}
    )
    place, _, anchor = sent.headers["Location"].partition("#r")
    assert (sent.status, place) == (303, "/reports")
    own, waiting = reader.get("/reports").text, clerk.get("/reports").text
    for page in (own, waiting):
        assert "&lt;script&gt;alert(1)&lt;/script&gt; is\nwrong</bdi>" in page
        assert f'href="{LETTER}?q=%22%3D1%2B1%22"' in page
        assert EVIL not in page
    assert "waits for an answer" in own
    assert "Waiting for an answer" not in own
    done = clerk.post(f"/reports/{anchor}", {"token": token_of(clerk), "reply": f"thanks {EVIL}", "as": "dismiss"})
    assert done.status == 303
    own = reader.get("/reports").text
    assert "dismissed" in own
    assert "thanks &lt;script&gt;" in own
    assert f'action="/reports/{anchor}"' not in clerk.get("/reports").text


def test_a_long_list_of_reports_says_that_it_is_cut(
    archive: Path, reader: Visitor, clerk: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names what is shown: the oldest that wait, the newest of the reader's own."""
    kept = Reports(archive)
    made = [reader.post(f"{LETTER}/report", {"token": token_of(reader), "text": "wrong"}) for _ in range(3)]
    numbers = [answer.headers["Location"].partition("#r")[2] for answer in made]
    monkeypatch.setattr("web.views.reports.MOST", 2)
    waiting, own = clerk.get("/reports").text, reader.get("/reports").text
    assert "The oldest 2 are shown." in waiting
    assert waiting.count('action="/reports/') == 2
    assert "The newest 2 are shown." in own
    assert [f'id="r{number}"' in own for number in numbers] == [False, True, True]
    for number in numbers:
        clerk.post(f"/reports/{number}", {"token": token_of(clerk), "reply": "done"})
    assert list(kept.waiting()) == []
    assert "are shown" not in clerk.get("/reports").text


def test_a_sealed_page_takes_no_report_as_one_that_is_not_there(reader: Visitor) -> None:
    """The answer is the same."""
    form = {"token": token_of(reader), "text": "wrong"}
    hidden = reader.post(f"{SEALED}/report", form)
    unknown = reader.post(f"{SEALED.replace('sealed', 'nobody', 1)}/report", form)
    assert (hidden.status, hidden.content) == (404, unknown.content)


def test_who_may_not_report_sees_no_form(archive: Path, operator: Visitor, reader: Visitor) -> None:
    """An auditor reads, and neither reports nor answers; a reader does not answer."""
    auditor = signed_in(archive, operator, Role.AUDITOR)
    page = auditor.get(LETTER)
    assert page.status == 200
    assert "/report" not in page.text
    assert auditor.get("/reports").status == 403
    assert auditor.post(f"{LETTER}/report", {"token": token_of(auditor), "text": "x"}).status == 403
    assert reader.post("/reports/1", {"token": token_of(reader), "reply": "x"}).status == 403


@pytest.mark.parametrize("number", ["0", "99999999999999999999", "x", "1;", "%E1%9F%A1"])
def test_a_report_that_is_not_there_is_not_found(clerk: Visitor, number: str) -> None:
    """Whatever its number looks like."""
    assert clerk.post(f"/reports/{number}", {"token": token_of(clerk), "reply": "x"}).status == 404


def test_another_site_reports_nothing(reader: Visitor) -> None:
    """Without the token of the session, with another's, from another place."""
    form = {"text": "wrong"}
    assert reader.post(f"{LETTER}/report", form).status == 403
    assert reader.post(f"{LETTER}/report", {**form, "token": "0" * 64}).status == 403
    own = {**form, "token": token_of(reader)}
    assert reader.post(f"{LETTER}/report", own, {"Origin": "https://evil.example"}).status == 403
    assert reader.post(f"{LETTER}/report", {**own, "text": "x" * 1001}).status == 400
