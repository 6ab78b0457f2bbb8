"""One side of one sheet: blocks, lines and words, their places and the confidence of the reading."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from models.record import Record

Confidence = Annotated[float, Field(ge=0, le=1)]
Turn = Literal[0, 90, 180, 270]

SHEET = "BANNASAR-SHEET1"
"""What the QR code of a separator sheet begins with; its version is the number."""


class Rect(NamedTuple):
    """A rectangle in pixels of the upright page; ``right`` and ``bottom`` are just outside it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def area(self) -> int:
        """Its pixels."""
        return (self.right - self.left) * (self.bottom - self.top)


def around(boxes: Iterable[Rect]) -> Rect:
    """Return the smallest box around some boxes."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return Rect(min(lefts), min(tops), max(rights), max(bottoms))


class Word(Record):
    """A run of text without white space in it, as the recogniser divided it.

    ``space`` says whether there is white space between this word and the next one of its line. Khmer has none between
    words, so ``False`` is common.
    """

    text: str
    box: Rect
    confidence: Confidence
    space: bool = True


def joined(words: Iterable[Word]) -> str:
    """Return the text of words that follow one another, with the white space between them."""
    return "".join(word.text + " " * word.space for word in words).strip()


class Line(Record):
    """One complete printed line, with its subscripts and the vowels above and below it."""

    words: tuple[Word, ...]
    box: Rect
    confidence: Confidence


class Cell(Record):
    """The place of a block in a table: the table of the page, its row and its column, each from 0."""

    table: int
    row: int
    column: int


class Block(Record):
    """Lines that are read together: a column, a paragraph, a header block, a cell (then ``cell`` is set)."""

    lines: tuple[Line, ...]
    box: Rect
    cell: Cell | None = None


class PageRef(Record):
    """A page by the SHA-256 of its scan and its number from 1."""

    scan: str
    number: int


class TextSource(StrEnum):
    """Where a page's words come from."""

    RECOGNISED = "recognised"
    BORN_DIGITAL = "born-digital"


class Outline(NamedTuple):
    """What a list of pages shows of one: which it is, its size in pixels, and whether it has text."""

    scan: str
    number: int
    width: int
    height: int
    has_text: bool


class Page(Record):
    """One page as it was read.

    ``turn`` is the clockwise turn in degrees that set the picture upright, ``skew`` the clockwise angle in degrees by
    which the turned picture was still inclined before it was straightened. ``width`` and ``height`` are those of the
    upright page in pixels at ``dpi``. ``blocks`` are in reading order. ``notes`` are short remarks for people, such as
    "too little text to tell which way is up". ``unread`` says what of the page was not read, or perhaps not, such as "2
    attached files are not read": a person should look at it. ``sheet`` is what the QR code of a separator sheet says:
    such a page was put in for scanning, and its words do not belong to the case file. So it has no blocks, but is not
    ``blank``.
    ``handwriting`` are the places of handwritten lines: they are in no block, except on a page that seems to be all
    handwriting. ``seals`` are the places of seals and stamps, ``signatures`` those of signatures and of other strokes
    over the print: the print under them is in the blocks, and they are not.
    """

    scan: str
    number: Annotated[int, Field(ge=1)]
    recipe: str
    width: int
    height: int
    dpi: float
    turn: Turn = 0
    skew: float = 0.0
    blank: bool = False
    sheet: str = ""
    source: TextSource = TextSource.RECOGNISED
    blocks: tuple[Block, ...] = ()
    handwriting: tuple[Rect, ...] = ()
    seals: tuple[Rect, ...] = ()
    signatures: tuple[Rect, ...] = ()
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def outline(self) -> Outline:
        """What a list of pages shows of it."""
        return Outline(self.scan, self.number, self.width, self.height, bool(self.blocks))

    @property
    def handwriting_share(self) -> float:
        """The handwritten part of the written area, 0–1: of the area of all lines, printed or by hand."""
        by_hand = sum(map(_area, self.handwriting))
        boxes = (line.box for block in self.blocks for line in block.lines)
        printed = sum(_area(box) for box in boxes if not any(_lies_in(box, place) for place in self.handwriting))
        return by_hand / (by_hand + printed) if by_hand else 0.0


def _lies_in(box: Rect, place: Rect) -> bool:
    """Whether the middle of a box is in a place."""
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    return place.left <= x < place.right and place.top <= y < place.bottom


def _area(box: Rect) -> int:
    return (box.right - box.left) * (box.bottom - box.top)
