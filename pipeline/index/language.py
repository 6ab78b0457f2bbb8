"""The query language: text in, a :class:`Query` out, or a sentence that names the place of the error."""

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from models.errors import QueryError
from models.message import Message
from pipeline.index.lexer import Lexeme, Symbol, lexemes
from pipeline.index.query import Condition, Field, Query, Term
from pipeline.index.values import FIELDS, Known, conditions
from pipeline.text.normalise import match_form
from pipeline.text.units import units

# The SQLite store has a bit for each of them.
_MOST_GROUPS = 60
_DEEPEST = 20
_END_OF_RANGE = re.compile(r"\.{2,}(\d[\d-]*)?")
_YEAR = re.compile(r"\d{4}(-\d{1,2}){0,2}")


class _Clause(NamedTuple):
    """Asks for one of ``terms`` or one of ``conditions``, or excludes them; ``must``: AND joins it with another."""

    at: int
    terms: tuple[Term, ...] = ()
    conditions: tuple[Condition, ...] = ()
    negated: bool = False
    must: bool = False


def parse(text: str, known: Known | None = None) -> Query:
    """Parse a query.

    Args:
        text: words, ``"phrases"``, ``-not``, ``NOT``, ``OR``, ``AND``, parentheses, ``field:value``,
            ``date:1960..1965``, ``near~``, ``begin*``.
        known: the names of kinds and courts.

    Raises:
        QueryError: it cannot be understood, or asks for nothing.
    """
    # Half of a pair of surrogates, as from a shell in another encoding, is no text; stores would fail on it.
    clauses = _Parser(text.encode("utf-8", "replace").decode(), known).clauses()
    groups = [clause for clause in clauses if clause.terms and not clause.negated]
    barred = [clause for clause in clauses if clause.negated]
    if len(groups) > _MOST_GROUPS:
        raise QueryError(
            Message("A query can have {n} words at most. A passage in quotes counts as one.", n=_MOST_GROUPS),
            groups[_MOST_GROUPS].at,
        )
    narrowing = tuple(clause.conditions for clause in clauses if clause.conditions and not clause.negated)
    if not groups and not narrowing:
        raise QueryError(
            Message("The query only says what must not be on a page.")
            if clauses
            else Message("The query has no letter or digit to search for."),
            0,
        )
    return Query(
        groups=tuple(clause.terms for clause in groups),
        conditions=narrowing,
        without=tuple(itertools.chain.from_iterable(clause.terms for clause in barred)),
        barred=tuple(itertools.chain.from_iterable(clause.conditions for clause in barred)),
        adjacencies=tuple(_adjacencies(clauses)),
        must=tuple(number for number, clause in enumerate(groups) if clause.must),
    )


