"""Text set in type: blocks flow down sheets of A4, and every sheet knows the lines that were printed on it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from samples.faces import load_face

Pixels = NDArray[np.uint8]
Align = Literal["left", "centre", "right"]

A4 = (210.0, 297.0)
"""Width and height of a sheet in millimetres."""

BREAK = "|"
"""Marks, inside Khmer text, where a line may be broken; never printed."""

_MM_PER_INCH = 25.4
_POINTS_PER_INCH = 72

# A Khmer character cluster: a base, its subscripts (coeng + letter) and its signs, with what closes a phrase after it.
# The Unicode Standard, chapter 16.4 (Khmer), "Syllable structure".
_CLUSTER = re.compile(
    r".(?:\u17d2[\u1780-\u17b3]|[\u17b4-\u17d1\u17d3\u17dd\u200c\u200d\u0300-\u036f])*"
    r"[។៕៖ៗ»”’)\]?!,;:.%]*"
)


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph. ``size`` is in points; ``indent`` (of the first line) and ``after`` (below) are in millimetres."""

    text: str
    face: str = "Khmer OS Siemreap"
    size: float = 11.5
    align: Align = "left"
    indent: float = 0.0
    after: float = 1.0
    leading: float = 1.0


@dataclass(frozen=True, slots=True)
class Gap:
    """Empty paper, in millimetres."""

    height: float


@dataclass(frozen=True, slots=True)
class Columns:
    """Blocks side by side. ``shares`` divide the width; ``gap`` is in millimetres."""

    columns: tuple[tuple["Block", ...], ...]
    shares: tuple[float, ...] = (1.0, 1.0)
    gap: float = 8.0


@dataclass(frozen=True, slots=True)
class Table:
    """A ruled table; a cell holds one line. ``shares`` divide the width among its columns."""

    rows: tuple[tuple[str, ...], ...]
    shares: tuple[float, ...]
    face: str = "Khmer OS Siemreap"
    size: float = 10.5


Block = Text | Gap | Columns | Table


