"""One page from its scan to its record: what a worker does."""

from functools import partial
from pathlib import Path

from models.errors import ScanError
from models.failure import Code
from models.page import Page, TextSource
from models.scan import Kind
from models.settings import PageSettings
from pipeline.page.beyond import beyond_the_page
from pipeline.page.born_digital import OwnText, own_text
from pipeline.page.picture import Picture
from pipeline.page.read import read_picture
from pipeline.page.recipe import fingerprint
from pipeline.page.render import render
from pipeline.page.separator import separator
from pipeline.page.upright import make_upright, size_upright

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
        ScanError: the page cannot be rendered or read, or it is not blank and yet has neither text nor handwriting.
    """
    picture = render(file, kind, number, settings.dpi, seconds)
    page = partial(Page, scan=scan, number=number, recipe=fingerprint(settings), dpi=picture.dpi)
    beyond = beyond_the_page(file, number) if kind is Kind.PDF else ()
    if sheet := separator(picture.pixels):
        height, width = picture.pixels.shape[:2]
        return page(width=width, height=height, sheet=sheet, notes=(_SEPARATES,), unread=beyond)
    own = own_text(file, number, picture, settings, seconds) if kind is Kind.PDF else OwnText()
    unread = (*beyond, *own.unread)
    if own.blocks:
        width, height = size_upright(picture, own.turn, 0)
        return page(
            width=width,
            height=height,
            turn=own.turn,
            source=TextSource.BORN_DIGITAL,
            blocks=own.blocks,
            handwriting=own.handwriting,
            notes=own.notes,
            unread=unread,
        )
    reading = read_picture(picture, settings, seconds)
    is_empty = not reading.blank and not reading.handwriting and not unread
    if is_empty and not any(line.words for block in reading.blocks for line in block.lines):
        raise ScanError(Code.NO_TEXT, page=number)
    return page(
        width=reading.width,
        height=reading.height,
        turn=reading.turn,
        skew=reading.skew,
        blank=reading.blank,
        blocks=reading.blocks,
        handwriting=reading.handwriting,
        notes=reading.notes,
        unread=unread,
    )


def page_picture(file: Path, kind: Kind, page: Page, dpi: int, seconds: float, *, upright: bool) -> Picture:
    """Render a page again, as it lies in the scan, or set upright as when it was read: its boxes are in those pixels.

    Raises:
        ScanError: the page cannot be rendered.
    """
    picture = render(file, kind, page.number, dpi, seconds)
    return make_upright(picture, page.turn, page.skew) if upright else picture
