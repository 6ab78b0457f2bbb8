"""Reads words on a PDF page that are not part of its text: in pictures, as outlines, on a stamp."""

import itertools
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import pypdfium2 as pdfium

from models.page import Block, Line, Rect, around
from models.settings import PageSettings
from pipeline.page.clean import flatten, grey, ink_of, strengthened, without_solids
from pipeline.page.components import Components
from pipeline.page.handwriting import BY_HAND
from pipeline.page.job import Reading
from pipeline.page.pdf_text import Shares
from pipeline.page.picture import Picture, Pixels
from pipeline.page.read import read_picture
from pipeline.page.seen import PageText, bare_picture
from pipeline.page.tables import find_rules
from pipeline.page.upright import as_it_lay, make_upright
from pipeline.page.words import level

READ = "words in a picture on the page are recognised"
UNREAD = "a picture on the page may hold words that cannot be read"

_WORDS = ((3, 0.46), (8, 0.2))
"""A line with this many letters, at this confidence, is not a drawing that looks like letters by chance."""
_LEAST_SURE = 0.09
"""Next to a line of words, a line with at least this confidence may be words, too."""
_MANY, _MANY_KINDS = 20, 5
"""Letters, and different letters: too many for a drawing, although with too little confidence to count as words."""
_FEWEST = 3
"""This many components of ink in a row may be a line."""
_LOWEST, _HIGHEST, _WIDEST = 0.04, 0.75, 1.5
"""Size, in inches, of the components of ink that could be letters."""
_GAP, _BETWEEN = 0.12, 0.2
"""The largest distance, in inches, between letters of a line, and between lines of a picture."""
_SMALLEST = 0.2
"""Width and height in inches of the smallest picture that may contain words regardless of the look of its ink."""
_FLAT = 12
"""Difference, of 256 levels, between the darkest and the lightest pixel of a picture that shows nothing."""
_MOST = 6
"""The number of pictures of a page that are read one by one."""


@dataclass(frozen=True, slots=True)
class Pictured:
    """The reading of the pictures of a page: as in :class:`Reading`, in pixels of the upright page.

    ``notes`` are remarks for people, ``unread`` remarks about what a person should check.
    """

    blocks: tuple[Block, ...] = ()
    handwriting: tuple[Rect, ...] = ()
    seals: tuple[Rect, ...] = ()
    signatures: tuple[Rect, ...] = ()
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def read_pictures(
    page: pdfium.PdfPage,
    text: PageText,
    known: Sequence[Rect],
    picture: Picture,
    settings: PageSettings,
    seconds: float,
) -> Pictured:
    """Read what is on a page apart from its text.

    Args:
        page: The page, with its text switched off.
        text: Its text, turned upright.
        known: Places of further known words, in pixels of ``picture``.
        picture: The picture of the page, turned upright.
        settings: Resolution of reading, and the models.
        seconds: Time limit for the recogniser, for each of the pictures.

    Raises:
        ScanError: TIMEOUT, or RECOGNITION when the recogniser fails.
    """
    height, width = picture.pixels.shape[:2]
    small = _without(text.bare.pixels, known, width, height)
    boxes = list(_places(Picture(small, text.bare.dpi), text.pictures, width, height))
    if not boxes:
        return Pictured()
    size = (height, width) if text.turned_by in {90, 270} else (width, height)
    bare = make_upright(Picture(bare_picture(page, *size), picture.dpi), text.turned_by, 0).pixels
    bare = _without(bare, known, width, height)
    found = [(box, _read(bare, box, picture.dpi, settings, seconds)) for box in boxes]
    blocks, tables = list[Block](), itertools.count()
    lost = False
    for box, reading in found:
        renamed: dict[int, int] = {}
        kept = [block for block in map(_certain_lines, reading.blocks) if block] if _has_words(reading) else []
        lost |= not kept and _may_be_words(reading)
        for block in kept:
            if block.cell and block.cell.table not in renamed:
                renamed[block.cell.table] = next(tables)
            cell = block.cell and block.cell.model_copy(update={"table": renamed[block.cell.table]})
            blocks.append(_moved(block, reading, box).model_copy(update={"cell": cell}))
    by_hand, seals, signatures = (
        tuple(_place(one, reading, box) for box, reading in found for one in getattr(reading, kind))
        for kind in ("handwriting", "seals", "signatures")
    )
    notes = (*([READ] if blocks else []), *([BY_HAND] if by_hand else []))
    return Pictured(tuple(blocks), by_hand, seals, signatures, notes, (UNREAD,) if lost else ())


