"""The words of a PDF page as poppler reports them, in its reading order."""

import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pikepdf
from lxml import etree

from models.errors import ScanError
from models.failure import Code
from models.page import Block, Line, Rect, Turn, Word
from pipeline.page.words import runs_down
from pipeline.text.script import is_khmer

Scale = tuple[float, float]
"""Pixels per point, horizontal and vertical."""

_SPACE_GAP = 0.05
_SAME_LINE = 0.2
_XHTML = "{http://www.w3.org/1999/xhtml}"


def words_of(file: Path, number: int, turn: Turn, scale: Scale, seconds: float) -> tuple[Block, ...]:
    """Return the words of a page, turned clockwise by ``turn`` degrees, in blocks in reading order.

    Args:
        file: the PDF.
        number: the page, from 1.
        turn: the turn, from the page as viewers show it, that makes most of its lines level.
        scale: the scale of the turned page, in whose pixels the boxes are returned.
        seconds: time limit.

    Raises:
        ScanError: the page cannot be read, or the time ran out.
    """
    if not turn:
        return _words(file, number, scale, seconds)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "page.pdf"
        _write_turned(file, number, turn, copy)
        return _words(copy, 1, scale, seconds)


def _write_turned(file: Path, number: int, turn: Turn, copy: Path) -> None:
    """Write one page of a PDF, turned, as a new PDF."""
    try:
        with pikepdf.open(file, suppress_warnings=True) as pdf, pikepdf.new() as alone:
            alone.pages.append(pdf.pages[number - 1])
            alone.pages[0].rotate(turn, relative=True)
            alone.save(copy)
    except (pikepdf.PikepdfError, ValueError, TypeError) as error:
        raise ScanError(Code.DAMAGED, str(error), page=number) from error


def _words(file: Path, number: int, scale: Scale, seconds: float) -> tuple[Block, ...]:
    command = ["pdftotext", "-bbox-layout", "-cropbox", "-f", str(number), "-l", str(number), str(file), "-"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise ScanError(Code.TIMEOUT, f"reading the text took more than {seconds:.0f} s", page=number) from error
    if done.returncode != 0:
        raise ScanError(Code.DAMAGED, done.stderr.decode("utf-8", "replace").strip(), page=number)
    # poppler outputs control characters, which XML forbids.
    sound = re.sub(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", b"", done.stdout)
    tree = etree.fromstring(sound, etree.XMLParser(recover=True, resolve_entities=False, huge_tree=True))
    boxes = [_box(node, scale) for node in tree.iter(f"{_XHTML}line")]
    blocks = []
    for block in tree.iter(f"{_XHTML}block"):
        found = (_line(node, scale) for node in block.iter(f"{_XHTML}line"))
        lines = tuple(_lowered(line, boxes) for line in found if line)
        if lines:
            blocks.append(Block(lines=lines, box=_box(block, scale)))
    return tuple(blocks)


def _lowered(line: Line, boxes: Sequence[Rect]) -> Line:
    """Return a line not higher than the distance to the next line above or below it.

    poppler makes a line as high as its font can reach, for Khmer fonts twice the printed height. PDF readers would
    split overlapping lines of the PDF that is made from them.
    """
    height = line.box.bottom - line.box.top
    if runs_down(line):
        return line
    middle = (line.box.top + line.box.bottom) / 2
    ways = [
        abs(middle - (box.top + box.bottom) / 2)
        for box in boxes
        if box.left < line.box.right and line.box.left < box.right
    ]
    way = min((way for way in ways if way > _SAME_LINE * height), default=float(height))
    if way >= height:
        return line
    top, bottom = round(middle - way / 2), round(middle + way / 2)
    words = tuple(word.model_copy(update={"box": word.box._replace(top=top, bottom=bottom)}) for word in line.words)
    return line.model_copy(update={"words": words, "box": line.box._replace(top=top, bottom=bottom)})


def _line(node: etree._Element, scale: Scale) -> Line | None:
    box = _box(node, scale)
    found = [(text, _box(item, scale)) for item in node.iter(f"{_XHTML}word") if (text := (item.text or "").strip())]
    words = []
    for place, (text, rect) in enumerate(found):
        follower = found[place + 1][1] if place + 1 < len(found) else None
        # poppler splits words where it sees a space, and Khmer sometimes where there is none.
        khmer = place + 1 < len(found) and is_khmer(text[-1]) and is_khmer(found[place + 1][0][0])
        apart = not khmer or follower is None or follower.left - rect.right > _SPACE_GAP * (box.bottom - box.top)
        words.append(Word(text=text, box=rect, confidence=1.0, space=apart))
    return Line(words=tuple(words), box=box, confidence=1.0) if words else None


def _box(node: etree._Element, scale: Scale) -> Rect:
    left, top, right, bottom = (float(node.get(edge, "0")) for edge in ("xMin", "yMin", "xMax", "yMax"))
    across, down = scale
    return Rect(*(max(0, round(edge)) for edge in (left * across, top * down, right * across, bottom * down)))
