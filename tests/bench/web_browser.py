"""What a reader waits for in a real browser, Debian's Chromium, by the browser's own clock."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_MB = 1 << 20
_SLOW = 1_000_000 / 8  # bytes a second
_DELAY = 40  # milliseconds there and back
_PATIENCE = 60_000
# From the click to the end of the load event, when the picture is there and the text is laid out.
_LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd"
_IS_LOADED = f"{_LOADED} > 0 && document.getElementById('picture').naturalWidth > 0"


@dataclass(frozen=True, slots=True)
class Turned:
    """Many page turns: the milliseconds of each, and the megabytes early and at the end, of browser and server."""

    milliseconds: tuple[float, ...]
    browser: tuple[float, float]
    server: tuple[float, float]


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start Chromium."""
    program = shutil.which("chromium")
    if program is None:
        raise RuntimeError("chromium is missing: script/setup --dev installs it.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        yield browser
        browser.close()


def enter(browser: Browser, room: str, cookies: dict[str, str]) -> Page:
    """Return a window of a new profile in which somebody is signed in already."""
    # The policy of the reading room forbids what the measurement runs in its pages.
    context = browser.new_context(viewport={"width": 1280, "height": 860}, locale="km", bypass_csp=True)
    context.set_default_timeout(_PATIENCE)
    context.add_cookies([{"name": name, "value": value, "url": room} for name, value in cookies.items()])
    page = context.new_page()
    page.goto(room)  # the style sheet and the script are there from now on, as they are for a reader who clicks a hit
    return page


def readable(page: Page, address: str) -> float:
    """Return the milliseconds until a page of paper can be read: its picture is there, and its text."""
    answer = page.goto(address)
    if answer is None or not answer.ok:
        raise RuntimeError(f"The reading room answered {answer and answer.status} to {address}.")
    page.wait_for_function(_IS_LOADED)
    return float(page.evaluate(_LOADED))


def slow_line(page: Page) -> CDPSession:
    """Give a window a line of 1 Mbit/s."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": _DELAY, "downloadThroughput": _SLOW, "uploadThroughput": _SLOW},
    )
    return session


def turn_pages(page: Page, address: str, turns: int, server: psutil.Process) -> Turned:
    """Turn so many pages by key, beginning at an address, and watch the memory."""
    browser = _chromium()
    readable(page, address)
    session = page.context.new_cdp_session(page)
    took: list[float] = []
    early = (0.0, 0.0)
    for turn in range(1, turns + 1):
        with page.expect_navigation(wait_until="load"):
            page.keyboard.press("ArrowRight")
        page.wait_for_function(_IS_LOADED)
        took.append(float(page.evaluate(_LOADED)))
        if turn == turns // 5:
            early = (_megabytes(browser, session), server.memory_info().rss / _MB)
    late = (_megabytes(browser, session), server.memory_info().rss / _MB)
    return Turned(tuple(took), (early[0], late[0]), (early[1], late[1]))


def _chromium() -> list[psutil.Process]:
    """Return the processes of the browser."""
    own = psutil.Process().children(recursive=True)
    return [process for process in own if "chromium" in process.name()]


def _megabytes(browser: list[psutil.Process], session: CDPSession) -> float:
    """Return the memory of the browser after its garbage is collected; shared parts count by their share (PSS)."""
    session.send("HeapProfiler.collectGarbage")
    alive = [process for process in browser if process.is_running()]
    fresh = [child for process in alive[:1] for child in process.children(recursive=True)]
    processes = {process.pid: process for process in (*alive, *fresh)}
    return float(sum(process.memory_full_info().pss for process in processes.values()) / _MB)