class _Parser:
    """Reads lexemes from left to right: OR binds closer than adjacency, parentheses closest."""

    def __init__(self, text: str, known: Known | None) -> None:
        self._text = text
        self._known = known
        self._lexemes = list(lexemes(text, FIELDS))
        self._place = 0
        self._depth = 0

    def clauses(self) -> list[_Clause]:
        """Return all clauses; a closing parenthesis without an opening one is ignored."""
        found = self._side_by_side()
        while self._take(Symbol.CLOSE):
            found += self._side_by_side()
        return found

    def _side_by_side(self) -> list[_Clause]:
        """Read adjacent operands, with or without AND, to the end or to a closing parenthesis."""
        found: list[_Clause] = []
        before = 0  # where the clauses before an AND begin
        while (lexeme := self._next()) and lexeme.symbol is not Symbol.CLOSE:
            joint = self._take(Symbol.AND)
            new = self._either()
            if joint:
                if not found or not new:
                    raise QueryError(Message("AND must be between two words, phrases or fields."), joint.at)
                found[before:] = _all_must(found[before:])
                new = _all_must(new)
            before = len(found) if new else before
            found += new
        return found

    def _either(self) -> list[_Clause]:
        """Read one operand, or several with OR between them."""
        if (lexeme := self._next()) and lexeme.symbol in {Symbol.AND, Symbol.CLOSE}:
            return []
        found = [] if lexeme and lexeme.symbol is Symbol.OR else self._operand()
        while joint := self._take(Symbol.OR):
            other = self._operand()
            if not (_is_single(found) and _is_single(other) and bool(found[0].terms) == bool(other[0].terms)):
                raise QueryError(Message("OR must be between two words, or between two fields."), joint.at)
            (one,), (two,) = found, other
            found = [one._replace(terms=one.terms + two.terms, conditions=one.conditions + two.conditions)]
        return found

    def _operand(self) -> list[_Clause]:
        """Read a word, a phrase, a field, or parentheses; [] if there is nothing to search."""
        barred = self._take(Symbol.NOT)
        lexeme = self._next()
        if lexeme is None or lexeme.symbol not in {None, Symbol.OPEN}:
            if barred:
                raise _not_before(barred)
            return []
        self._place += 1
        found = self._group(lexeme) if lexeme.symbol else self._clause(lexeme)
        if barred and (lexeme.negated or not found):
            raise _not_before(barred)
        if not (barred or lexeme.negated):
            return found
        if found and not _is_single(found):
            raise QueryError(
                Message(
                    "Before parentheses, NOT and - exclude each of several words joined by OR. Put them before each "
                    "word instead: -this -that."
                ),
                (barred or lexeme).at,
            )
        return [clause._replace(negated=True, at=(barred or lexeme).at) for clause in found]

    def _group(self, opening: Lexeme) -> list[_Clause]:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise QueryError(Message("Parentheses can be nested {n} deep at most.", n=_DEEPEST), opening.at)
        found = self._side_by_side()
        self._take(Symbol.CLOSE)
        self._depth -= 1
        return found

    def _clause(self, lexeme: Lexeme) -> list[_Clause]:
        if lexeme.field:
            asked = conditions(lexeme, self._text, self._known)
            if asked[0].field is Field.DATE:
                self._check_range(lexeme)
            return [_Clause(lexeme.at, conditions=asked)]
        # A phrase that was copied from a page or a table has line ends and tabs; here they separate nothing.
        found = tuple(units(re.sub(r"\s", " ", lexeme.text)))
        if found:
            return [_Clause(lexeme.at, terms=(Term(lexeme.text, found, lexeme.quoted, lexeme.fuzzy, lexeme.prefix),))]
        if lexeme.fuzzy or lexeme.prefix:
            raise QueryError(Message("~ and * must follow a word."), lexeme.at)
        return []

    def _check_range(self, date: Lexeme) -> None:
        """Refuse a range with spaces in it: its rest would be searched as words."""
        behind = self._next()
        if behind is None or behind.quoted or behind.field:
            return
        form = match_form(behind.text)
        if _END_OF_RANGE.fullmatch(form) or (date.text.endswith(("..", "…")) and _YEAR.fullmatch(form)):
            raise QueryError(
                Message(
                    "A range is written without spaces: date:1960..1965. To search for the number itself, quote it."
                ),
                behind.at,
            )

    def _next(self) -> Lexeme | None:
        return self._lexemes[self._place] if self._place < len(self._lexemes) else None

    def _take(self, symbol: Symbol) -> Lexeme | None:
        """Return the next lexeme and go on, if it is that symbol."""
        lexeme = self._next()
        if lexeme is None or lexeme.symbol is not symbol:
            return None
        self._place += 1
        return lexeme


def _not_before(symbol: Lexeme) -> QueryError:
    return QueryError(Message("NOT must be before a word, a phrase or a field."), symbol.at)


def _is_single(clauses: list[_Clause]) -> bool:
    return len(clauses) == 1 and not clauses[0].negated


def _all_must(clauses: Iterable[_Clause]) -> list[_Clause]:
    return [clause._replace(must=True) for clause in clauses]


def _adjacencies(clauses: list[_Clause]) -> Iterator[Term]:
    for one, other in itertools.pairwise(clauses):
        if one.negated or other.negated or not (one.terms and other.terms) or len(other.terms) > 1:
            continue
        left, right = one.terms[-1], other.terms[0]
        if not (left.exact or left.prefix or right.exact):
            both = units(f"{left.text} {right.text}")
            adjacency = tuple(both[len(left.units) - 1 : len(left.units) + 1])
            yield Term(f"{adjacency[0].text} {adjacency[1].text}", adjacency)
