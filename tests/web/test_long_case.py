"""A case file of more pages than its list shows at once: the list goes on, and a hit far away is one click away."""

import hashlib
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from models.case import Document
from pipeline.archive.archive import Archive
from pipeline.services.rebuild import rebuild_archive
from tests.conftest import Maker, archive_settings, at_the_shell, bag_in_place
from tests.reading_room import Visitor, open_room

CONTENT = b"a long scan"
SHA = hashlib.sha256(CONTENT).hexdigest()
PAGES = 60
CASE = "/case/box_long"


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory, make: Maker) -> Iterator[Visitor]:
    """Return the operator in the reading room of an archive with a case file of sixty pages in three documents."""
    folder = tmp_path_factory.mktemp("long")
    texts = ["zebra" if number in {1, 58} else "tribunal" for number in range(1, PAGES + 1)]
    pages = [make.page([text], scan=SHA, number=number) for number, text in enumerate(texts, 1)]
    case = make.case(*pages, case_id="box_long")
    refs = case.documents[0].pages
    documents = tuple(
        Document(number=place, title=f"part {place}", pages=refs[(place - 1) * 20 : place * 20]) for place in (1, 2, 3)
    )
    scan = folder / "scan.pdf"
    scan.write_bytes(CONTENT)
    picture = make.picture(pages[1], folder / "page.jpg")
    pictures = {(SHA, page.number): picture for page in pages}
    bag_in_place(case.model_copy(update={"documents": documents}), pages, {SHA: scan}, pictures, folder / "archive")
    with Archive(archive_settings(folder / "archive")) as archive:
        rebuild_archive(archive, at_the_shell(), force=True)
    with open_room(folder / "archive") as address:
        operator = Visitor(urlsplit(address).port or 0)
        operator.get(urlsplit(address).path)
        yield operator


def test_the_list_of_pages_goes_on(visitor: Visitor) -> None:
    """With an address for each part of it, small pictures that wait until they are in sight, and the documents."""
    first, second = (visitor.get(f"{CASE}{more}").text for more in ("", "?page=2"))
    assert (first.count('loading="lazy"'), second.count('loading="lazy"')) == (48, 12)
    assert '<a rel="next" href="?page=2">' in first
    assert '<a rel="prev" href="?page=1">' in second
    assert all(f"{CASE}/document/{number}.pdf" in second for number in (1, 2, 3))


def test_a_page_far_into_it_is_opened_by_its_number(visitor: Visitor) -> None:
    """The page is within its document, and leads to those next to it."""
    gone = visitor.get(f"{CASE}/turn?page=57")
    page = visitor.get(gone.headers["Location"]).text
    assert "Page 17 of 20 of this document" in page
    assert all(f'/page/{number}"' in page for number in (56, 58))


def test_the_next_hit_is_one_click_away(visitor: Visitor) -> None:
    """However many pages without one are between."""
    address = f"{CASE}/scan/{SHA[:16]}/page"
    page = visitor.get(f"{address}/1?q=zebra").text
    assert "page 1 of 2 with hits in this case file" in page
    assert f'data-key="hit-after" href="{address}/58?q=zebra"' in page
    between = visitor.get(f"{address}/30?q=zebra").text
    assert f'data-key="hit-before" href="{address}/1?q=zebra"' in between
    assert f'data-key="hit-after" href="{address}/58?q=zebra"' in between
