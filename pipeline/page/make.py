"""One page from its scan to its record: what a worker does."""

from functools import partial
from pathlib import Path

from models.failure import BannasarError, Code
from models.page import Page, TextSource
from models.scan import Kind
from models.settings import PageSettings
from pipeline.page.born_digital import own_blocks
from pipeline.page.pdf_layout import words_dpi
from pipeline.page.picture import Picture
from pipeline.page.read import read_picture
from pipeline.page.recipe import fingerprint
from pipeline.page.render import render
from pipeline.page.separator import separator
from pipeline.page.upright import make_upright

_SEPARATES = "a separator sheet"


def make_page(file: Path, kind: Kind, scan: str, number: int, settings: PageSettings, seconds: float) -> Page:
    """Render and read one page.

    Args:
        file: the scan.
        kind: what it is.
        scan: its SHA-256.
        number: the page, from 1.
        settings: how pages are read.
        seconds: time limit of each program that is run for the page.

    Raises:
        BannasarError: the page cannot be rendered or read, or it is not blank and yet has neither text nor handwriting.
    """
    picture = render(file, kind, number, settings.dpi, seconds)
    page = partial(Page, scan=scan, number=number, recipe=fingerprint(settings), dpi=picture.dpi)
    height, width = picture.pixels.shape[:2]
    if sheet := separator(picture.pixels):
        return page(width=width, height=height, sheet=sheet, notes=(_SEPARATES,))
    if kind is Kind.PDF and (blocks := own_blocks(file, number, words_dpi(file, number, picture), seconds)):
        return page(width=width, height=height, source=TextSource.BORN_DIGITAL, blocks=blocks)
    reading = read_picture(picture, settings, seconds)
    is_empty = not reading.blank and not reading.handwriting
    if is_empty and not any(line.words for block in reading.blocks for line in block.lines):
        raise BannasarError(Code.NO_TEXT, page=number)
    return page(
        width=reading.width,
        height=reading.height,
        turn=reading.turn,
        skew=reading.skew,
        blank=reading.blank,
        blocks=reading.blocks,
        handwriting=reading.handwriting,
        notes=reading.notes,
    )


def page_picture(file: Path, kind: Kind, page: Page, dpi: int, seconds: float, *, upright: bool) -> Picture:
    """Render a page again, as it lies in the scan, or set upright as when it was read: its boxes are in those pixels.

    Raises:
        BannasarError: the page cannot be rendered.
    """
    picture = render(file, kind, page.number, dpi, seconds)
    return make_upright(picture, page.turn, page.skew) if upright else picture
