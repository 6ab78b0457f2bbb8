"""The query language: text in, a :class:`Query` out, or a sentence that names the place of the fault."""

import calendar
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipeline.index.query import Condition, Field, Query, Term, key
from pipeline.text.normalise import match_form
from pipeline.text.units import units

SCRIPTS = ("khmer", "latin")
_QUOTES = {'"': '"', "“": "”", "«": "»"}
_FIELD = re.compile(r"([A-Za-z]+):(?=\S)")
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
# The file store keeps a bit for each of them on a page.
_MOST_GROUPS = 60
_FIRST_DAY, _LAST_DAY = "0001-01-01", "9999-12-31"


class QueryError(ValueError):
    """A query that cannot be read; ``position`` is the place of the fault in it, from 0."""

    def __init__(self, sentence: str, position: int) -> None:
        """Say what is wrong, and where."""
        super().__init__(sentence)
        self.position = position


class _Piece(NamedTuple):
    """A word, a phrase or a field of the text: where it begins, and the signs that stand around it."""

    text: str
    at: int
    field: str = ""
    quoted: bool = False
    negated: bool = False
    near: bool = False
    prefix: bool = False


class _Operand(NamedTuple):
    """What a piece means, and whether an OR joins it to the one before."""

    meaning: Term | Condition
    negated: bool
    joined: bool
    at: int


def parse(text: str) -> Query:
    """Parse a query.

    Args:
        text: words, ``"phrases"``, ``-not``, ``OR``, ``field:value``, ``date:1960..1965``, ``near~``, ``begin*``.

    Raises:
        QueryError: it cannot be read, or asks for nothing.
    """
    operands = list(_operands(list(_pieces(text))))
    groups: list[list[Term]] = []
    conditions: list[list[Condition]] = []
    without: list[Term] = []
    barred: list[Condition] = []
    for operand in operands:
        meaning = operand.meaning
        if operand.negated:
            without += [meaning] if isinstance(meaning, Term) else []
            barred += [meaning] if isinstance(meaning, Condition) else []
        elif isinstance(meaning, Term):
            groups = [*groups[:-1], [*groups[-1], meaning]] if operand.joined else [*groups, [meaning]]
            if len(groups) > _MOST_GROUPS:
                raise QueryError(
                    f"A query asks for {_MOST_GROUPS} words at most. Of a passage in quotes they are one.", operand.at
                )
        else:
            conditions = [*conditions[:-1], [*conditions[-1], meaning]] if operand.joined else [*conditions, [meaning]]
    if not groups and not conditions:
        raise QueryError(
            "The query says only what must not be there."
            if operands
            else "The query holds no letter and no digit to search for.",
            0,
        )
    return Query(
        tuple(map(tuple, groups)), tuple(map(tuple, conditions)), tuple(without), tuple(barred), tuple(_seams(operands))
    )


def _pieces(text: str) -> Iterator[_Piece]:
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        begin = at
        negated = text[at] == "-" and at + 1 < len(text) and not text[at + 1].isspace()
        at += negated
        name = _FIELD.match(text, at)
        at = name.end() if name else at
        quoted = text[at] in _QUOTES
        if quoted:
            end = text.find(_QUOTES[text[at]], at + 1)
            if end < 0:
                raise QueryError(f"The quote that begins at character {at + 1} is not closed.", at)
            inner, at = text[at + 1 : end], end + 1
        else:
            end = next((place for place in range(at, len(text)) if _ends_word(text[place])), len(text))
            inner, at = text[at:end].rstrip("~*"), end
            at = begin + len(text[begin:end].rstrip("~*"))
        signs = re.compile(r"[~*]*").match(text, at)
        at = signs.end() if signs else at
        signs_found = signs[0] if signs else ""
        if len(signs_found) > 1:
            raise QueryError("One sign, ~ or *, may stand at a word's end.", at - len(signs_found))
        if "*" in inner and not quoted:
            raise QueryError(
                "* stands for what follows: it may stand at a word's end only.", begin + text[begin:].index("*")
            )
        yield _Piece(inner, begin, name[1] if name else "", quoted, negated, signs_found == "~", signs_found == "*")


