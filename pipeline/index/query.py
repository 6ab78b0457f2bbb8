"""Queries: words and "exact phrases", parsed once for every store."""

import itertools
import re
from typing import NamedTuple

from pipeline.text.units import Unit, sequence, triples, units

_QUOTES = {'"': '"', "“": "”", "«": "»"}


class QueryError(ValueError):
    """A query that cannot be read; ``position`` is the place of the fault in it, from 0."""

    def __init__(self, sentence: str, position: int) -> None:
        """Say what is wrong, and where."""
        super().__init__(sentence)
        self.position = position


class Term(NamedTuple):
    """A word or a phrase of a query.

    ``units`` are what it is searched by, in order; ``exact`` is set where they must stand in a row.
    """

    text: str
    units: tuple[Unit, ...]
    exact: bool

    @property
    def phrase(self) -> tuple[list[str], bool]:
        """Its tokens in a row, and whether the last is only the beginning of one.

        The last cluster of a term need not be the last of a run on the page: its pair is unknown.
        """
        tokens = sequence(self.units)
        if self.units[-1].run < 0:
            return tokens, False
        if len(self.units) > 1 and self.units[-2].run == self.units[-1].run:
            return tokens[:-1], False
        return tokens, True

    @property
    def pairs(self) -> list[str]:
        """Its tokens, each by itself, without the last cluster's."""
        tokens, _ = self.phrase
        return list(dict.fromkeys(tokens))

    @property
    def triples(self) -> list[str]:
        """Its tokens of three clusters."""
        return list(dict.fromkeys(triples(self.units)))


class Query(NamedTuple):
    """A query, parsed.

    ``seams`` are, where two words outside quotes follow one another, the last unit of one and the first of the other:
    a page on which they stand so is a better answer, for Khmer may be typed with spaces that no page has.
    """

    terms: tuple[Term, ...]
    seams: tuple[Term, ...]


def parse(text: str) -> Query:
    """Parse a query.

    Args:
        text: words, and phrases in double quotes.

    Raises:
        QueryError: a quote is not closed, or there is nothing to search for.
    """
    terms = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
        elif text[at] in _QUOTES:
            end = text.find(_QUOTES[text[at]], at + 1)
            if end < 0:
                raise QueryError(f"The quote that begins at character {at + 1} is not closed.", at)
            terms += _term(text[at + 1 : end], exact=True)
            at = end + 1
        else:
            end = next(
                (place for place in range(at, len(text)) if text[place].isspace() or text[place] in _QUOTES), len(text)
            )
            terms += _term(text[at:end], exact=False)
            at = end
    if not terms:
        raise QueryError("The query holds no letter and no digit to search for.", 0)
    return Query(tuple(terms), tuple(_seams(terms)))


def _term(text: str, *, exact: bool) -> list[Term]:
    # A phrase that was copied from a page or a table holds line ends and tabs; they part nothing here.
    found = tuple(units(re.sub(r"\s", " ", text)))
    return [Term(text, found, exact)] if found else []


def _seams(terms: list[Term]) -> list[Term]:
    found = []
    for one, other in itertools.pairwise(terms):
        if not one.exact and not other.exact:
            both = units(f"{one.text} {other.text}")
            seam = tuple(both[len(one.units) - 1 : len(one.units) + 1])
            found.append(Term(f"{seam[0].text} {seam[1].text}", seam, exact=False))
    return found
