"""A case file of which some is sealed while people read it: nothing beside a page in sight shows what is not."""

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from models.case import Document
from models.fact import Fact, FactName
from models.level import Level
from models.page import PageRef, Rect
from models.restriction import Reach, Restriction
from models.scan import Kind, Scan
from pipeline.access.accounts import Accounts
from pipeline.access.asker import Asker
from pipeline.access.roles import Role
from pipeline.archive.archive import Archive
from pipeline.services.rebuild import rebuild_archive
from pipeline.services.seal import Part, Why, set_level
from tests.conftest import Maker, archive_settings, at_the_shell, bag_in_place
from tests.reading_room import OPERATOR, Answer, Visitor, open_room

PASSWORD = "correct horse battery"  # noqa: S105  # of made accounts
CASE = "box_mixed"
CONTENT = {name: f"scan {name}".encode() for name in ("mixed", "hidden", "open")}
SCANS = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENT.items()}


class Room(NamedTuple):
    """The archive, and who visits its reading room."""

    archive: Path
    operator: Visitor
    reader: Visitor
    stranger: Visitor
    tags: dict[str, str]


def page_address(scan: str, number: int) -> str:
    """Return the address of a page."""
    return f"/case/{CASE}/scan/{SCANS[scan][:16]}/page/{number}"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, make: Maker) -> Iterator[Room]:
    """Return a reading room in which a reader has seen all of a public case file before some of it was sealed."""
    folder = tmp_path_factory.mktemp("mixed")
    archive = _make_archive(folder, make)
    Accounts(archive).add("reader", Role.READER, PASSWORD)
    with open_room(archive) as address:
        port = urlsplit(address).port or 0
        operator, reader = Visitor(port), Visitor(port)
        operator.get(urlsplit(address).path)
        reader.post("/sign-in", {"name": "reader", "password": PASSWORD, "to": "/"})
        tags = {}
        for place in (("mixed", 1), ("mixed", 2), ("hidden", 1)):
            picture = f"{page_address(*place)}/picture/160.jpg"
            tags[picture] = reader.get(picture).headers["ETag"]
        with Archive(archive_settings(archive)) as opened:
            asker = Asker.operator(OPERATOR, datetime.now(UTC))
            for part in (Part(1, 1), Part(2)):
                set_level(opened, asker, CASE, part, Level.SEALED, Why("a minor is named"))
        yield Room(archive, operator, reader, Visitor(port), tags)