def _ends_word(character: str) -> bool:
    return character.isspace() or character in _QUOTES


def _operands(pieces: Sequence[_Piece]) -> Iterator[_Operand]:
    before: _Operand | None = None
    joint: _Piece | None = None
    for piece in pieces:
        if piece.text == "OR" and not (piece.field or piece.quoted or piece.negated):
            if before is None or joint or before.negated:
                raise QueryError("OR stands between two words, or between two fields.", piece.at)
            joint = piece
            continue
        meaning = _condition(piece) if piece.field else _term(piece)
        if meaning is None:
            if piece.near or piece.prefix:
                raise QueryError("Before ~ and * stands a word.", piece.at)
            continue
        if joint and (piece.negated or before is None or type(before.meaning) is not type(meaning)):
            raise QueryError("OR stands between two words, or between two fields.", joint.at)
        before = _Operand(meaning, piece.negated, joint is not None, piece.at)
        joint = None
        yield before
    if joint:
        raise QueryError("OR stands between two words, or between two fields.", joint.at)


def _term(piece: _Piece) -> Term | None:
    # A phrase that was copied from a page or a table holds line ends and tabs; they part nothing here.
    found = tuple(units(re.sub(r"\s", " ", piece.text)))
    return Term(piece.text, found, piece.quoted, piece.near, piece.prefix) if found else None


def _seams(operands: Sequence[_Operand]) -> Iterator[Term]:
    for one, other in itertools.pairwise(operands):
        left, right = one.meaning, other.meaning
        if not (isinstance(left, Term) and isinstance(right, Term)) or one.negated or other.negated or other.joined:
            continue
        if not (left.exact or left.prefix or right.exact):
            both = units(f"{left.text} {right.text}")
            seam = tuple(both[len(left.units) - 1 : len(left.units) + 1])
            yield Term(f"{seam[0].text} {seam[1].text}", seam)


def _condition(piece: _Piece) -> Condition:
    try:
        field = Field(piece.field.lower())
    except ValueError:
        names = ", ".join(f"{name}:" for name in Field)
        raise QueryError(
            f"There is no field {piece.field}:. The fields are {names}. To search for the word itself, quote it.",
            piece.at,
        ) from None
    if piece.near:
        raise QueryError(f"{field}: knows no near spelling.", piece.at)
    if field is Field.DATE:
        return _dates(piece)
    if field in {Field.COURT, Field.CASE}:
        name = _term(piece)
        tokens, prefix = name.phrase if name else ([], False)
        form = " ".join(tokens)
    else:
        form, prefix = key(piece.text), piece.prefix
    if not form:
        raise QueryError(f"{field}: wants a value.", piece.at)
    if field is Field.SCRIPT and form not in SCRIPTS:
        raise QueryError(f"The scripts are {' and '.join(SCRIPTS)}.", piece.at)
    return Condition(field, form, prefix)


def _dates(piece: _Piece) -> Condition:
    """Return the condition of a date or of two with ``..`` between them, each a year, a month or a day."""
    first, between, last = match_form(piece.text).partition("..")
    if not between:
        last = first
    if piece.prefix or not (first or last):
        raise _no_date(piece)
    return Condition(
        Field.DATE,
        _day(first, piece, end=False) if first else _FIRST_DAY,
        until=_day(last, piece, end=True) if last else _LAST_DAY,
    )


def _day(text: str, piece: _Piece, *, end: bool) -> str:
    try:
        return whole_days(text)[end]
    except ValueError:
        raise _no_date(piece) from None


def _no_date(piece: _Piece) -> QueryError:
    return QueryError("A date is written date:1963, date:1963-05, date:1963-05-12 or date:1960..1965.", piece.at)


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
