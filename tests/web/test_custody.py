"""How a case file stands, on its page: levels, grants and withdrawals, to those who may know."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from models.level import Level
from pipeline.access.accounts import Accounts
from pipeline.access.asker import Asker
from pipeline.access.roles import Role
from pipeline.archive.archive import Archive
from pipeline.services import requests, users, withdraw
from pipeline.services.open_case import open_case
from pipeline.services.seal import Part, Why, set_level
from pipeline.services.standing import standing_of
from tests.conftest import Maker, archive_settings
from tests.reading_room import OPERATOR, SHAS, Visitor, make_archive, open_room

PASSWORD = "correct horse battery"  # noqa: S105  # of made accounts
LETTER = "/case/box_letter"
REASON = "a <b>minor</b> is named"


class Room(NamedTuple):
    """The archive and who visits it."""

    archive: Path
    readers: dict[str, Visitor]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, make: Maker) -> Iterator[Room]:
    """Return a reading room with two readers, of whom one was granted a case file, a clerk and an archivist."""
    archive = make_archive(tmp_path_factory.mktemp("custody") / "archive", make)
    people = {"lina": Role.READER, "sokha": Role.READER, "dara": Role.CLERK, "vanna": Role.ARCHIVIST}
    now = datetime.now(UTC)
    for name, role in people.items():
        Accounts(archive).add(name, role, PASSWORD)
    operator = Asker.operator(OPERATOR, now)
    with Archive(archive_settings(archive)) as opened:
        asker, _token = users.sign_in(opened, "sokha", PASSWORD, now)
        asked = requests.ask_to_see(opened, asker, "box_letter", "research")
        requests.let_see(opened, operator, asked.number, "agreed", now + timedelta(days=3))
        why = Why(REASON, order="12/2026", until=now + timedelta(days=9))
        set_level(opened, operator, "box_letter", Part(), Level.REGISTERED, why)
        withdraw.withdraw(opened, operator, "box_evil", "the <i>owner</i> asked")
    with open_room(archive) as address:
        readers = {name: Visitor(urlsplit(address).port or 0) for name in people}
        for name, visitor in readers.items():
            visitor.post("/sign-in", {"name": name, "password": PASSWORD})
        yield Room(archive, readers)


def test_who_was_granted_what_is_said_to_them_and_to_those_who_decide(room: Room) -> None:
    """With who granted it and until when; other readers do not learn who else may see it."""
    shown = {name: visitor.get(LETTER).text for name, visitor in room.readers.items()}
    assert all("Unchanged since" in page for page in shown.values())
    for name in ("sokha", "vanna"):
        assert "sokha until" in shown[name]
        assert f"granted by {OPERATOR.name}" in shown[name]
    for name in ("lina", "dara"):
        assert "until" not in shown[name].partition("Levels that were set")[0]


def test_why_a_level_was_set_is_said_to_those_who_may_set_one(room: Room) -> None:
    """With who, until when, and by which order; the reason is only text."""
    for name in ("dara", "vanna"):
        page = room.readers[name].get(LETTER).text
        assert "registered – set on the case file" in page
        assert "Order 12/2026." in page
        assert "a &lt;b&gt;minor&lt;/b&gt; is named" in page
    for name in ("lina", "sokha"):
        page = room.readers[name].get(LETTER).text
        assert "Levels that were set" not in page
        assert "12/2026" not in page


def test_a_level_has_not_ended_because_a_clock_was_set_forward(room: Room) -> None:
    """It is in force as long as the time is not certain, and the page says so to everybody."""
    with Archive(archive_settings(room.archive)) as opened:
        asker = Asker.operator(OPERATOR, datetime.now(UTC) + timedelta(days=900))
        assert not standing_of(opened, asker, open_case(opened, asker, "box_letter")).ended


def test_a_withdrawn_case_file_says_so_to_those_who_may_withdraw(room: Room) -> None:
    """With the reason; its pages stay closed, and for everybody else it is as one that is not there."""
    page = room.readers["vanna"].get("/case/box_evil")
    assert page.status == 200
    assert "This case file is withdrawn." in page.text
    assert "the &lt;i&gt;owner&lt;/i&gt; asked" in page.text
    assert OPERATOR.name in page.text
    assert "/picture/" not in page.text
    for name in ("lina", "dara"):
        hidden, unknown = (room.readers[name].get(f"/case/{case}") for case in ("box_evil", "box_nobody"))
        assert (hidden.status, hidden.content) == (404, unknown.content)
    for ending in (f"/scan/{SHAS['evil'][:16]}/page/1", "/document/1.pdf", "/iiif/manifest.json", "/turn?page=1"):
        assert room.readers["vanna"].get(f"/case/box_evil{ending}").status == 404


def test_a_changed_bag_is_not_called_unchanged(room: Room) -> None:
    """Its digest is another one than that of the journal."""
    with Archive(archive_settings(room.archive)) as opened:
        file = opened.bag("box_letter") / "tagmanifest-sha512.txt"
    whole = file.read_bytes()
    try:
        file.write_bytes(whole + b"\n")
        page = room.readers["lina"].get(LETTER).text
        assert "The case file is not the one that the journal recorded." in page
        assert "Unchanged since" not in page
    finally:
        file.write_bytes(whole)
