"""A page as the classifier sees it: its lines in match form, and the titles they are similar to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from rapidfuzz import fuzz, process

from models.page import Line, Page
from pipeline.document.glossary import Names, letters
from pipeline.text.normalise import match_form
from pipeline.text.units import Unit, units

# A title is in the upper part of a document's first page, alone on its line: before its subject, or its number.
_UPPER = 0.6
_LONGEST = 60
_ENDS = re.compile(rf"\d|{match_form('លេខ')}|{match_form('ស្តីពី')}|\bno\b|\bn°|[:៖]")
_SHORTEST = 4
# A similarity below this says nothing, in hundredths.
_LEAST_LIKE = 70
# One letter more outweighs so many hundredths of similarity.
_LONGER = 0.4
_ONE_WORD = 6
_NEAREST = 5
_PAGE_NUMBER = re.compile(
    rf"[-–—.\s]*(?:page|p\.|{match_form('ទំព័រ')}(?:{match_form('ទី')})?)?\s*(\d{{1,3}})"
    rf"\s*(?:(?:/|of|sur|{match_form('នៃ')})\s*\d{{1,3}})?[-–—.\s]*"
)


@dataclass(frozen=True)
class Seen:
    """A line, and its text in match form."""

    line: Line
    text: str

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """The units of the text. For a page in the middle of a document only those of a few lines are needed."""
        return tuple(units(self.text))


@dataclass(frozen=True)
class Sketch:
    """A page and its lines that have words."""

    page: Page
    names: Names

    @cached_property
    def lines(self) -> tuple[Seen, ...]:
        """Its lines in reading order."""
        return tuple(_seen(line) for block in self.page.blocks for line in block.lines if line.words)

    @cached_property
    def titles(self) -> tuple[tuple[float, str], ...]:
        """For each possible title: how similar its beginning is to a title of the glossary, 0–1, and that title.

        Real titles are longer than those of a glossary ("judgment in a matter of inheritance"): what follows costs
        nothing, and the longer of two that fit is chosen.
        """
        return tuple(self._titles())

    def _titles(self) -> Iterator[tuple[float, str]]:
        heads = list(self._heads())
        found: list[list[tuple[float, str]]] = [[] for _ in heads]
        # All titles of one length at a time: a title is compared with as much of a line.
        for length, titles in _by_length(self.names).items() if heads else ():
            # A title of one short word must be all of the line.
            own = [head[:length] if length > _ONE_WORD else head for head in heads]
            likeness = process.cdist(own, titles, scorer=fuzz.ratio, score_cutoff=_LEAST_LIKE, dtype=np.float32)
            for line, title in np.argwhere(likeness).tolist():
                found[line].append((float(likeness[line, title]), titles[title]))
        for likely in filter(None, found):
            nearest = sorted(likely, reverse=True)[:_NEAREST]
            likeness_of, title_of = max(nearest, key=lambda one: one[0] + _LONGER * len(one[1]))
            yield likeness_of / 100, title_of

    def _heads(self) -> Iterator[str]:
        """Yield the possible titles, from the top: each line, and each with the next, as long titles take two."""
        before = ""
        for seen in self.lines:
            if seen.line.box.top > _UPPER * self.page.height:
                continue
            parts = _ENDS.split(seen.text)
            own = letters(parts[0])
            if _SHORTEST <= len(own) <= _LONGEST:
                yield own
                if before and len(before) + len(own) <= _LONGEST:
                    yield before + own
            before = own if len(parts) == 1 else ""

    @cached_property
    def number(self) -> int | None:
        """The page number alone at its head or foot; None if there is none."""
        for seen in (*self.lines[:2], *self.lines[-2:]):
            if found := _PAGE_NUMBER.fullmatch(seen.text.strip()):
                return int(found[1])
        return None


def _seen(line: Line) -> Seen:
    text = match_form("".join(word.text + (" " if word.space else "") for word in line.words))
    return Seen(line, text)


@lru_cache(maxsize=4)
def _by_length(names: Names) -> dict[int, list[str]]:
    """Return the titles of the glossary by their length."""
    titles: dict[int, list[str]] = {}
    for title in sorted(names.kinds):
        titles.setdefault(len(title), []).append(title)
    return titles
