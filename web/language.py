"""The reader's language: the words of the reading room, numbers and dates in its script, names of the glossary."""

import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel import Locale
from babel.core import negotiate_locale
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from starlette.requests import Request

from config.settings import TRANSLATIONS
from models.glossary import Glossary
from models.message import Message, Part, Value, What
from pipeline.services.kinds import glossary

LANGUAGES = {"km": "ខ្មែរ", "fr": "Français", "en": "English"}
"""The languages of the reading room: each code with the language's own name."""

COOKIE = "bannasar-language"
_KHMER_DIGITS = str.maketrans("0123456789", "០១២៣៤៥៦៧៨៩")
_FRENCH_SPACE = re.compile(r" (?=[:;?!»])|(?<=«) ")
_MOST_ASKED = 20  # languages of a browser
_MONTH, _DAY = 7, 10  # the length in characters of a date with month, and with day


@dataclass(frozen=True, slots=True)
class Language:
    """One language; ``_`` and ``ngettext`` translate."""

    code: str
    locale: Locale
    _catalogue: NullTranslations
    _glossary: Glossary

    @property
    def gettext(self) -> Callable[[str], str]:
        """Translates a sentence."""
        return self._catalogue.gettext

    @property
    def ngettext(self) -> Callable[[str, str, int], str]:
        """Translates a sentence with a number in it."""
        return self._catalogue.ngettext

    def say(self, text: str) -> str:
        """Return a sentence from the records or an error, translated with what stands in its places."""
        if not isinstance(text, Message):
            return self.gettext(text) if text else ""
        values = {name: self._said(value) for name, value in text.values.items()}
        number = text.values.get("n")
        if text.many and isinstance(number, int):
            return self.ngettext(text.template, text.many, number).format(**values)
        return self.gettext(text.template).format(**values)

    def _said(self, value: Part) -> str:
        if isinstance(value, tuple):
            said = [self._said(one) for one in value]
            return ("; " if any("," in one for one in said) else ", ").join(said)
        if isinstance(value, int):
            return self.number(value)
        if isinstance(value, Message):
            return self.say(value)
        if isinstance(value, Value):
            say = {
                What.KIND: self.kind,
                What.COURT: self.court,
                What.DATE: self.day,
                What.WORD: self.gettext,
                What.FIELD: self.field,
            }
            return say[value.what](str(value))
        return value

    def field(self, name: str) -> str:
        """Return the name of a field of a query as people type it, with its colon."""
        return f"{self.gettext(name)}:"

    def columns(self, names: Iterable[str]) -> list[str]:
        """Return the heads of a table's columns."""
        return [self.gettext(name).replace("_", " ").capitalize() for name in names]

    def number(self, value: float) -> str:
        """Return a number with the digits and the separators of the language."""
        return self.digits(format_decimal(value, locale=self.locale))

    def percent(self, share: float) -> str:
        """Return a share as a whole percentage; only a full share is 100 %, and only no share at all is 0 %."""
        return self.digits(format_percent(max(int(round(100 * share, 6)), share > 0) / 100, locale=self.locale))

    def day(self, value: str) -> str:
        """Return a date of the archive, ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``, as the language writes it."""
        if len(value) == _DAY:
            return self.digits(format_date(date.fromisoformat(value), "long", locale=self.locale))
        if len(value) == _MONTH:
            return self.digits(format_date(date.fromisoformat(f"{value}-01"), "MMMM y", locale=self.locale))
        return self.digits(value)

    def moment(self, value: datetime) -> str:
        """Return a day and a time, in the time zone of this machine."""
        local = value.astimezone()
        return self.digits(f"{format_date(local, 'long', locale=self.locale)} {local:%H:%M}")

    def stamp(self, value: str) -> str:
        """Return a time in ISO 8601 as :meth:`moment` does; "" if it is none."""
        try:
            return self.moment(datetime.fromisoformat(value))
        except (ValueError, OverflowError, OSError):
            return ""

    def kind(self, kind: str) -> str:
        """Return the glossary's name of a kind of document in this language."""
        named = self._glossary.kinds.get(kind)
        names = getattr(named, self.code, ()) if named else ()
        if names:
            return str(names[0])
        return self.gettext("kind not known").capitalize() if kind == "unknown" else kind

    def court(self, court: str) -> str:
        """Return the glossary's name of a court, which the archive stores by its first Khmer name."""
        if self.code == "km":
            return court
        for one in self._glossary.courts.values():
            if one.km and court.startswith(one.km[0]) and (names := getattr(one, self.code, ())):
                province = self._province(court.removeprefix(one.km[0]))
                return f"{names[0]}, {province}" if province else str(names[0])
        return court

    def _province(self, named: str) -> str:
        for name, spellings in self._glossary.provinces.items():
            if named.endswith(name) and spellings:
                return spellings[0].title()
        return named

    def value(self, field: str, value: str) -> str:
        """Return the value of a field of a query or of a fact."""
        say = {"kind": self.kind, "court": self.court, "year": self.day, "date": self.day, "script": self._script}
        return say.get(field, str)(value)

    def _script(self, script: str) -> str:
        return self.gettext(script).capitalize()

    def digits(self, text: str) -> str:
        """Return a text, such as the number of a case, with the digits of the language."""
        return text.translate(_KHMER_DIGITS) if self.code == "km" else text


def language_of(request: Request, folder: str) -> Language:
    """Return the language of a request, with the glossary in a folder.

    Raises:
        GlossaryError: the glossary cannot be read.
    """
    return language(code_of(request), folder)


def code_of(request: Request) -> str:
    """Return the code of a request's language: the chosen one, otherwise the browser's, otherwise English."""
    asked = request.headers.get("accept-language", "").split(",")[:_MOST_ASKED]
    wanted = [request.cookies.get(COOKIE, ""), *(one.partition(";")[0].strip().replace("-", "_") for one in asked)]
    code = negotiate_locale([one for one in wanted if one], list(LANGUAGES)) or "en"
    return code.partition("_")[0].lower()


@lru_cache(maxsize=8)
def language(code: str, folder: str) -> Language:
    """Return a language by its code, with the glossary in a folder; raises as :func:`language_of`."""
    return Language(code, Locale(code), catalogue(code), glossary(Path(folder)))


@lru_cache(maxsize=8)
def catalogue(code: str) -> NullTranslations:
    """Return the translations into a language."""
    if code == "en":
        return NullTranslations()
    with (TRANSLATIONS / f"{code}.po").open("rb") as stream:
        written = read_po(stream, locale=code)
    if code == "fr":
        for entry in written:
            if isinstance(entry.string, str):
                entry.string = _kept_together(entry.string)
            elif entry.string:
                entry.string = tuple(map(_kept_together, entry.string))
    compiled = io.BytesIO()
    write_mo(compiled, written)
    compiled.seek(0)
    return GNUTranslations(compiled)


def _kept_together(text: str) -> str:
    """Return French text in which no line begins with one of its signs, or ends with an opening quote."""
    return _FRENCH_SPACE.sub("\u00a0", text)
