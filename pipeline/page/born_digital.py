"""The words a PDF page brings along, where they are its own and sound."""

import itertools
import re
import subprocess
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from lxml import etree

from models.failure import BannasarError, Code
from models.page import Block, Line, Rect, Word
from pipeline.text.script import is_khmer

# Left, bottom, right and top in points.
_Box = tuple[float, float, float, float]
_POINTS_PER_INCH = 72
_MOST_PICTURE = 0.5
_FEWEST_LETTERS = 20
_MOST_UNSOUND = 0.02
_ENOUGH_LATIN = 10
_SPACE_GAP = 0.05
_SAME_LINE = 0.2
_XHTML = "{http://www.w3.org/1999/xhtml}"

_KHMER_LETTER = "\u1780-\u17b3"
# Marks that cannot stand where they stand: a coeng that subscribes nothing, a vowel or sign that has no base.
# The Unicode Standard, chapter 16.4 (Khmer): a syllable begins with a consonant or an independent vowel.
_STRAY_KHMER = re.compile(
    rf"\u17d2(?![{_KHMER_LETTER}])|(?:^|[^\u1780-\u17d3\u17dd\u200b-\u200d])[\u17b4-\u17d3\u17dd]"
)
# Legacy fonts put Khmer shapes on Latin codes: capitals and symbols then stand inside words, as in `km<úCa`.
_LATIN_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*[.,;:!?»)\]’'\"]*")


def own_blocks(file: Path, number: int, dpi: float, seconds: float) -> tuple[Block, ...] | None:
    """Return the words of a born-digital PDF page, None where it must be recognised.

    A page is recognised when it has no visible text, when pictures cover half of it (the text may be a stamp on a
    scan, which may come in strips), or when its text is not sound Unicode (legacy Khmer fonts, lost glyphs).

    Args:
        file: the PDF.
        number: the page, from 1.
        dpi: dots per inch of the picture in whose pixels the boxes are wanted.
        seconds: time limit.

    Raises:
        BannasarError: the page cannot be opened, or the time ran out.
    """
    if not _has_visible_text(file, number):
        return None
    blocks = _blocks(file, number, dpi, seconds)
    text = "\n".join(
        "".join(word.text + " " * word.space for word in line.words) for block in blocks for line in block.lines
    )
    return blocks if is_sound(text) else None


def is_sound(text: str) -> bool:
    """Whether a text layer says what is printed, as far as its code points can tell."""
    # Khmer vowels and subscripts are marks.
    letters = sum(unicodedata.category(character)[0] in "LM" for character in text)
    if letters < _FEWEST_LETTERS:
        return False
    lost = sum(unicodedata.category(character) in {"Co", "Cn"} or character == "\ufffd" for character in text)
    stray = len(_STRAY_KHMER.findall(text))
    latin = [word for word in text.split() if any("a" <= letter.lower() <= "z" for letter in word)]
    gibberish = sum(not _is_latin_word(word) for word in latin)
    # Two may be codes or abbreviations; but among a few words, and no Khmer, they are how a legacy font shows.
    allowed = 2 if is_khmer(text) or len(latin) >= _ENOUGH_LATIN else 0
    return lost + stray <= _MOST_UNSOUND * letters and gibberish <= max(allowed, 0.2 * len(latin))


def _is_latin_word(word: str) -> bool:
    if any(character.isdigit() for character in word) or "@" in word or "/" in word:
        return True
    core = word.strip("«»“”\"'()[]‘’.,;:!?-–—*")
    camel = sum(before.islower() and after.isupper() for before, after in itertools.pairwise(core))
    return bool(_LATIN_WORD.fullmatch(core)) and camel <= 1


