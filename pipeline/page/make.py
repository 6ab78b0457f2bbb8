"""Makes the record of one page from its scan: the work of a worker."""

from pathlib import Path

from models.page import Page
from models.scan import Kind
from models.settings import PageSettings
from pipeline.page.job import ScanJob
from pipeline.page.render import render
from pipeline.page.stages import SCAN_STAGES, run_through
from pipeline.page.upright import Upright


def make_page(file: Path, kind: Kind, scan: str, number: int, settings: PageSettings, seconds: float) -> Page:
    """Render and read one page.

    Args:
        file: the scan.
        kind: its kind.
        scan: its SHA-256.
        number: the page, from 1.
        settings: how pages are read.
        seconds: time limit of each program that is run for the page.

    Raises:
        ScanError: the page cannot be rendered or read, or it is not blank but has neither text nor handwriting.
    """
    page = run_through(SCAN_STAGES, ScanJob(file, kind, scan, number, settings, seconds))
    if page is None:
        raise RuntimeError("the last stage ends the reading of a page")
    return page


def page_picture(file: Path, kind: Kind, page: Page, dpi: int, seconds: float, *, upright: bool) -> Upright:
    """Render a page again, as in the scan, or upright as when it was read: its boxes are in the upright pixels.

    Raises:
        ScanError: the page cannot be rendered.
    """
    picture = render(file, kind, page.number, dpi, seconds)
    return Upright(picture, page.turn, page.skew) if upright else Upright(picture)