@dataclass(frozen=True, slots=True)
class Ink:
    """A run of text with its baseline's start in pixels from the top left."""

    x: float
    y: float
    text: str
    face: str
    pixels: float


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight printed rule, in pixels."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """One side of a sheet before it is drawn: its size in pixels at ``dpi``, its ink and its lines in order."""

    width: int
    height: int
    dpi: int
    inks: tuple[Ink, ...]
    rules: tuple[Rule, ...]
    lines: tuple[str, ...]


@dataclass(slots=True)
class _Row:
    """A part that must stay on one sheet; places are relative to its own top left."""

    height: float
    inks: list[Ink] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def clusters(text: str) -> list[str]:
    """Cut text into clusters, between which a line may be broken if necessary; see ``_CLUSTER`` for the rule."""
    return _CLUSTER.findall(text)


def lay_out(blocks: Iterable[Block], dpi: int, margin: float = 22.0, numbered: bool = False) -> list[Sheet]:
    """Set blocks on as many sheets of A4 as they need.

    Args:
        blocks: The blocks to print.
        dpi: Resolution in dots per inch.
        margin: Width of the margins in millimetres.
        numbered: Whether the second and later sheets have their number at the top.

    Raises:
        ValueError: A block does not fit: a cell wider than its column, columns higher than a sheet.
    """
    mm = dpi / _MM_PER_INCH
    width, height = (round(side * mm) for side in A4)
    inside = width - 2 * margin * mm
    sheets: list[Sheet] = []
    page = _Row(0)
    for row in _rows(blocks, inside, dpi):
        if row.height > height - 2 * margin * mm:
            raise ValueError("columns or a table row are higher than a sheet")
        if page.height + row.height > height - 2 * margin * mm and row.lines:
            sheets.append(_sheet(page, (width, height), dpi, margin * mm))
            page = _Row(0)
            if numbered:
                number = Text(f"- {len(sheets) + 1} -", "Liberation Serif", 11, "centre", after=4)
                for head in _rows([number], inside, dpi):
                    _stack(page, head)
        _stack(page, row)
    sheets.append(_sheet(page, (width, height), dpi, margin * mm))
    return sheets


def draw(sheet: Sheet) -> Pixels:
    """Return the sheet as clean grey pixels, ``(height, width)``, black on white."""
    picture = Image.new("L", (sheet.width, sheet.height), 255)
    pen = ImageDraw.Draw(picture)
    for ink in sheet.inks:
        pen.text((ink.x, ink.y), ink.text, fill=0, font=load_face(ink.face, ink.pixels), anchor="ls")
    for rule in sheet.rules:
        pen.rectangle((rule.left, rule.top, rule.right, rule.bottom), fill=0)
    return np.asarray(picture).copy()


def render_page(lines: Sequence[str], face: str = "Khmer OS", size: float = 12, dpi: int = 300) -> Pixels:
    """Return one clean page with the given lines, each a paragraph, ``(height, width)`` grey; ``size`` is in points.

    Raises:
        ValueError: The lines need more than one sheet.
        MissingFontError: The face is not installed.
    """
    sheets = lay_out([Text(line, face, size) for line in lines], dpi)
    if len(sheets) > 1:
        raise ValueError("the lines need more than one sheet")
    return draw(sheets[0])


def _rows(blocks: Iterable[Block], width: float, dpi: int) -> Iterator[_Row]:
    mm = dpi / _MM_PER_INCH
    for block in blocks:
        match block:
            case Text():
                yield from _paragraph(block, width, dpi)
            case Gap():
                yield _Row(block.height * mm)
            case Columns():
                yield _side_by_side(block, width, dpi)
            case Table():
                yield from _table(block, width, dpi)


def _paragraph(text: Text, width: float, dpi: int) -> Iterator[_Row]:
    mm = dpi / _MM_PER_INCH
    pixels = text.size * dpi / _POINTS_PER_INCH
    font = load_face(text.face, pixels)
    ascent, descent = font.getmetrics()
    indent = text.indent * mm
    lines = break_lines(text.text, font, width, indent)
    for number, line in enumerate(lines, 1):
        start = indent if number == 1 else 0.0
        spare = width - start - font.getlength(line)
        x = start + {"left": 0.0, "centre": spare / 2, "right": spare}[text.align]
        below = text.after * mm if number == len(lines) else 0.0
        ink = Ink(round(x), ascent, line, text.face, pixels)
        height = round((ascent + descent) * text.leading) + below
        yield _Row(height, [ink] if line else [], [], [" ".join(line.split())])


def break_lines(text: str, font: ImageFont.FreeTypeFont, width: float, indent: float = 0.0) -> list[str]:
    """Break a paragraph into lines no wider than ``width`` pixels; the first has ``indent`` pixels less.

    Lines are broken at spaces and at ``BREAK``; if a part without either is too long, between clusters.
    """
    lines: list[str] = []
    line = ""
    for piece in re.findall(rf"[^ {BREAK}]+ *", text):
        for part in [piece] if font.getlength(piece.rstrip()) <= width - indent else clusters(piece):
            room = width if lines else width - indent
            if line and font.getlength((line + part).rstrip()) > room:
                lines.append(line.rstrip())
                line = part.lstrip()
            else:
                line += part
    return [*lines, line.rstrip()]


def _side_by_side(block: Columns, width: float, dpi: int) -> _Row:
    gap = block.gap * dpi / _MM_PER_INCH
    room = width - gap * (len(block.columns) - 1)
    whole = _Row(0)
    left = 0.0
    for column, share in zip(block.columns, block.shares, strict=True):
        own = room * share / sum(block.shares)
        stack = _Row(0)
        for row in _rows(column, own, dpi):
            _stack(stack, row)
        whole.inks += [Ink(left + i.x, i.y, i.text, i.face, i.pixels) for i in stack.inks]
        whole.rules += [Rule(left + r.left, r.top, left + r.right, r.bottom) for r in stack.rules]
        whole.lines += stack.lines
        whole.height = max(whole.height, stack.height)
        left += own + gap
    return whole


def _table(table: Table, width: float, dpi: int) -> Iterator[_Row]:
    pixels = table.size * dpi / _POINTS_PER_INCH
    font = load_face(table.face, pixels)
    ascent, descent = font.getmetrics()
    pad = 1.5 * dpi / _MM_PER_INCH
    thick = max(2, round(dpi / 100))
    edges = [width * sum(table.shares[:n]) / sum(table.shares) for n in range(len(table.shares) + 1)]
    height = round(ascent + descent)
    for number, cells in enumerate(table.rows):
        row = _Row(height, lines=["\t".join(cells)])
        for cell, left, right in zip(cells, edges[:-1], edges[1:], strict=True):
            if font.getlength(cell) > right - left - 2 * pad:
                raise ValueError(f"a cell is wider than its column: {cell}")
            row.inks.append(Ink(round(left + pad), ascent, cell, table.face, pixels))
        row.rules += [Rule(round(edge), 0, round(edge) + thick, height) for edge in edges]
        row.rules.append(Rule(0, height, round(width) + thick, height + thick))
        if number == 0:
            row.rules.append(Rule(0, 0, round(width) + thick, thick))
        yield row


def _stack(page: _Row, row: _Row) -> None:
    """Put a row below the rows of the page."""
    top = round(page.height)
    page.inks += [Ink(i.x, top + i.y, i.text, i.face, i.pixels) for i in row.inks]
    page.rules += [Rule(r.left, top + r.top, r.right, top + r.bottom) for r in row.rules]
    page.lines += row.lines
    page.height += row.height


def _sheet(page: _Row, size: tuple[int, int], dpi: int, margin: float) -> Sheet:
    edge = round(margin)
    inks = tuple(Ink(edge + i.x, edge + i.y, i.text, i.face, i.pixels) for i in page.inks)
    rules = tuple(Rule(edge + r.left, edge + r.top, edge + r.right, edge + r.bottom) for r in page.rules)
    return Sheet(*size, dpi, inks, rules, tuple(line for line in page.lines if line))