def _has_visible_text(file: Path, number: int) -> bool:
    try:
        pdf = pdfium.PdfDocument(file)
    except pdfium.PdfiumError as error:
        raise BannasarError(Code.DAMAGED, str(error), page=number) from error
    try:
        page = pdf[number - 1]
        whole = page.get_bbox()
        pictured, visible = 0.0, False
        for item in page.get_objects(max_depth=3):
            if item.type == pdfium_c.FPDF_PAGEOBJ_IMAGE:
                pictured += _area_within(_bounds(item), whole)
            elif item.type == pdfium_c.FPDF_PAGEOBJ_TEXT:
                mode = pdfium_c.FPDFTextObj_GetTextRenderMode(item.raw)
                visible = visible or mode != pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE
    except pdfium.PdfiumError as error:
        raise BannasarError(Code.DAMAGED, str(error), page=number) from error
    else:
        return visible and pictured <= _MOST_PICTURE * _area_within(whole, whole)
    finally:
        pdf.close()


def _bounds(item: pdfium.PdfObject) -> _Box:
    """Return where an object stands on its page: pdfium tells that of one in a form in the form's own space."""
    bounds: _Box = item.get_bounds()
    form = item.container
    while form:
        bounds = form.get_matrix().on_rect(*bounds)
        form = form.container
    return bounds


def _area_within(box: _Box, whole: _Box) -> float:
    width = min(box[2], whole[2]) - max(box[0], whole[0])
    height = min(box[3], whole[3]) - max(box[1], whole[1])
    return max(0.0, width) * max(0.0, height)


def _blocks(file: Path, number: int, dpi: float, seconds: float) -> tuple[Block, ...]:
    command = ["pdftotext", "-bbox-layout", "-cropbox", "-f", str(number), "-l", str(number), str(file), "-"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise BannasarError(Code.TIMEOUT, f"reading the text took more than {seconds:.0f} s", page=number) from error
    if done.returncode != 0:
        raise BannasarError(Code.DAMAGED, done.stderr.decode("utf-8", "replace").strip(), page=number)
    # poppler passes control characters on, which XML forbids.
    sound = re.sub(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", b"", done.stdout)
    tree = etree.fromstring(sound, etree.XMLParser(recover=True, resolve_entities=False, huge_tree=True))
    scale = dpi / _POINTS_PER_INCH
    boxes = [_box(node, scale) for node in tree.iter(f"{_XHTML}line")]
    blocks = []
    for block in tree.iter(f"{_XHTML}block"):
        found = (_line(node, scale) for node in block.iter(f"{_XHTML}line"))
        lines = tuple(_lowered(line, boxes) for line in found if line)
        if lines:
            blocks.append(Block(lines=lines, box=_box(block, scale)))
    return tuple(blocks)


def _lowered(line: Line, boxes: Sequence[Rect]) -> Line:
    """Return a line no higher than the way to the next line above or below it.

    poppler makes a line as high as its font might ever reach, for Khmer fonts twice what is printed. Lines that lie on
    one another are torn apart by whoever reads the PDF that is made of them.
    """
    height = line.box.bottom - line.box.top
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


def _line(node: etree._Element, scale: float) -> Line | None:
    box = _box(node, scale)
    found = [(text, _box(item, scale)) for item in node.iter(f"{_XHTML}word") if (text := (item.text or "").strip())]
    words = []
    for place, (text, rect) in enumerate(found):
        follower = found[place + 1][1] if place + 1 < len(found) else None
        # poppler parts words where it sees a space, and Khmer sometimes where there is none.
        khmer = place + 1 < len(found) and is_khmer(text[-1]) and is_khmer(found[place + 1][0][0])
        apart = not khmer or follower is None or follower.left - rect.right > _SPACE_GAP * (box.bottom - box.top)
        words.append(Word(text=text, box=rect, confidence=1.0, space=apart))
    return Line(words=tuple(words), box=box, confidence=1.0) if words else None


def _box(node: etree._Element, scale: float) -> Rect:
    left, top, right, bottom = (float(node.get(edge, "0")) * scale for edge in ("xMin", "yMin", "xMax", "yMax"))
    return Rect(max(0, round(left)), max(0, round(top)), max(0, round(right)), max(0, round(bottom)))
