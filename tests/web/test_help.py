"""Help for every screen, and the exercises of a training archive."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import Maker
from tests.reading_room import SHAS, Visitor, make_archive, open_room
from web.views.help_pages import TOPICS

PAGE = f"/case/box_judgment/scan/{SHAS['judgment'][:16]}/page/1"
SCREENS = {
    "/": "search",
    "/?q=tribunal": "search",
    "/?q=%22": "search",
    f"{PAGE}?q=tribunal": "page",
    "/case/box_judgment": "case",
    "/browse": "browse",
    "/browse/box/box": "browse",
    "/names": "names",
    "/reports": "reports",
    "/verify": "verify",
}


def test_every_screen_leads_to_its_own_help(operator: Visitor, stranger: Visitor) -> None:
    """In each language; the help of signing in is there for those who have not signed in."""
    for code in ("km", "fr", "en"):
        for screen, topic in SCREENS.items():
            assert f'href="/help/{topic}"' in operator.get(screen, {"Accept-Language": code}).text, screen
        assert 'href="/help/sign-in"' in stranger.get("/sign-in", {"Accept-Language": code}).text
        for topic in TOPICS:
            assert stranger.get(f"/help/{topic}", {"Accept-Language": code}).status == 200
    assert stranger.get("/help/nothing").status == 404
    assert stranger.get("/help").text.count('href="/help/') >= len(TOPICS)


def test_the_examples_can_be_clicked(operator: Visitor) -> None:
    """Every link of every page of help leads to something; queries in it can be understood."""
    found = set()
    for code, topic in itertools.product(("km", "fr", "en"), TOPICS):
        main = operator.get(f"/help/{topic}", {"Accept-Language": code}).text.partition('<main id="content"')[2]
        links = re.findall(r'href="([^"#]+)"', main)
        assert links, topic
        found.update(links)
    found.update(re.findall(r'href="(/\?q=[^"]+)"', operator.get("/", {"Accept-Language": "km"}).text))
    for link in found:
        assert operator.get(link.replace("&amp;", "&")).status == 200, link


def test_an_archive_that_is_not_for_training_has_no_exercises(operator: Visitor) -> None:
    """Neither the page nor a link to it."""
    assert operator.get("/exercises").status == 404
    assert "/exercises" not in operator.get("/").text


@pytest.fixture
def learner(tmp_path: Path, make: Maker) -> Iterator[Visitor]:
    """Return somebody who has entered a training archive."""
    with open_room(make_archive(tmp_path / "archive", make), is_training=True) as address:
        visitor = Visitor(urlsplit(address).port or 0)
        visitor.get(urlsplit(address).path)
        yield visitor


def test_exercises_are_counted_as_they_are_done(learner: Visitor) -> None:
    """Ten in each language; each that can be seen from outside is recognised when it is done, and no other."""
    for code, word in {"km": "លំហាត់ដប់", "fr": "Dix exercices", "en": "Ten exercises"}.items():
        page = learner.get("/exercises", {"Accept-Language": code}).text
        assert page.count("<li>") == 10
        assert word in page
    assert 'href="/exercises"' in learner.get("/").text
    learner.search("សាលក្រមព្រហ្មទណ្ឌ")
    assert _done(learner) == [1]
    learner.get(f"{PAGE}?q=tribunal")
    learner.search('"សាលក្រម')
    learner.search('"tribunal de première instance"')
    assert _done(learner) == [1, 2, 4, 5]
    learner.get("/case/box_judgment")
    learner.get(PAGE)
    learner.search("ឈឹម សំណាងរិទ្ធ", "&year=1998")
    token = learner.get("/names").text.partition('name="token" value="')[2].partition('"')[0]
    learner.post("/names", {"token": token, "list": "tribunal\nappel"})
    assert _done(learner) == [1, 2, 3, 4, 5, 6, 8, 10]


def _done(learner: Visitor) -> list[int]:
    page = learner.get("/exercises", {"Accept-Language": "en"}).text
    return [int(number) for number in re.findall(r'<li class="done">\s*<h2><span class="count">(\d+)', page)]
