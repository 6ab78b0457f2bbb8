"""The values of a query's fields: which are allowed, and the form in which the stores compare them."""

import calendar
import re
from collections.abc import Iterable, Sequence
from typing import Protocol

from rapidfuzz import process

from models.errors import QueryError
from models.message import Message, Value, What, sentences
from pipeline.index.lexer import Lexeme
from pipeline.index.query import Condition, Field, Term, key
from pipeline.text.dates import dates
from pipeline.text.normalise import match_form
from pipeline.text.units import units

# As the reading room names them in each of its languages; a test compares the two.
_FIELD_NAMES = {
    Field.KIND: ("kind", "ប្រភេទ", "type"),
    Field.COURT: ("court", "តុលាការ", "juridiction"),
    Field.CASE: ("case", "សំណុំរឿង", "dossier"),
    Field.BOX: ("box", "ប្រអប់", "boîte"),
    Field.SCRIPT: ("script", "អក្សរ", "écriture"),
    Field.DATE: ("date", "កាលបរិច្ឆេទ", "year", "ឆ្នាំ", "année"),
}
_SCRIPT_NAMES = {"khmer": ("khmer", "អក្សរខ្មែរ", "ខ្មែរ"), "latin": ("latin", "អក្សរឡាតាំង", "ឡាតាំង")}
FIELDS = {match_form(name): field for field, names in _FIELD_NAMES.items() for name in names}
"""The fields by each of their names, in Khmer, French and English, in match form."""

SCRIPTS = {match_form(name): script for script, names in _SCRIPT_NAMES.items() for name in names}
"""The scripts by each of their names, in match form."""

_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_RANGE = re.compile(r"\.{2,}")
_FIRST_DAY, _LAST_DAY = "0001-01-01", "9999-12-31"
# Years of the Buddhist era, which began 543 or 544 years earlier. Many papers have such years.
_BUDDHIST_YEARS = range(2400, 2700)
_BUDDHIST = 543


class Known(Protocol):
    """The names of kinds and courts."""

    def kinds(self, value: str, *, prefix: bool) -> Sequence[str]:
        """Return the kinds that a value names, or those with a name that begins so; none if there are none."""

    def near_kinds(self, value: str) -> Sequence[str]:
        """Return the kinds with the most similar names, the most similar first."""

    def court(self, value: str) -> str:
        """Return the archive's name for a court or a province; "" if it is unknown."""


def conditions(lexeme: Lexeme, source: str, known: Known | None) -> tuple[Condition, ...]:
    """Return the conditions that a field of a query means: one of them must be true.

    Args:
        lexeme: the field.
        source: the query, for the text that is shown.
        known: the names of kinds and courts; without it any value is accepted.

    Raises:
        QueryError: there is no such field, or it has no such value.
    """
    field = _field(lexeme)
    if lexeme.fuzzy:
        raise QueryError(Message("{name}: cannot be searched with similar spellings.", name=field), lexeme.end - 1)
    text = source[lexeme.at + lexeme.negated : lexeme.end]
    if field is Field.DATE:
        return (_dates(lexeme)._replace(text=text),)
    if not any(character.isalnum() for character in match_form(lexeme.text)):
        raise QueryError(Message("{name}: needs a value.", name=field), lexeme.value_at)
    if field in {Field.COURT, Field.CASE}:
        names = [lexeme.text]
        if field is Field.COURT and known and not lexeme.prefix and (also := known.court(lexeme.text)):
            names.append(also)
        return tuple(dict.fromkeys(_name(field, name, lexeme, text) for name in names))
    if field is Field.KIND and known:
        return _kinds(lexeme, text, known)
    form = key(lexeme.text)
    if field is Field.SCRIPT:
        form = SCRIPTS.get(match_form(lexeme.text), "")
        if not form:
            raise QueryError(Message("The scripts are {listed}.", listed=_words(_SCRIPT_NAMES)), lexeme.value_at)
    return (Condition(field, form, lexeme.prefix, text=text),)


def _field(lexeme: Lexeme) -> Field:
    form = match_form(lexeme.field)
    if form in FIELDS:
        return FIELDS[form]
    near = process.extractOne(form, list(FIELDS), score_cutoff=70)
    said = sentences(
        Message("There is no field {name}:.", name=lexeme.field),
        Message("Did you mean {near}:?", near=near[0]) if near else "",
        Message("The fields are {names}.", names=tuple(Value(name, What.FIELD) for name in Field)),
        Message("To search for the word itself, quote it."),
    )
    raise QueryError(said, lexeme.at + lexeme.negated)


