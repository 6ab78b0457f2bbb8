"""Selects the words of a PDF page that a viewer shows."""

import itertools
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from models.page import Block, Line, Rect, Word, around
from pipeline.page.pdf_text import Integers
from pipeline.page.picture import Pixels, medians
from pipeline.page.seen import PageText, Truths
from pipeline.page.words import level, runs_down
from pipeline.text.script import is_khmer

_CONTRAST = 40
"""Levels of 256 between the lightest and the darkest pixel of a visible word."""
_ALIKE = 0.8
_BEYOND = 0.5
"""How far the ink of a Khmer line reaches above and below its letters at most, in their heights."""


def shown(blocks: Sequence[Block], text: PageText, pixels: Pixels) -> tuple[tuple[Block, ...], tuple[Rect, ...]]:
    """Return the visible words, some only in part, and the places of the words in notes and form fields.

    Words that are not horizontal come last, slanted ones in their own blocks: poppler splits them into letters.

    Args:
        blocks: The words of the page, in pixels of its upright picture.
        text: The visible text of the page, turned upright.
        pixels: The upright picture.
    """
    height, width = pixels.shape[:2]
    places = _Places(text, width, height)
    kept, aside = list[Block](), list[Block]()
    for block in blocks:
        lines = list[Line]()
        for line in block.lines:
            words = tuple(part for word in line.words for part in places.seen_parts(word, pixels))
            if words:
                told = level(line if words == line.words else _line(words))
                lines += [places.on_its_ink(one, pixels) for one in told]
        if lines:
            whose = aside if any(map(runs_down, block.lines)) else kept
            whose.append(Block(lines=tuple(lines), box=around([line.box for line in lines])))
    aslant = tuple(places.aslant())
    return (*(_in_order(kept) if aside or aslant else kept), *aside, *aslant), tuple(places.foreign)


def _in_order(blocks: Sequence[Block]) -> list[Block]:
    """Return blocks in reading order if lines across them have misled poppler: each before the blocks under it."""
    ordered: list[Block] = []
    for block in blocks:
        under = (place for place, other in enumerate(ordered) if _is_above(block.box, other.box))
        ordered.insert(next(under, len(ordered)), block)
    return ordered


def _is_above(upper: Rect, lower: Rect) -> bool:
    return upper.bottom <= lower.top and upper.left < lower.right and lower.left < upper.right