def _make_archive(folder: Path, make: Maker) -> Path:
    pages = [
        make.page(["tribunal hiddencourt"], scan=SCANS["mixed"], number=1),
        make.page(["tribunal second"], scan=SCANS["mixed"], number=2),
        make.page(["tribunal hiddendocument"], scan=SCANS["hidden"]),
        make.page(["tribunal letter"], scan=SCANS["open"]),
    ]
    scans = tuple(
        Scan(path=f"{name}-name.pdf", sha256=sha, size=len(CONTENT[name]), kind=Kind.PDF, pages=1 + (name == "mixed"))
        for name, sha in SCANS.items()
    )
    documents = (
        Document(number=1, title="mixed-name", pages=_refs("mixed", 2), facts=tuple(_facts())),
        Document(number=2, title="hidden-name", pages=_refs("hidden", 1)),
        Document(number=3, title="open-name", pages=_refs("open", 1)),
    )
    public = Restriction(
        level=Level.PUBLIC, reach=Reach.CASE, reason="published", by=OPERATOR, at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    case = make.case(*pages, case_id=CASE).model_copy(
        update={"scans": scans, "documents": documents, "restrictions": (public,)}
    )
    originals = {}
    for name, content in CONTENT.items():
        originals[SCANS[name]] = folder / f"{name}.pdf"
        originals[SCANS[name]].write_bytes(content)
    pictures = {
        (page.scan, page.number): make.picture(page, folder / f"{page.scan[:1]}{page.number}.jpg") for page in pages
    }
    bag_in_place(case, pages, originals, pictures, folder / "archive")
    with Archive(archive_settings(folder / "archive")) as archive:
        rebuild_archive(archive, at_the_shell(OPERATOR), force=True)
    return folder / "archive"


def _refs(scan: str, pages: int) -> tuple[PageRef, ...]:
    return tuple(PageRef(scan=SCANS[scan], number=number) for number in range(1, pages + 1))


def _facts() -> Iterator[Fact]:
    """Yield what is read on the page that is sealed later."""
    for name, value, confidence in (
        (FactName.COURT, "hiddencourt", 0.9),
        (FactName.DATE, "1963-04-05", 0.9),
        (FactName.CASE_NUMBER, "777/1963", 0.9),
        (FactName.COURT, "hiddencourt", 0.8),
        (FactName.DATE, "1962-01-02", 0.004),
    ):
        yield Fact(
            name=name,
            value=value,
            text=value,
            scan=SCANS["mixed"],
            page=1,
            boxes=(Rect(80, 60, 180, 90),),
            confidence=confidence,
        )


def test_the_sealed_is_out_of_sight_and_the_rest_is_not(room: Room) -> None:
    """So that the tests below look at what they mean to."""
    addresses = [page_address(*place) for place in (("mixed", 1), ("hidden", 1), ("mixed", 2), ("open", 1))]
    assert [room.reader.get(address).status for address in addresses] == [404, 404, 200, 200]
    assert "777/1963" in room.operator.search("tribunal").text


def test_a_fact_is_told_once_and_a_date_of_something_else_says_so(room: Room) -> None:
    """With the surer of two places; a share of 0 % would only puzzle the reader."""
    facts = room.operator.get(page_address("mixed", 2)).text.partition('class="facts"')[2].partition("</section>")[0]
    assert facts.count("hiddencourt") == 1
    assert re.findall(r"\d+%", facts) == ["90%", "90%", "90%"]
    assert re.search(r"January 2, 1962</a>\s*<small>named in the text, and probably not", facts)


@pytest.mark.parametrize("more", ["", "&by=case", "&sort=date"])
def test_what_was_read_on_a_sealed_page_shows_with_no_other_page(room: Room, more: str) -> None:
    """Court, date and number of a document are on its first page; its second page is in sight."""
    found = room.reader.search("tribunal", more)
    assert found.text.count('class="hit"') == (1 if "case" in more else 2)
    assert not re.search("1963|hiddencourt|hidden-name", found.text)
    assert not re.search("1963|hiddencourt", room.reader.get("/browse").text + room.reader.get("/browse/box/box").text)
    assert not re.search("1963|hiddencourt", room.reader.get("/hits.csv?q=tribunal").text)


@pytest.mark.parametrize(("hidden", "unknown"), [
    ("date:1963", "date:1964"), ("court:hiddencourt", "court:nosuchcourt"), ("case:777/1963", "case:778/1964"),
])  # fmt: skip
def test_what_was_read_on_a_sealed_page_finds_no_other_page(room: Room, hidden: str, unknown: str) -> None:
    """A guess at it answers as what is read nowhere."""
    answers = room.reader.search(hidden), room.reader.search(unknown)
    assert room.operator.search(hidden).text.count('class="hit"') == 1
    texts = [answer.text.replace(hidden.split(":")[1], "X").replace(unknown.split(":")[1], "X") for answer in answers]
    texts = [re.sub(r"(date|case|court)%3A[^\"&]*|Printed by [^<]*", "", text) for text in texts]
    assert texts[0] == texts[1]


def test_the_case_file_names_nothing_that_is_sealed(room: Room) -> None:
    """No title, no count of pages, and no line of the journal from which it shows that something is sealed."""
    shown = room.reader.get(f"/case/{CASE}").text
    assert "2 pages" in shown
    assert not re.search("hidden-name|level set|sealed|minor", shown)
    assert "Its digest is the one in the journal." in shown, "and not since when: that is when something was sealed"
    assert "level set" in room.operator.get(f"/case/{CASE}").text


def test_a_viewer_gets_the_pages_in_sight(room: Room) -> None:
    """The manifest and the search within it name no sealed page; the operator's name all four."""
    for path in (f"/case/{CASE}/iiif/manifest.json", f"/case/{CASE}/iiif/search?q=tribunal"):
        shown, whole = room.reader.get(path).text, room.operator.get(path).text
        assert [page_address(*place) in shown for place in (("mixed", 2), ("open", 1))] == [True, True]
        assert not re.search(f"hidden|{SCANS['hidden'][:12]}|{page_address('mixed', 1)}/", shown)
        assert f"{page_address('hidden', 1)}/" in whole
    assert room.reader.get(f"/case/{CASE}/iiif/search?q=hiddendocument").text.count("xywh") == 0
    assert room.operator.get(f"/case/{CASE}/iiif/search?q=hiddendocument").text.count("xywh") == 1


def test_hits_on_sealed_pages_are_not_followed(room: Room) -> None:
    """A reader goes from hit to hit in sight; the operator through all of them."""
    address = f"{page_address('mixed', 2)}?q=tribunal"
    shown = room.reader.get(address).text
    assert "page 1 of 2 with hits" in shown
    assert 'data-key="hit-before"' not in shown
    assert f'data-key="hit-after" href="{page_address("open", 1)}?q=tribunal"' in shown
    assert "page 2 of 4 with hits" in room.operator.get(address).text


def test_pictures_that_were_kept_go_when_they_are_sealed(room: Room) -> None:
    """Whoever gets the cache's folder gets nothing that is sealed."""
    assert not [file for file in (room.archive / "cache").rglob("*.jpg") if f"{SCANS['hidden'][:16]}-1-" in file.name]
    assert not [file for file in (room.archive / "cache").rglob("*.jpg") if f"{SCANS['mixed'][:16]}-1-" in file.name]


def test_a_browser_is_not_told_that_its_copy_may_still_be_shown(room: Room) -> None:
    """It kept three pictures before two of them were sealed: for those it gets the answer of an unknown page."""
    asked = [room.reader.get(address, {"If-None-Match": tag}) for address, tag in room.tags.items()]
    unknown = room.reader.get(f"{page_address('mixed', 9)}/picture/160.jpg")
    assert [answer.status for answer in asked] == [404, 304, 404]
    assert {answer.content for answer in asked if answer.status == 404} == {unknown.content}


def test_a_sealed_picture_stays_in_no_browser(room: Room) -> None:
    """Others use the machine afterwards."""
    sealed = room.operator.get(f"{page_address('hidden', 1)}/picture/160.jpg")
    assert (sealed.status, sealed.headers["Cache-Control"], sealed.headers["ETag"]) == (200, "no-store", None)


@pytest.mark.parametrize("name", ["hidden", "mixed", "open"])
def test_verification_says_nothing_of_what_is_out_of_sight(room: Room, name: str) -> None:
    """Who has a copy of a sealed scan does not learn that the archive has it, nor where."""
    answers = [_verified(who, CONTENT[name]).text for who in (room.stranger, room.reader)]
    unknown = _verified(room.stranger, b"a scan of nobody").text
    if name == "open":
        assert all("the archive holds it" in answer for answer in answers)
    else:
        assert answers[0] == unknown
        assert CASE not in answers[1]
    assert str(room.archive) not in "".join(answers)
    assert "the archive holds it" in _verified(room.operator, CONTENT[name]).text


def _verified(who: Visitor, content: bytes) -> Answer:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n--x--\r\n"
    )
    return who.send("POST", "/verify", body, {"Content-Type": "multipart/form-data; boundary=x"})