def _without(pixels: Pixels, places: Sequence[Rect], width: int, height: int) -> Pixels:
    """Return a picture without the ink at some places, which are in pixels of a page of this size."""
    rows, columns = pixels.shape[:2]
    calm = pixels.copy()
    for left, top, right, bottom in places:
        across = slice(left * columns // width, -(-right * columns // width))
        down = slice(top * rows // height, -(-bottom * rows // height))
        calm[down, across] = np.median(calm[down, across], axis=(0, 1))
    return calm


def _places(bare: Picture, pictures: Shares, width: int, height: int) -> Iterator[Rect]:
    """Yield where words may be, in pixels of a page of this size: pictures, and ink that could be lines."""
    if int(bare.pixels.max()) - int(bare.pixels.min()) < _FLAT:
        return
    dpi = bare.dpi
    pixels = grey(bare.pixels)
    if int(pixels.max()) - int(pixels.min()) < _FLAT:
        return
    rows, columns = pixels.shape
    mask = _lines(bare.showing(pixels))
    for left, top, right, bottom in (pictures * (columns, rows, columns, rows)).round().astype(int):
        inside = np.s_[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
        shown = pixels[inside]
        if min(shown.shape) >= _SMALLEST * dpi and int(shown.max()) - int(shown.min()) >= _FLAT:
            mask[inside] = 255
    reach = round(_BETWEEN * dpi)
    joined = cv2.dilate(mask, np.ones((reach, reach), np.uint8))
    _, _, found, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    boxes = [Rect(left, top, left + across, top + down) for left, top, across, down, _ in found[1:].tolist()]
    if len(boxes) > _MOST:
        boxes = [around(boxes)]
    for box in boxes:
        across, down = width / columns, height / rows
        yield Rect(*(round(edge * by) for edge, by in zip(box, (across, down, across, down), strict=True)))


def _lines(picture: Picture) -> Pixels:
    """Return a mask of what could be lines of letters: components of that size in a row, without rules."""
    dpi = picture.dpi
    even, _ = strengthened(flatten(picture))
    whole = without_solids(ink_of(even))
    ink = np.asarray(cv2.subtract(whole.pixels, find_rules(whole).mask), np.uint8)
    components = Components.of(ink)
    could = (
        (components.heights > _LOWEST * dpi)
        & (components.heights < _HIGHEST * dpi)
        & (components.widths < _WIDEST * dpi)
    )
    could[0] = False
    letters = np.zeros_like(ink)
    for left, top, right, bottom, _ in components.boxes[could]:
        letters[top:bottom, left:right] = 255
    rows = cv2.dilate(letters, np.ones((1, round(_GAP * dpi)), np.uint8))
    _, labels, _, _ = cv2.connectedComponentsWithStats(rows, connectivity=8)
    middles = (components.boxes[could, :2] + components.boxes[could, 2:4]) // 2
    many = np.bincount(labels[middles[:, 1], middles[:, 0]], minlength=int(labels.max()) + 1) >= _FEWEST
    many[0] = False
    return np.where(many[labels], 255, 0).astype(np.uint8)


def _read(bare: Pixels, box: Rect, dpi: float, settings: PageSettings, seconds: float) -> Reading:
    part = np.ascontiguousarray(bare[box.top : box.bottom, box.left : box.right])
    return read_picture(Picture(part, dpi), settings, seconds)


def _has_words(reading: Reading) -> bool:
    lines = [line for block in reading.blocks for line in block.lines]
    return any(len(_letters(line)) >= letters and line.confidence >= sure for line in lines for letters, sure in _WORDS)


def _certain_lines(block: Block) -> Block | None:
    lines = tuple(line for line in block.lines if line.confidence >= _LEAST_SURE)
    return block.model_copy(update={"lines": lines}) if lines else None


def _may_be_words(reading: Reading) -> bool:
    """Whether there is so much text that it may be words.

    A photograph is read as single letters in different places, a row of empty boxes as the same letter many times.
    """
    lines = [_letters(line) for block in reading.blocks for line in block.lines]
    read = [letter for letters in lines if len(letters) >= _MANY_KINDS for letter in letters]
    return len(read) >= _MANY and len(set(read)) >= _MANY_KINDS


def _letters(line: Line) -> list[str]:
    """Return the letters, vowel signs and digits of a line."""
    read = (character for word in line.words for character in word.text)
    return [character for character in read if unicodedata.category(character)[0] in "LMN"]


def _moved(block: Block, reading: Reading, box: Rect) -> Block:
    """Return a block that was read in a part of a page, with places on the whole page."""
    lines = list[Line]()
    for line in block.lines:
        words = tuple(word.model_copy(update={"box": _place(word.box, reading, box)}) for word in line.words)
        lines += level(line.model_copy(update={"words": words, "box": around([word.box for word in words])}))
    return Block(lines=tuple(lines), box=around([line.box for line in lines]))


def _place(place: Rect, reading: Reading, box: Rect) -> Rect:
    size = (box.right - box.left, box.bottom - box.top)
    left, top, right, bottom = as_it_lay(place, size, reading.turn, reading.skew)
    return Rect(left + box.left, top + box.top, right + box.left, bottom + box.top)
