"""Every screen of the reading room: what an archive needs for it, and how a reader gets there.

The tests look at them with axe, `script/screens --all` makes pictures of them.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

from playwright.sync_api import Browser, BrowserContext, Page

from models.level import Level
from models.settings import Settings
from pipeline.access.accounts import Accounts
from pipeline.access.asker import Asker
from pipeline.access.roles import Role
from pipeline.archive.archive import Archive
from pipeline.services import keys, reports, requests, users, withdraw
from pipeline.services.certify import certify
from pipeline.services.export import export_bag
from pipeline.services.open_case import open_case, open_page
from pipeline.services.seal import Part, Why, set_level
from tests.reading_room import OPERATOR
from web.room import page_url
from web.verifier import verifier_page
from web.views.help_pages import TOPICS

PASSWORD = "correct horse battery"  # noqa: S105  # of made accounts
_READERS = {"sokha": Role.READER, "auditor": Role.AUDITOR}


@dataclass(frozen=True, slots=True)
class Things:
    """What the screens are about: cases by what is special about them, words that are found, things to verify.

    ``shown`` has a page at ``page``; ``limited`` has levels and a grant; ``hidden`` is withdrawn; ``long`` has many
    pages. ``code`` is that of a certificate, ``changed`` a bag that was changed, ``verifier`` the page that checks
    offline.
    """

    shown: str
    limited: str
    hidden: str
    long: str
    box: str
    words: str
    page: str = ""
    code: str = ""
    changed: Path = Path()
    verifier: Path = Path()


def furnish(settings: Settings, things: Things, folder: Path) -> Things:
    """Bring into an archive what its screens show: reports, levels, requests, a withdrawal, accounts, signatures.

    Args:
        settings: of the archive, with a key of its own and an address for verification.
        things: the case files.
        folder: where files to verify are put.
    """
    now = datetime.now(UTC)
    operator = Asker.operator(OPERATOR, now)
    with Archive(settings) as archive:
        keys.make(archive, operator)
    with Archive(settings) as archive:
        keys.sign(archive, operator)
        for name, role in _READERS.items():
            Accounts(settings.archive).add(name, role, PASSWORD)
        set_level(archive, operator, things.shown, Part(), Level.PUBLIC, Why("the court published it"))
        reader, _ = users.sign_in(archive, "sokha", PASSWORD, now)
        first = open_case(archive, operator, things.shown).refs[0]
        page = open_page(archive, operator, things.shown, first.scan, first.number)
        asked = [
            reports.report(archive, one, page, words, text)
            for one in (operator, reader)
            for words, text in (
                ("សាលក្រម", "ត្រូវអានថា «សាលក្រមព្រហ្មទណ្ឌ» ព្រោះអក្សរចុងក្រោយបាត់"),
                ("", "La dernière ligne de la page manque."),
            )
        ]
        for number, how in ((asked[0].number, "answered"), (asked[2].number, "dismissed")):
            reply = "Corrected: the title is complete now.\nសូមអរគុណ។"
            reports.answer(archive, operator, number, reports.Answer(how), reply)
        request = requests.ask_to_see(archive, reader, things.limited, "research")
        requests.let_see(archive, operator, request.number, "agreed", now + timedelta(days=3))
        until = now + timedelta(days=90)
        set_level(archive, operator, things.limited, Part(), Level.STAFF, Why("a minor is named", "12/2026", until))
        set_level(archive, operator, things.limited, Part(1, 1), Level.SEALED, Why("ឈ្មោះអនីតិជននៅលើទំព័រនេះ"))
        withdraw.withdraw(archive, operator, things.hidden, "the owner asked for it")
        code = certify(archive, operator, things.shown, folder / "certificate.pdf").code
        bag = export_bag(archive, operator, things.shown, folder)
        for name in ("mets.xml", "case.json"):
            (bag / "data" / name).write_text("changed")
        (bag / "data" / "a letter that was put in later.txt").write_text("added")
        changed = Path(shutil.make_archive(str(folder / "changed"), "zip", folder, bag.name))
        verifier = folder / "verifier.html"
        verifier.write_text(verifier_page(keys.public_keys(archive, operator)), "utf-8")
    return replace(things, page=page_url(things.shown, first), code=code, changed=changed, verifier=verifier)


Go = Callable[[Page, str], object]
"""Brings a browser to a screen of the reading room at an address."""


def _at(address: str, *steps: Callable[[Page], object]) -> Go:
    def go(page: Page, base: str) -> None:
        page.goto(base + address)
        for step in steps:
            step(page)

    return go


def _click(what: str) -> Callable[[Page], object]:
    return lambda page: page.click(what)


def _fill(what: str, words: str) -> Callable[[Page], object]:
    return lambda page: page.fill(what, words)


def _choose(file: Path) -> Callable[[Page], object]:
    return lambda page: page.set_input_files("#file", file)


def screens(things: Things) -> dict[str, tuple[str, Go]]:
    """Return every screen by its name: who looks at it ("" if nobody signed in), and how one gets there."""
    words = f"q={quote(things.words)}"
    send = _click("main form button")
    wrong_code = things.code[:-9] + ("AAAA" if things.code[-9:-5] != "AAAA" else "BBBB") + things.code[-5:]
    offline = things.verifier.as_uri()
    ways: dict[str, Go] = {
        "home": _at("/"),
        "how-to-search": _at("/", _click(".how summary")),
        "results": _at(f"/?{words}"),
        "results-narrowed": _at("/?q=tribunal&script=latin&sort=date"),
        "results-by-case": _at("/?q=tribunal&by=case&sort=newest"),
        "results-nearly": _at(f"/?q={quote('សាក្សី')}+zyxuvw+tribunal"),
        "results-none": _at("/?q=zyxuvw&kind=judgment"),
        "results-wrong": _at("/?q=greffier+%22tribunal"),
        "results-field": _at("/?q=judge:Sok"),
        "names": _at("/names"),
        "names-table": _at("/names", _fill("#list", f'{things.words}\ntribunal\nzyxuvw\n"greffier'), send),
        "names-empty": _at("/names", send),
        "browse": _at("/browse"),
        "box": _at(f"/browse/box/{quote(things.box)}"),
        "box-empty": _at("/browse/box/nothing"),
        "case": _at(f"/case/{quote(things.shown)}"),
        "case-limited": _at(f"/case/{quote(things.limited)}"),
        "case-withdrawn": _at(f"/case/{quote(things.hidden)}"),
        "case-long": _at(f"/case/{quote(things.long)}?page=2"),
        "page": _at(things.page, _click("#shades")),
        "page-hits": _at(f"{things.page}?{words}"),
        "page-zoom": _at(f"{things.page}?{words}&zoom=200"),
        "page-report": _at(things.page, _click("#report summary")),
        "reports": _at("/reports"),
        "verify": _at("/verify"),
        "verify-right": _at("/verify", _fill("#code", things.code), send),
        "verify-forged": _at("/verify", _fill("#code", wrong_code), send),
        "verify-unknown": _at("/verify", _fill("#code", "zyxuvw"), send),
        "verify-changed": _at("/verify", _choose(things.changed), send),
        "verify-nothing": _at("/verify", send),
        "help": _at("/help"),
        **{f"help-{topic}": _at(f"/help/{topic}") for topic in TOPICS},
        "exercises": _at("/exercises"),
        "error-unknown": _at("/case/nothing"),
        "error-senseless": _at("/?q=tribunal&page=0"),
    }
    found = {name: ("operator", go) for name, go in ways.items()}
    found["reports-own"] = "sokha", _at("/reports")
    found["error-forbidden"] = "auditor", _at("/reports")
    found["sign-in"] = "", _at("/sign-in")
    # Nobody who signs in: after some wrong passwords a name has to wait.
    found["sign-in-wrong"] = "", _at("/sign-in", _fill("#name", "dara"), _fill("#password", "wrong"), send)
    found["verifier"] = "", lambda page, _: page.goto(offline)
    found["verifier-right"] = "", lambda page, _: page.goto(f"{offline}#{things.code.partition('#')[2]}")
    return found


class Readers:
    """Whoever looks at the screens, each signed in once; languages are those that a browser asks for."""

    names = ("operator", *_READERS, "")

    def __init__(self, browser: Browser, entrance: str, patience: int = 60_000) -> None:
        """Sign them in.

        Args:
            browser: the browser.
            entrance: the operator's one-time address.
            patience: how long a click may take, in milliseconds.
        """
        self._browser = browser
        self._patience = patience
        self.base = "{0.scheme}://{0.netloc}".format(urlsplit(entrance))
        self._states = {"operator": self._state(lambda page: page.goto(entrance))}
        for name in _READERS:
            self._states[name] = self._state(lambda page, name=name: self.sign_in(page, name))  # type: ignore[misc]

    def context(self, name: str, **values: object) -> BrowserContext:
        """Return a browser in which somebody is signed in ("": nobody)."""
        made = self._browser.new_context(storage_state=self._states.get(name), **values)  # type: ignore[arg-type]
        made.set_default_timeout(self._patience)
        return made

    def _state(self, enter: Callable[[Page], object]) -> object:
        context = self._browser.new_context()
        context.set_default_timeout(self._patience)
        enter(context.new_page())
        kept = context.storage_state()
        context.close()
        return kept

    def sign_in(self, page: Page, name: str) -> None:
        """Sign somebody in, in a session of its own."""
        page.goto(f"{self.base}/sign-in")
        page.fill("#name", name)
        page.fill("#password", PASSWORD)
        page.click("main form button")
        page.wait_for_url(f"{self.base}/")
