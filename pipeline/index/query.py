"""A query as every store gets it: terms, fields, and what to exclude. ``language`` parses it from text."""

import itertools
from enum import StrEnum
from typing import NamedTuple

from pipeline.text.normalise import match_form
from pipeline.text.units import BREAK, Unit, sequence, units

# A query of more words takes long in a large archive: each is searched in several forms, and many pages have some.
_FEW = 8


class Field(StrEnum):
    """What a query can ask for besides words."""

    KIND = "kind"
    COURT = "court"
    CASE = "case"
    BOX = "box"
    SCRIPT = "script"
    DATE = "date"


class Term(NamedTuple):
    """A word or a phrase of a query.

    ``units`` are what is searched, in order. ``exact`` is set if it was quoted: the units must follow one another.
    ``fuzzy`` asks for similar spellings, also of a quoted term; ``prefix`` for everything that begins with it.
    """

    text: str
    units: tuple[Unit, ...]
    exact: bool = False
    fuzzy: bool = False
    prefix: bool = False

    @property
    def phrase(self) -> tuple[list[str], bool]:
        """Its tokens in order, and whether the last one is only the beginning of a token.

        The last cluster of a term may be followed by others on the page, so its pair is unknown.
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
        """Whether a misread form of it also counts as found."""
        return not self.exact or self.fuzzy


class Condition(NamedTuple):
    """What a page's document, box or script must be; ``text`` is what the user typed.

    ``value`` is a :func:`key`; for courts and cases it is tokens as in :func:`name_tokens`. A date must be between the
    days ``value`` and ``until``.
    """

    field: Field
    value: str
    prefix: bool = False
    until: str = ""
    text: str = ""


class Query(NamedTuple):
    """A query, parsed.

    Each of ``groups`` asks for one of its terms; of each of ``conditions`` one must be true. ``without`` and ``barred``
    must not match. For two words outside quotes that follow one another, ``adjacencies`` has the last unit of the first
    and the first unit of the second. A page on which these follow one another is a better answer: users may type Khmer
    with spaces that no page has. ``must`` has the numbers of the groups that a page must contain, in any form.
    """

    groups: tuple[tuple[Term, ...], ...] = ()
    conditions: tuple[tuple[Condition, ...], ...] = ()
    without: tuple[Term, ...] = ()
    barred: tuple[Condition, ...] = ()
    adjacencies: tuple[Term, ...] = ()
    must: tuple[int, ...] = ()

    @property
    def terms(self) -> tuple[Term, ...]:
        """All terms of all groups."""
        return tuple(itertools.chain.from_iterable(self.groups))

    @property
    def is_wide(self) -> bool:
        """Whether it asks for so many words that it takes long in a large archive."""
        return len(self.terms) > _FEW


def key(value: str) -> str:
    """Return the form in which kinds, boxes and scripts are compared: as for words, with ``_`` for white space."""
    return "_".join(match_form(value).split())


def name_tokens(*names: str) -> str:
    """Return the tokens of names, for fields that are found by a part of a name; a break is between two names."""
    return f" {BREAK} ".join(" ".join(sequence(units(name))) for name in names if name)
