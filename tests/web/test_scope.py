"""Hidden content gives exactly the same answers as content that does not exist, in every view of the reading room."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.access.accounts import Accounts
from pipeline.access.asker import Asker
from pipeline.access.database import access_database
from pipeline.access.roles import Role
from pipeline.archive.archive import Archive
from pipeline.services import requests, users
from tests.conftest import archive_settings
from tests.reading_room import HIDDEN_WORD, OPERATOR, SHAS, Answer, Visitor

NONSENSE = "qwxzkvbnonsense"
PASSWORD = "correct horse battery"  # noqa: S105  # of a made account
SEALED = f"/case/box_sealed/scan/{SHAS['sealed'][:16]}/page/1"


@pytest.fixture(scope="package")
def reader(archive: Path, operator: Visitor) -> Visitor:
    """Return a person with the role of a reader, who has signed in."""
    Accounts(archive).add("reader", Role.READER, PASSWORD)
    visitor = Visitor(operator.port)
    answer = visitor.post("/sign-in", {"name": "reader", "password": PASSWORD, "to": "/"})
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    return visitor


@pytest.mark.parametrize(
    "form",
    ["{}", '"{}"', "{}*", "{}~", "-{} tribunal", "{} OR tribunal", "tribunal {}", "box:{}", "case:{}"],
)
@pytest.mark.parametrize("more", ["", "&by=case", "&sort=date"])
def test_a_word_on_a_sealed_page_is_as_unknown_as_nonsense(reader: Visitor, form: str, more: str) -> None:
    """The same hits, counts, facets, order and message."""
    hidden = reader.search(form.format(HIDDEN_WORD), more)
    unknown = reader.search(form.format(NONSENSE), more)
    assert (hidden.status, unknown.status) == (200, 200)
    assert _compared(hidden, HIDDEN_WORD) == _compared(unknown, NONSENSE)


def _compared(answer: Answer, word: str) -> str:
    """Return a page without the word, and without the minute that is printed at its foot."""
    return re.sub(r"Printed by [^<]*", "", answer.text.replace(word, "W"))


def test_the_operator_finds_it(operator: Visitor) -> None:
    """This shows that the test above searches for something that exists."""
    assert SEALED in operator.search(HIDDEN_WORD).text


@pytest.mark.parametrize(
    "ending", ["", "/picture/160.jpg", "/picture/900.jpg", "/cutting.jpg?boxes=1,1,9,9", "/alto.xml", "/text.json",
               "/image", "/image/info.json", "/image/full/max/0/default.jpg", "/image/full/7,7/0/default.jpg"]
)  # fmt: skip
def test_a_sealed_page_answers_as_one_that_is_not_there(reader: Visitor, ending: str) -> None:
    """Its picture, its text, its thumbnail."""
    hidden = reader.get(SEALED + ending)
    unknown = reader.get(SEALED.replace("box_sealed", "box_nobody") + ending)
    assert (hidden.status, hidden.content) == (404, unknown.content)


@pytest.mark.parametrize(
    "ending", ["", "/document/1.pdf", f"/scan/{SHAS['sealed'][:12]}/original", "/iiif/manifest.json",
               "/iiif/search?q=tribunal", "/iiif/search", "/turn?page=1", "/turn?page=2"]
)  # fmt: skip
def test_a_sealed_case_file_answers_as_one_that_is_not_there(reader: Visitor, ending: str) -> None:
    """By its id, its PDF, its scan."""
    hidden, unknown = reader.get(f"/case/box_sealed{ending}"), reader.get(f"/case/box_nobody{ending}")
    assert (hidden.status, hidden.content) == (404, unknown.content)


def test_counts_are_those_of_what_is_in_sight(reader: Visitor, operator: Visitor) -> None:
    """A reader sees the two public case files, the operator four."""
    assert re.search(r"<p>2 case files, 2 pages</p>", reader.get("/browse").text)
    assert re.search(r"<p>4 case files, 5 pages</p>", operator.get("/browse").text)
    assert "box_sealed" not in reader.get("/browse/box/box").text


def test_tables_hold_what_is_in_sight(reader: Visitor) -> None:
    """CSV and spreadsheet."""
    assert "box_sealed" not in reader.get("/hits.csv?q=tribunal").text
    assert "box_letter" in reader.get("/hits.csv?q=tribunal").text
    assert b"box_sealed" not in reader.get("/hits.xlsx?q=tribunal").content


def test_a_sealed_page_is_never_kept_in_the_cache(archive: Path, operator: Visitor) -> None:
    """A person with access to the cache's folder gets nothing that is sealed."""
    before = set((archive / "cache").rglob("*.jpg"))
    assert operator.get(f"{SEALED}/picture/160.jpg").status == 200
    assert set((archive / "cache").rglob("*.jpg")) == before