def _words(words: Iterable[str]) -> tuple[Value, ...]:
    return tuple(Value(word, What.WORD) for word in words)


def _name(field: Field, name: str, lexeme: Lexeme, text: str) -> Condition:
    found = tuple(units(" ".join(name.split())))
    tokens, prefix = Term(name, found, prefix=lexeme.prefix).phrase
    return Condition(field, " ".join(tokens), prefix, text=text)


def _kinds(lexeme: Lexeme, text: str, known: Known) -> tuple[Condition, ...]:
    named = known.kinds(lexeme.text, prefix=lexeme.prefix)
    if named:
        return tuple(Condition(Field.KIND, key(kind), text=text) for kind in named)
    near = known.near_kinds(lexeme.text)
    kinds = [Value(kind, What.KIND) for kind in near]
    said = sentences(
        Message("There is no kind that begins with {text}.", text=lexeme.text)
        if lexeme.prefix
        else Message("There is no kind {text}.", text=lexeme.text),
        Message("Did you mean {kind}?", kind=kinds[0]) if len(kinds) == 1 else "",
        Message("Did you mean {first} or {last}?", first=tuple(kinds[:-1]), last=kinds[-1]) if len(kinds) > 1 else "",
    )
    raise QueryError(said, lexeme.value_at, "`bannasar kinds` lists them all, in three languages.")


def _dates(lexeme: Lexeme) -> Condition:
    """Return the condition of a date or of two with ``..`` between them, each a year, a month or a day."""
    first, *rest = (part.strip() for part in _RANGE.split(match_form(lexeme.text)))
    last = rest[-1] if rest else first
    if lexeme.prefix or len(rest) > 1 or not (first or last):
        raise _no_date(lexeme)
    begin = _days(first, lexeme)[0] if first else _FIRST_DAY
    until = _days(last, lexeme)[1] if last else _LAST_DAY
    if begin > until:
        raise QueryError(
            Message(
                "The range runs backwards: {last} is before {first}. The right order is date:{last}..{first}.",
                first=first,
                last=last,
            ),
            lexeme.value_at,
        )
    return Condition(Field.DATE, begin, until=until)


def _days(text: str, lexeme: Lexeme) -> tuple[str, str]:
    """Return the first and the last day of a date as people write it, in figures or in words."""
    found = dates(text)
    if found and found[0].value and not found[0].doubt and not _around(text, found[0].start, found[0].end):
        text = found[0].value
    try:
        days = whole_days(text)
    except ValueError:
        reason = Message("There is no day {text}.", text=text) if re.search(r"\d\W\d", text) else ""
        raise _no_date(lexeme, reason) from None
    year = int(text[:4])
    if year in _BUDDHIST_YEARS:
        began = Message(
            "{year} is a year of the Buddhist era. It began in {first}: write date:{first}..{last}.",
            year=str(year),
            first=str(year - _BUDDHIST - 1),
            last=str(year - _BUDDHIST),
        )
        raise QueryError(began, lexeme.value_at)
    return days


def _around(text: str, start: int, end: int) -> str:
    """Return the text around a part of a text, without punctuation and spaces."""
    return "".join(filter(str.isalnum, text[:start] + text[end:]))


def _no_date(lexeme: Lexeme, reason: str = "") -> QueryError:
    how = Message("A date is written date:1963, date:1963-05, date:1963-05-12 or date:1960..1965.")
    return QueryError(sentences(reason, how), lexeme.value_at)


def whole_days(date: str) -> tuple[str, str]:
    """Return the first and the last day of a year, a month or a day, as ``YYYY-MM-DD``.

    Raises:
        ValueError: it is none of these.
    """
    found = _DAY.fullmatch(date)
    if not found:
        raise ValueError(date)
    year, month, day = (int(part) if part else None for part in found.groups())
    if not year or (month is not None and not 1 <= month <= 12):
        raise ValueError(date)
    from_month, to_month = month or 1, month or 12
    length = calendar.monthrange(year, to_month)[1]
    if day is not None and not 1 <= day <= length:
        raise ValueError(date)
    return f"{year:04}-{from_month:02}-{day or 1:02}", f"{year:04}-{to_month:02}-{day or length:02}"