class _Places:
    """The places of a page's characters in its upright picture.

    ``foreign`` are the places of the words so far that are visible but not part of the page's own text.
    """

    def __init__(self, text: PageText, width: int, height: int) -> None:
        self._text = text
        self._seen = text.seen
        self._aslant = text.aslant
        self._boxes = text.characters.boxes * (width, height, width, height)
        self._middles = (self._boxes[:, :2] + self._boxes[:, 2:]) / 2
        self._downwards = np.argsort(self._middles[:, 1])
        self._tops = self._middles[self._downwards, 1]
        self._is_space = np.array([character.isspace() for character in text.text], bool) | (text.groups < 0)
        self.foreign: list[Rect] = []
        self._keys = 2 * text.groups + self._aslant

    def seen_parts(self, word: Word, pixels: Pixels) -> Iterator[Word]:
        """Yield the visible parts of a word: the whole word, nothing, or parts; nothing of a slanted word."""
        near = self._near(word.box, 0)
        own = self._own(word.text, near)
        if own is None:
            # It is a piece of a slanted word, or is in a note or a form field: there the picture decides.
            wider = self._near(word.box, word.box.bottom - word.box.top)
            is_piece = self._is_of(word.text, wider[self._aslant[wider]])
            unseen = self._is_of(word.text, near) and not self._seen[near].all()
            if not is_piece and not unseen and _contrast(pixels, word.box) >= _CONTRAST:
                self.foreign.append(word.box)
                yield word
        elif self._aslant[own].any():
            return
        elif self._seen[own].all():
            yield word
        else:
            yield from self._parts(own, word)

    def _near(self, box: Rect, reach: int) -> Integers:
        """Return the characters, without white space, with their centre in a box that is enlarged on all sides."""
        first, last = np.searchsorted(self._tops, (box.top - reach, box.bottom + reach))
        row = self._downwards[first:last]
        across = self._middles[row, 0]
        inside = (across >= box.left - reach) & (across <= box.right + reach) & ~self._is_space[row]
        near: Integers = np.sort(row[inside])
        return near

    def _own(self, text: str, near: Integers) -> Integers | None:
        """Return the characters near a word that form its text: from one group, or from all."""
        wanted = _plain(text)
        for key in np.unique(self._keys[near]):
            some: Integers = near[self._keys[near] == key]
            if self._spelled(some) == wanted:
                return some
        return near if len(near) and self._spelled(near) == wanted else None

    def _spelled(self, some: Integers) -> str:
        return _plain("".join(self._text.text[one] for one in some))

    def _is_of(self, text: str, near: Integers) -> bool:
        wanted, there = Counter(_plain(text)), Counter(self._spelled(near))
        return (wanted & there).total() >= _ALIKE * wanted.total()

    def _parts(self, own: Integers, word: Word) -> Iterator[Word]:
        runs = [list(run) for seen, run in itertools.groupby(own, key=lambda one: bool(self._seen[one])) if seen]
        for run in runs:
            text = "".join(self._text.text[one] for one in run)
            left, _, right, _ = self._around(run)
            level = word.box._replace(left=left, right=right)
            space = word.space if run is runs[-1] else True
            yield Word(text=text, box=level, confidence=word.confidence, space=space)

    def _around(self, run: Sequence[int]) -> Rect:
        boxes = self._boxes[list(run)]
        edges = (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0))
        return Rect(*(max(0, round(float(edge))) for edge in edges))

    def on_its_ink(self, line: Line, pixels: Pixels) -> Line:
        """Return a line of Khmer as high as what is printed.

        How high and how low the letters of a Khmer font can reach says little about where they are: the line above may
        be within, and the signs below outside.
        """
        if not any(is_khmer(word.text) for word in line.words):
            return line
        found = (self._own(word.text, self._near(word.box, 0)) for word in line.words)
        own = [place for places in found if places is not None for place in places]
        own = [place for place in own if self._boxes[place, 3] > self._boxes[place, 1]]
        if not own:
            return line
        _, top, _, bottom = self._around(own)
        top, bottom = _with_its_ink(pixels, line.box._replace(top=top, bottom=bottom))
        words = tuple(word.model_copy(update={"box": word.box._replace(top=top, bottom=bottom)}) for word in line.words)
        return line.model_copy(update={"words": words, "box": line.box._replace(top=top, bottom=bottom)})

    def aslant(self) -> Iterator[Block]:
        """Yield the visible slanted lines, each as a block."""
        chosen = self._aslant & self._seen | self._is_space
        for is_run, run in itertools.groupby(range(len(chosen)), key=lambda one: bool(chosen[one])):
            places = list(run)
            if not is_run or not self._aslant[places].any():
                continue
            pieces = itertools.groupby(places, key=lambda one: bool(self._is_space[one]))
            found = [list(some) for space, some in pieces if not space]
            words = [
                Word(text="".join(self._text.text[one] for one in some), box=self._around(some), confidence=1.0)
                for some in found
            ]
            line = _line(tuple(words))
            yield Block(lines=(line,), box=line.box)


def _line(words: tuple[Word, ...]) -> Line:
    return Line(words=words, box=around([word.box for word in words]), confidence=1.0)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _with_its_ink(pixels: Pixels, box: Rect) -> tuple[int, int]:
    """Return the top and the bottom of a box with the ink that goes on above and below it."""
    reach = round(_BEYOND * (box.bottom - box.top))
    first = max(0, box.top - reach)
    part = pixels[first : box.bottom + reach, box.left : box.right]
    if not part.size:
        return box.top, box.bottom
    shades = part if part.ndim == 2 else np.rint(part.mean(axis=2)).astype(np.uint8)
    (usual,) = medians(shades)
    marked = np.asarray(cv2.absdiff(shades, np.full_like(shades, round(usual))) > _CONTRAST, bool)
    inked: Truths = np.any(marked[:, ~marked.all(axis=0)], axis=1)  # a rule from top to bottom is no letter
    top, bottom = box.top - first, min(box.bottom - first, len(inked))
    while top > 0 and inked[top - 1]:
        top -= 1
    while bottom < len(inked) and inked[bottom]:
        bottom += 1
    return first + top, first + bottom


def _contrast(pixels: Pixels, box: Rect) -> int:
    part = pixels[box.top : box.bottom, box.left : box.right]
    if not part.size:
        return 0
    if part.ndim == 2:
        return int(part.max()) - int(part.min())
    flat = part.reshape(part.shape[0] * part.shape[1], -1)
    return int((flat.max(axis=0).astype(int) - flat.min(axis=0)).max())