def test_a_session_ends_when_it_is_left(archive: Path, operator: Visitor) -> None:
    """The cookie is useless afterwards (replay), and another person's form does not work."""
    Accounts(archive).add("leaver", Role.READER, PASSWORD)
    visitor = Visitor(operator.port)
    visitor.post("/sign-in", {"name": "leaver", "password": PASSWORD})
    kept = Visitor(operator.port, dict(visitor.cookies))
    token = re.search(r'name="token" value="([0-9a-f]{64})"', visitor.get("/").text)
    assert token
    assert operator.post("/sign-out", {"token": token[1]}).status == 403
    left = visitor.post("/sign-out", {"token": token[1]})
    assert left.headers["Clear-Site-Data"] == '"cache"'
    assert kept.get("/").status == 303


def test_signing_in_gives_a_session_that_nobody_chose(archive: Path, operator: Visitor) -> None:
    """A value that another person put into the browser before stays worthless (session fixation)."""
    Accounts(archive).add("fixed", Role.READER, PASSWORD)
    chosen = {"bannasar-session": "c" * 43}
    visitor = Visitor(operator.port, dict(chosen))
    sessions = []
    for _ in range(2):
        entered = visitor.post("/sign-in", {"name": "fixed", "password": PASSWORD})
        assert entered.status == 303
        assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set((entered.headers["Set-Cookie"] or "").split("; "))
        assert visitor.get("/").status == 200
        sessions.append(visitor.cookies["bannasar-session"])
    assert len({*sessions, *chosen.values()}) == 3
    assert Visitor(operator.port, chosen).get("/").status == 303


def test_a_wrong_password_says_no_more_than_a_wrong_name(operator: Visitor, reader: Visitor) -> None:
    """So that nobody learns which accounts exist."""
    del reader
    wrong = [
        Visitor(operator.port).post("/sign-in", {"name": name, "password": "not the password"})
        for name in ("reader", "no-account-of-this-name")  # names are tried here alone: five tries make a name wait
    ]
    assert [one.status for one in wrong] == [401, 401]
    assert wrong[0].text == wrong[1].text


def test_a_person_who_was_granted_sees_and_takes_all_of_it_until_the_end(archive: Path, operator: Visitor) -> None:
    """The page, its ALTO, the PDF, the scan; an address that was kept gives no right afterwards."""
    now = datetime.now(UTC)
    Accounts(archive).add("granted", Role.READER, PASSWORD)
    visitor = Visitor(operator.port)
    visitor.post("/sign-in", {"name": "granted", "password": PASSWORD})
    assert visitor.get(SEALED).status == 404
    with Archive.open(archive_settings(archive)) as opened:
        person, _token = users.sign_in(opened, "granted", PASSWORD, now)
        request = requests.ask_to_see(opened, person, "box_sealed", "research")
        requests.let_see(opened, Asker.operator(OPERATOR, now), request.number, "agreed", now + timedelta(days=1))
    scan = f"/case/box_sealed/scan/{SHAS['sealed'][:12]}/original"
    paths = (SEALED, f"{SEALED}/alto.xml", "/case/box_sealed/document/1.pdf", scan)
    assert [visitor.get(path).status for path in paths] == [200] * 4
    with access_database(archive) as database:  # as if the day had passed
        database.execute("UPDATE requests SET until = ? WHERE number = ?", (now.timestamp(), request.number))
    assert [visitor.get(path).status for path in paths] == [404] * 4