@pytest.mark.parametrize(
    ("scan", "ending"), [("hidden", "/picture/900.jpg"), ("mixed", "/cutting.jpg?boxes=1,1,99,99")]
)
def test_whose_picture_was_looked_at_is_written_down(room: Room, scan: str, ending: str) -> None:
    """By the page's own address or not."""
    log = room.archive / "audit.jsonl"
    before = log.read_text("utf-8")
    assert room.operator.get(page_address(scan, 1) + ending).status == 200
    assert f"{CASE}/{SCANS[scan][:16]}/1" in log.read_text("utf-8").removeprefix(before)


def test_a_damaged_case_file_answers_as_one_that_is_not_there(room: Room) -> None:
    """Nobody knows what its level is."""
    with Archive(archive_settings(room.archive)) as archive:
        record = archive.bag(CASE) / "data" / "case.json"
    whole = record.read_bytes()
    try:
        record.write_bytes(b"{")
        hidden, unknown = room.reader.get(f"/case/{CASE}"), room.reader.get("/case/box_nobody")
        assert (hidden.status, hidden.content) == (404, unknown.content)
    finally:
        record.write_bytes(whole)


@pytest.mark.parametrize("path", ["/enter/%E1%9E%80"])
def test_a_wrong_token_in_khmer_is_wrong_and_nothing_more(room: Room, path: str) -> None:
    """It is no failure of the server."""
    assert room.stranger.get(path).status == 401


def test_a_form_with_a_token_in_khmer_is_refused(room: Room) -> None:
    """As any wrong one."""
    assert room.reader.post("/sign-out", {"token": "ក"}).status == 403


@pytest.mark.parametrize("ending", ["", "/document/2.pdf"])
def test_who_tries_what_is_out_of_sight_is_written_down(room: Room, ending: str) -> None:
    """So that the auditor sees who guesses."""
    log = room.archive / "audit.jsonl"
    before = log.read_text("utf-8")
    address = f"/case/{CASE}{ending}" if ending else page_address("hidden", 1)
    assert room.reader.get(address).status == 404
    added = log.read_text("utf-8").removeprefix(before)
    assert '"by":"reader","deed":"refused"' in added
    assert CASE in added


def test_who_browses_is_written_down(room: Room) -> None:
    """A list of case files is shown, with their kinds and dates."""
    log = room.archive / "audit.jsonl"
    before = log.read_text("utf-8")
    assert room.reader.get("/browse/box/box").status == 200
    added = log.read_text("utf-8").removeprefix(before)
    assert '"by":"reader","deed":"searched"' in added
    assert '"what":"box"' in added
