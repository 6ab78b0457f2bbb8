"""A PDF page with its own text: the words of its text, and the words in its pictures."""

import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from models.page import Block, Page, Rect, TextSource, Turn, joined
from models.scan import Kind
from models.settings import PageSettings
from pipeline.page.job import ScanJob
from pipeline.page.pdf_layout import pdfium_page
from pipeline.page.pdf_text import Box, bounds
from pipeline.page.pdf_words import words_of
from pipeline.page.picture import Picture
from pipeline.page.pictured import read_pictures
from pipeline.page.recipe import fingerprint
from pipeline.page.seen import look_at
from pipeline.page.shown import shown
from pipeline.page.upright import make_upright, size_upright
from pipeline.text.script import is_khmer

_MOST_PICTURE = 0.5
_FEWEST_LETTERS = 20
_MOST_UNSOUND = 0.02
_ENOUGH_LATIN = 10

_KHMER_LETTER = "\u1780-\u17b3"
# Marks in places where they cannot be: a coeng without a subscript letter, a vowel or sign without a base.
# The Unicode Standard, chapter 16.4 (Khmer): a syllable begins with a consonant or an independent vowel.
_STRAY_KHMER = re.compile(
    rf"\u17d2(?![{_KHMER_LETTER}])|(?:^|[^\u1780-\u17d3\u17dd\u200b-\u200d])[\u17b4-\u17d3\u17dd]"
)
# Legacy fonts put Khmer shapes on Latin codes: then there are capitals and symbols inside words, as in `km<úCa`.
_LATIN_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*[.,;:!?»)\]’'\"]*")

_HIDDEN_WORD = "1 word that viewers do not show is left out"
_HIDDEN_WORDS = "{:,} words that viewers do not show are left out"


@dataclass(frozen=True, slots=True)
class OwnText:
    """The words of a page with its own text; ``blocks`` is empty if the page must be recognised like a scan.

    ``turn`` is the clockwise turn in degrees that makes the page upright; the boxes are in pixels of the upright page.
    ``handwriting``, ``seals``, ``signatures``, ``notes`` and ``unread`` are as in :class:`Page`.
    """

    turn: Turn = 0
    blocks: tuple[Block, ...] = ()
    handwriting: tuple[Rect, ...] = ()
    seals: tuple[Rect, ...] = ()
    signatures: tuple[Rect, ...] = ()
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def run(job: ScanJob) -> Page | None:
    """End the reading of a page that has its own text."""
    if job.kind is not Kind.PDF:
        return None
    own = own_text(job.file, job.number, job.picture, job.settings, job.seconds)
    job.unread = (*job.unread, *own.unread)
    if not own.blocks:
        return None
    width, height = size_upright(job.picture, own.turn, 0)
    return Page(
        scan=job.scan,
        number=job.number,
        recipe=fingerprint(job.settings),
        dpi=job.picture.dpi,
        width=width,
        height=height,
        turn=own.turn,
        source=TextSource.BORN_DIGITAL,
        blocks=own.blocks,
        handwriting=own.handwriting,
        seals=own.seals,
        signatures=own.signatures,
        notes=own.notes,
        unread=job.unread,
    )


def own_text(file: Path, number: int, picture: Picture, settings: PageSettings, seconds: float) -> OwnText:
    """Return the words of a born-digital PDF page, including those in its pictures.

    A page is recognised like a scan when it has no visible text, when pictures cover half of it (the text may be a
    stamp on a scan, which may come in strips), when its text is not correct Unicode (legacy Khmer fonts, lost glyphs),
    or when more of it is hidden than visible. Text that a viewer does not show is left out, and noted in ``unread``.

    Args:
        file: the PDF.
        number: the page, from 1.
        picture: the page as it is in the scan.
        settings: how pictures are read.
        seconds: time limit of each program, and of reading each picture.

    Raises:
        ScanError: the page cannot be opened or read, or the time ran out.
    """
    with pdfium_page(file, number) as page:
        if not _has_visible_text(page):
            return OwnText()
        text = look_at(page)
        count = text.hidden_words
        unread = (_HIDDEN_WORD if count == 1 else _HIDDEN_WORDS.format(count),) if count else ()
        if text.hidden.sum() > (text.letters & text.seen).sum():
            return OwnText(unread=unread)
        turn = text.turn
        text, upright = text.turned(turn), make_upright(picture, turn, 0)
        height, width = upright.pixels.shape[:2]
        across, down = page.get_size() if turn in {0, 180} else reversed(page.get_size())
        blocks = words_of(file, number, turn, (width / across, height / down), seconds)
        blocks, foreign = shown(blocks, text, upright.pixels)
        if not is_sound(_text_of(blocks)):
            return OwnText(unread=unread)
        more = read_pictures(page, text, foreign, upright, settings, seconds)
        return OwnText(
            turn,
            (*blocks, *more.blocks),
            more.handwriting,
            more.seals,
            more.signatures,
            more.notes,
            (*unread, *more.unread),
        )


def _text_of(blocks: Sequence[Block]) -> str:
    lines = (line.words for block in blocks for line in block.lines)
    return "\n".join(map(joined, lines))


def is_sound(text: str) -> bool:
    """Whether a text layer matches what is printed, as far as its code points show."""
    # Khmer vowels and subscripts are marks.
    letters = sum(unicodedata.category(character)[0] in "LM" for character in text)
    if letters < _FEWEST_LETTERS:
        return False
    lost = sum(unicodedata.category(character) in {"Co", "Cn"} or character == "\ufffd" for character in text)
    stray = len(_STRAY_KHMER.findall(text))
    latin = [word for word in text.split() if any("a" <= letter.lower() <= "z" for letter in word)]
    gibberish = sum(not _is_latin_word(word) for word in latin)
    # Two may be codes or abbreviations; but among a few words, and without Khmer, they indicate a legacy font.
    allowed = 2 if is_khmer(text) or len(latin) >= _ENOUGH_LATIN else 0
    return lost + stray <= _MOST_UNSOUND * letters and gibberish <= max(allowed, 0.2 * len(latin))


def _is_latin_word(word: str) -> bool:
    if any(character.isdigit() for character in word) or "@" in word or "/" in word:
        return True
    core = word.strip("«»“”\"'()[]‘’.,;:!?-–—*")
    camel = sum(before.islower() and after.isupper() for before, after in itertools.pairwise(core))
    return bool(_LATIN_WORD.fullmatch(core)) and camel <= 1


def _has_visible_text(page: pdfium.PdfPage) -> bool:
    whole = page.get_bbox()
    pictured, visible = 0.0, False
    for item in page.get_objects(max_depth=3):
        if item.type == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            pictured += _area_within(bounds(item), whole)
        elif item.type == pdfium_c.FPDF_PAGEOBJ_TEXT:
            mode = pdfium_c.FPDFTextObj_GetTextRenderMode(item.raw)
            visible = visible or mode != pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE
    return visible and pictured <= _MOST_PICTURE * _area_within(whole, whole)


def _area_within(box: Box, whole: Box) -> float:
    width = min(box[2], whole[2]) - max(box[0], whole[0])
    height = min(box[3], whole[3]) - max(box[1], whole[1])
    return max(0.0, width) * max(0.0, height)
