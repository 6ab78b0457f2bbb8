"""The reading room in a real browser: clicks, keys, pictures, in every language and width."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.screens import PASSWORD, Readers, Things, furnish, screens
from tests.conftest import ROOT, Maker, archive_settings
from tests.reading_room import SHAS, keep_long_case, make_archive, open_room

pytestmark = pytest.mark.slow

PHRASE = "សាលក្រមព្រហ្មទណ្ឌ"
PAGE = f"/case/box_judgment/scan/{SHAS['judgment'][:16]}/page/1"
PATIENCE = 300_000
"""Milliseconds that a slow machine may take for one click."""


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory, make: Maker) -> Iterator[tuple[str, Things]]:
    """Return the one-time address of a running reading room, and what its screens show."""
    folder = tmp_path_factory.mktemp("browser")
    archive = make_archive(folder / "archive", make)
    keep_long_case(archive, make)
    settings = archive_settings(archive, signing={"key_file": str(folder / "key.pem")})
    made = Things("box_judgment", "box_letter", "box_evil", "box_long", "box", PHRASE)
    made = furnish(settings, made, folder)
    with open_room(archive, settings, is_training=True) as address:
        yield address, made


@pytest.fixture(scope="module")
def readers(things: tuple[str, Things], browser: Browser) -> Readers:
    """Return those who read, signed in; the archive must be ready before the browser is."""
    return Readers(browser, things[0], PATIENCE)


@pytest.fixture
def room(readers: Readers) -> str:
    """Return the address of the reading room."""
    return readers.base


@pytest.fixture
def page(readers: Readers) -> Iterator[Page]:
    """Return a page of a browser in which the operator has entered.

    No request of it may leave this machine, and the browser may complain of nothing, such as a forbidden style.
    """
    context = readers.context("operator")
    opened = context.new_page()
    requests: list[str] = []
    complaints: list[str] = []
    opened.on("request", lambda request: requests.append(request.url))
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield opened
    context.close()
    assert {urlsplit(address).hostname for address in requests} == {"127.0.0.1"}
    assert complaints == []


def test_a_newcomer_clicks_a_khmer_phrase_and_sees_it_boxed(page: Page, room: str) -> None:
    """From the search field to the frame on the picture, which is on the words."""
    page.goto(room)
    page.fill("#q", PHRASE)
    page.keyboard.press("Enter")
    assert page.locator(".snippet mark").first.inner_text() == PHRASE
    picture = page.locator(".cutting img").first
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    page.click(".hit .to")
    box = page.locator(".hitbox").first.bounding_box()
    sheet = page.locator("#picture").bounding_box()
    assert box
    assert sheet
    assert page.locator("#picture").evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    # The test page has its first line at 80, 60 on a page of 827 by 1169 pixels.
    assert abs((box["x"] - sheet["x"]) / sheet["width"] - 76 / 827) < 0.02
    assert abs((box["y"] - sheet["y"]) / sheet["height"] - 59 / 1169) < 0.02


def test_a_word_is_shown_on_the_picture_and_back(page: Page, room: str) -> None:
    """A click on the text frames the word on the picture; a click there marks it in the text."""
    page.goto(f"{room}{PAGE}")
    page.click(".read .w >> nth=0")
    assert page.evaluate("document.querySelector('.word:target').id") == "b1"
    page.locator("#b2").click()
    assert page.evaluate("document.querySelector('.w:target').id") == "w2"


def test_pages_and_hits_are_turned_by_key(page: Page, room: str) -> None:
    """Arrow keys turn pages, n and p go from hit to hit, / goes to the field."""
    page.goto(f"{room}{PAGE}?q=tribunal")
    assert page.locator(".hitbox.now").count() == 1
    page.keyboard.press("n")  # the next hit is on the next page
    page.wait_for_url("**/page/2?q=tribunal")
    page.keyboard.press("p")
    page.wait_for_url("**/page/1?q=tribunal")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**/page/2?q=tribunal")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**/page/1?q=tribunal")


def test_a_page_is_enlarged_around_the_hit(page: Page, room: str) -> None:
    """By key and by click; sharper; the next page is as large; the hit stays in the middle."""
    page.goto(f"{room}{PAGE}?q=tribunal")
    narrow = page.locator("#picture").bounding_box()
    page.keyboard.press("+")
    page.click(".zoom a >> nth=1")
    assert page.locator("#zoom").inner_text() == "200%"
    wide, frame, hit = (page.locator(one).bounding_box() for one in ("#picture", ".frame", ".hitbox.now"))
    assert narrow
    assert wide
    assert frame
    assert hit
    assert abs(wide["width"] / narrow["width"] - 2) < 0.02
    assert frame["x"] <= hit["x"] <= frame["x"] + frame["width"] - hit["width"]
    assert frame["y"] <= hit["y"] <= frame["y"] + frame["height"] - hit["height"]
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**/page/2?q=tribunal&zoom=200")
    page.keyboard.press("-")
    page.keyboard.press("-")
    page.keyboard.press("-")
    assert page.locator("#zoom").inner_text() == "100%"


def test_all_of_it_works_without_javascript(readers: Readers, room: str) -> None:
    """Search, hit, page, word and language."""
    context = readers.context("operator", java_script_enabled=False)
    page = context.new_page()
    page.goto(room)
    page.fill("#q", PHRASE)
    page.click(".field button")
    page.click(".hit .to")
    assert page.locator(".hitbox").count() == 1
    page.click(".zoom a >> nth=1")
    assert page.url.endswith("&zoom=150#h1")
    assert page.locator(".frame.z150 .hitbox").is_visible()
    page.click(".read .w >> nth=0")
    assert page.url.endswith("#b1")
    page.click(".languages a[lang=km]")
    assert page.locator("html").get_attribute("lang") == "km"
    assert PHRASE in page.locator(".read").inner_text()
    context.close()


def test_the_keyboard_alone_reaches_a_hit(page: Page, room: str) -> None:
    """The first stop skips to the content; the hit is reached by Tab."""
    page.goto(f"{room}/?q={quote(PHRASE)}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className") == "to":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/page/1?q=*")


@pytest.mark.parametrize("language", ["km", "fr", "en"])
def test_nobody_is_shut_out(readers: Readers, things: tuple[str, Things], language: str) -> None:
    """With axe, no violation on any screen, in each language, light and dark; nothing is cut off at 320 pixels."""
    done = subprocess.run([ROOT / "script" / "axe"], capture_output=True, text=True, check=True, env=os.environ)
    axe = Path(done.stdout.strip(), "axe.min.js").read_text("utf-8")
    narrow = {"width": 320, "height": 640}
    contexts = {one: readers.context(one, bypass_csp=True, locale=language, viewport=narrow) for one in readers.names}
    pages = {one: context.new_page() for one, context in contexts.items()}
    wrong = []
    for name, (who, go) in screens(things[1]).items():
        page = pages[who]
        page.emulate_media(color_scheme="light")
        go(page, readers.base)
        assert page.locator("html").get_attribute("lang") == language
        if page.evaluate("document.documentElement.scrollWidth") > 320:
            wrong.append((name, "is wider than the window"))
        page.evaluate(axe)
        # Only the colours are others in the dark.
        for scheme, rules in (("light", "{resultTypes: ['violations']}"), ("dark", "{runOnly: ['color-contrast']}")):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # it is one of the two
            found = page.evaluate(
                f"axe.run({rules}).then(({{violations}}) => violations.map(one => [one.id, one.nodes[0].html]))"
            )
            wrong += [(name, scheme, *one) for one in found]
    for context in contexts.values():
        context.close()
    assert wrong == []


@pytest.mark.parametrize("language", ["km", "en"])
def test_every_printed_sheet_says_whose_it_is(page: Page, room: str, language: str, tmp_path: Path) -> None:
    """Who printed it and when, and the digest with which the paper can be found again, at the foot of each sheet."""
    for name, address in {"page": PAGE, "long": "/case/box_long"}.items():
        page.goto(f"{room}/language/{language}?to={address}")
        digest = SHAS["judgment"] if name == "page" else page.locator("small code").last.inner_text()
        page.pdf(path=tmp_path / "printed.pdf", format="A4", prefer_css_page_size=True)
        done = subprocess.run(["pdftotext", "-layout", tmp_path / "printed.pdf", "-"], capture_output=True, check=True)
        *sheets, rest = done.stdout.decode().split("\f")
        assert not rest
        assert len(sheets) >= (3 if name == "long" else 1)
        for number, sheet in enumerate(sheets, 1):
            foot = "".join(sheet.split()[-60:])
            assert "operator@here" in foot
            assert digest in foot
            assert f"{number}/{len(sheets)}" in foot
            assert sheet.count("operator@here") == 1 or name == "long"
        assert "Sign out" not in sheets[0]


def test_what_was_shown_is_not_shown_again_after_leaving(readers: Readers, things: tuple[str, Things]) -> None:
    """The back button does not show it, and neither does its address to the next person in the same browser."""
    context = readers.context("")
    page = context.new_page()
    readers.sign_in(page, "sokha")
    page.goto(f"{readers.base}/case/{things[1].limited}")
    title = page.locator("h1").inner_text()
    page.click(".leave button")
    page.wait_for_url("**/sign-in")
    page.go_back()
    page.wait_for_url("**/sign-in?to=*")
    page.fill("#name", "auditor")
    page.fill("#password", PASSWORD)
    page.click("main form button")
    page.wait_for_url(f"**/case/{things[1].limited}")
    assert page.locator("h1").inner_text() not in {title, "Sign in"}
    context.close()


def _tab_to(page: Page, what: str) -> None:
    """Press Tab until something has the focus; each stop on the way must be seen."""
    for _ in range(40):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            "what => { const one = document.activeElement, {outlineStyle, outlineWidth} = getComputedStyle(one);"
            " return [one.matches(what), outlineStyle, outlineWidth, one.getBoundingClientRect().width > 0]; }",
            what,
        )
        assert stop[1:] == ["solid", "3px", True]
        if stop[0]:
            return
    raise AssertionError(f"Tab never reaches {what}")


@pytest.mark.parametrize("where", ["room", "verifier"])
def test_a_paper_is_verified_by_the_keyboard_alone(readers: Readers, things: tuple[str, Things], where: str) -> None:
    """Without an account; what came out gets the focus, so that it is read out to whoever does not see it."""
    context = readers.context("")
    page = context.new_page()
    # From now on, not only while one is waited for: a dialog that opens before is Chromium's own, and stays for ever.
    page.on("filechooser", lambda _chooser: None)
    is_room = where == "room"
    page.goto(f"{readers.base}/verify" if is_room else things[1].verifier.as_uri())
    _tab_to(page, "#file")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(things[1].changed)
    if is_room:
        _tab_to(page, "main form button")
        page.keyboard.press("Enter")
    page.wait_for_selector(".finding.changed:focus")
    assert page.locator(".finding").aria_snapshot().startswith('- status "✗ Changed":' if is_room else "- status:")
    assert page.title().startswith("✗ Changed – Verify") or not is_room
    if is_room:  # neither a file nor a code
        _tab_to(page, "main form button")
        page.keyboard.press("Enter")
        page.wait_for_selector(".wrong:focus")
        assert page.title().startswith("Choose a file, or type the code.")
    context.close()
