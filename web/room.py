"""What every view uses: the archive, who asks, the language, and the page that answers."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import quote, unquote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from models.errors import ArchiveError, NotFoundError, SignInError
from models.harmless import harmless
from models.hit import Hit
from models.level import Level
from models.message import Message
from models.page import PageRef
from models.settings import Settings
from pipeline.services import audit
from pipeline.services.archives import Archive
from pipeline.services.askers import Action, Deed
from web.at_once import AtOnce
from web.door import Door, Visit
from web.language import LANGUAGES, Language, language_of
from web.training import Training
from web.words import remembered, titled

_SCAN_DIGITS = 16
_MOST_DIGITS = 9  # of a number in an address
_MOST_REMEMBERED = 20_000
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Opened:
    """What was opened in which session, as far as it is remembered: a line of the audit log says so."""

    _known: OrderedDict[tuple[str, str], None] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def add(self, visit: Visit, what: str) -> None:
        """Remember that something was opened."""
        with self._lock:
            self._known[visit.form_token, what] = None
            if len(self._known) > _MOST_REMEMBERED:
                self._known.popitem(last=False)

    def has(self, visit: Visit, what: str) -> bool:
        """Whether it is known that something was opened."""
        with self._lock:
            return (visit.form_token, what) in self._known


@dataclass(frozen=True, slots=True)
class Room:
    """The reading room of one archive."""

    settings: Settings
    door: Door
    templates: Environment
    is_secure: bool
    opened: Opened = field(default_factory=Opened)
    at_once: AtOnce = field(default_factory=AtOnce)
    training: Training | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: who asks, in which language, and the archive, which is open until the answer is ready."""

    request: Request
    room: Room
    archive: Archive
    visit: Visit | None
    language: Language

    @property
    def reader(self) -> Visit:
        """The visit of a person who is signed in, or of the operator.

        Raises:
            SignInError: nobody is signed in.
        """
        if self.visit is None:
            raise SignInError(Message("Please sign in first."))
        return self.visit

    @property
    def base(self) -> str:
        """What every address of the reading room begins with, as the reader's browser knows it."""
        return f"{'https' if self.room.is_secure else 'http'}://{self.request.headers['host']}"

    def _may(self, name: str) -> bool:
        """Whether the reader may do something, by the name of the action."""
        return self.visit is not None and Action[name] in self.visit.asker.rights.may

    @contextmanager
    def searching(self) -> Iterator[None]:
        """Search within this; raises TooManyError if too many searches of the reader are running."""
        with self.room.at_once.search(self.reader.asker.actor.name):
            yield

    def note(self, level: Level, deed: Deed, what: str, words: str = "") -> None:
        """Record in the audit log what is about to be shown.

        Raises:
            AuditUnusableError: the log cannot be written, and what is shown is not public.
        """
        audit.note(self.archive, self.reader.asker, deed, what, level, words)
        if deed is Deed.OPENED:
            self.room.opened.add(self.reader, what)

    def note_look(self, level: Level, what: str) -> None:
        """Write down that something is opened of which a part is about to be shown, once a session; not the public.

        Raises:
            AuditUnusableError: it cannot be written.
        """
        if level is not Level.PUBLIC and not self.room.opened.has(self.reader, what):
            self.note(level, Deed.OPENED, what)

    def note_search(self, level: Level, what: str, words: str) -> None:
        """Record that something is searched for words, once a session.

        Raises:
            AuditUnusableError: the log cannot be written, and what is searched is not public.
        """
        searched = f"{what}\n{words}"
        if not self.room.opened.has(self.reader, searched):
            self.note(level, Deed.SEARCHED, what, words)
            self.room.opened.add(self.reader, searched)

    def page(self, template: str, status: int = 200, **values: Any) -> Response:  # noqa: ANN401  # what templates show
        """Return a page from a template in the reader's language."""
        shown = {
            **words_of(self.language),
            "languages": LANGUAGES,
            "visit": self.visit,
            "may": self._may,
            "path": self.request.url.path,
            "query_string": self.request.url.query,
            "now": datetime.now(UTC),
            "is_training": self.room.training is not None,
            **values,
        }
        return HTMLResponse(self.room.templates.get_template(template).render(shown), status)


def make_templates() -> Environment:
    """Return the templates; their values are always text, never markup, and change nothing of the text around them."""
    templates = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        finalize=lambda value: harmless(value) if type(value) is not Markup and isinstance(value, str) else value,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["unquote"] = unquote
    templates.globals |= {
        "case_url": case_url,
        "page_url": page_url,
        "hit_url": hit_url,
        "ref": _ref,
        "remembered": remembered,
        "titled": titled,
    }
    return templates


def words_of(language: Language) -> dict[str, Any]:
    """Return what templates translate with."""
    return {
        "_": language.gettext,
        "gettext": language.gettext,
        "ngettext": language.ngettext,
        "say": language.say,
        "language": language,
    }


View = Callable[[Asked], Response]


@contextmanager
def asked(request: Request) -> Iterator[Asked]:
    """Open the archive for one request.

    Raises:
        BannasarError: the archive, the accounts or the glossary cannot be used.
    """
    room: Room = request.app.state.room
    language = language_of(request, room.settings.document.glossary)
    with _opened(room.settings) as archive:
        yield Asked(request, room, archive, room.door.visit(request, archive), language)


def _opened(settings: Settings) -> Archive:
    try:
        return Archive.open(settings)
    except NotFoundError as error:  # its disk went away, for example: no other address helps
        raise ArchiveError(error.sentence, error.next_step) from error


def page_number(request: Request, last: int) -> int | None:
    """Return the number of the page that an address asks for, 1 if it names none, None if it is not from 1 to last."""
    given = request.query_params.get("page", "1")
    is_number = given.isascii() and given.isdigit() and len(given) <= _MOST_DIGITS
    return int(given) if is_number and 1 <= int(given) <= last else None


def case_url(case: str) -> str:
    """Return the address of a case file."""
    return f"/case/{quote(case, safe='')}"


def page_url(case: str, ref: PageRef, **query: str) -> str:
    """Return the permanent address of a page: it stays the same when documents are split or merged."""
    place = f"{case_url(case)}/scan/{ref.scan[:_SCAN_DIGITS]}/page/{ref.number}"
    given = {name: value for name, value in query.items() if value}
    return f"{place}?{urlencode(given)}" if given else place


def _ref(scan: str, number: int) -> PageRef:
    return PageRef(scan=scan, number=number)


def hit_url(hit: Hit, query: str) -> str:
    """Return the address of a hit's page, with the query whose words are marked there."""
    return page_url(hit.case, PageRef(scan=hit.scan, number=hit.page), q=query)


def with_query(path: str, **values: str | int | None) -> str:
    """Return an address with a query string of the values that are not empty."""
    given = {name: value for name, value in values.items() if value not in {None, "", 0}}
    return f"{path}?{urlencode(given)}" if given else path
