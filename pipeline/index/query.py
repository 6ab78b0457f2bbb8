"""A query as every store is asked it: terms, fields, and what must not be there. ``language`` reads it from text."""

import itertools
from enum import StrEnum
from typing import NamedTuple

from pipeline.text.normalise import match_form
from pipeline.text.units import BREAK, Unit, sequence, units


class Field(StrEnum):
    """What can be asked for besides words."""

    KIND = "kind"
    COURT = "court"
    CASE = "case"
    BOX = "box"
    SCRIPT = "script"
    DATE = "date"


class Term(NamedTuple):
    """A word or a phrase of a query.

    ``units`` are what it is searched by, in order; ``exact`` is set where it was quoted: they must stand in a row.
    ``fuzzy`` asks for near spellings, of a quoted one too, ``prefix`` for all that begins with it.
    """

    text: str
    units: tuple[Unit, ...]
    exact: bool = False
    fuzzy: bool = False
    prefix: bool = False

    @property
    def phrase(self) -> tuple[list[str], bool]:
        """Its tokens in a row, and whether the last is only the beginning of one.

        The last cluster of a term need not be the last of a run on the page: its pair is unknown.
        """
        tokens = sequence(self.units)
        if self.units[-1].run < 0:
            return tokens, self.prefix
        if len(self.units) > 1 and self.units[-2].run == self.units[-1].run:
            return tokens[:-1], self.prefix
        if self.prefix:
            return [*tokens[:-1], self.units[-1].text], True
        return tokens, True

    @property
    def may_differ(self) -> bool:
        """Whether a misread form of it is an answer too."""
        return not self.exact or self.fuzzy


class Condition(NamedTuple):
    """What a page's document, box or script must be; ``text`` is how it was typed.

    ``value`` is a :func:`key`, or tokens as :func:`name_tokens` has them for courts and cases. A date lies between the
    days ``value`` and ``until``.
    """

    field: Field
    value: str
    prefix: bool = False
    until: str = ""
    text: str = ""


class Query(NamedTuple):
    """A query, parsed.

    Of each of ``groups`` one term is wanted; of each of ``conditions`` one must hold; nothing of ``without`` and
    ``barred`` may. For two words outside quotes that follow one another, ``adjacencies`` hold the last unit of one and
    the first of the other. A page on which they stand so is a better answer: Khmer may be typed with spaces that no
    page has. ``must`` has the numbers of the groups without which, in one form or another, no page is an answer.
    """

    groups: tuple[tuple[Term, ...], ...] = ()
    conditions: tuple[tuple[Condition, ...], ...] = ()
    without: tuple[Term, ...] = ()
    barred: tuple[Condition, ...] = ()
    adjacencies: tuple[Term, ...] = ()
    must: tuple[int, ...] = ()

    @property
    def terms(self) -> tuple[Term, ...]:
        """Every term that is an answer."""
        return tuple(itertools.chain.from_iterable(self.groups))


def key(value: str) -> str:
    """Return the form in which kinds, boxes and scripts are compared: as words are, with ``_`` for all white space."""
    return "_".join(match_form(value).split())


def name_tokens(*names: str) -> str:
    """Return the tokens of names, for fields that are found by a part of them; a break between two names."""
    return f" {BREAK} ".join(" ".join(sequence(units(name))) for name in names if name)
