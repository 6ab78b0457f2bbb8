"""A page as facts are read from it: its text in match form, and the words that each part of it came from."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from models.fact import Fact, FactName
from models.page import Page, Rect, around
from pipeline.text.normalise import match_segments
from pipeline.text.plain import Placed, page_text


@dataclass(frozen=True)
class MatchText:
    """A page and its text.

    ``text`` is its match form; ``starts[i]`` and ``places[i]`` are where its i-th piece begins, there and in ``read``,
    the text as it was read.
    """

    page: Page
    read: str
    placed: tuple[Placed, ...]
    text: str
    starts: tuple[int, ...]
    places: tuple[int, ...]

    @cached_property
    def _word_starts(self) -> list[int]:
        return [one.start for one in self.placed]

    def fact(self, name: FactName, value: str, span: tuple[int, int], share: float, doubt: str = "") -> Fact:
        """Return a fact found at ``[start, end)`` of the match form.

        Args:
            name: what the fact is.
            value: its normal form.
            span: where it is.
            share: the fact's confidence as a share of the words' own, 0–1.
            doubt: what speaks against it.
        """
        start, end = self._place(span[0]), self._place(span[1])
        words = [one for one in self.placed if one.start < end and one.end > start]
        confidences = [one.word.confidence for one in words]
        return Fact(
            name=name,
            value=value,
            text=self.read[start:end].strip(),
            scan=self.page.scan,
            page=self.page.number,
            boxes=_around(words),
            confidence=round(share * sum(confidences) / len(confidences), 3) if confidences else 0.0,
            doubt=doubt,
        )

    def _place(self, at: int) -> int:
        """Return where in the text as read a place of the match form is."""
        piece = bisect_right(self.starts, at) - 1
        return len(self.read) if at >= len(self.text) else self.places[piece] + at - self.starts[piece]


def match_text(page: Page) -> MatchText:
    """Return a page as facts are read from it."""
    read, placed = page_text(page)
    forms, starts, places = [], [], []
    length = 0
    for form, start, _ in match_segments(read):
        forms.append(form)
        starts.append(length)
        places.append(start)
        length += len(form)
    return MatchText(page, read, tuple(placed), "".join(forms), tuple(starts), tuple(places))


def _around(words: Sequence[Placed]) -> tuple[Rect, ...]:
    """Return a box for each line with these words."""
    boxes = []
    for _, line in groupby(words, lambda one: (one.word.box.top + one.word.box.bottom) // max(1, 2 * _height(words))):
        boxes.append(around(one.word.box for one in line))
    return tuple(boxes)


def _height(words: Sequence[Placed]) -> int:
    return max(one.word.box.bottom - one.word.box.top for one in words)
