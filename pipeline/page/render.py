"""Renders one page of a scan as a picture."""

from pathlib import Path

from PIL import Image

from models.scan import Kind
from pipeline.page.frame import frame
from pipeline.page.job import ScanJob
from pipeline.page.pdf_page import pdf_page
from pipeline.page.picture import Picture


def run(job: ScanJob) -> None:
    """Render the page."""
    job.picture = render(job.file, job.kind, job.number, job.settings.dpi, job.seconds)


def render(file: Path, kind: Kind, number: int, dpi: int, seconds: float) -> Picture:
    """Return one page as it is in the scan, not yet upright.

    A picture file, and a PDF page that is one picture, keep their own pixels; other PDF pages are rendered at ``dpi``.
    Pictures without colour are returned in grey.

    Args:
        file: the scan.
        kind: its kind.
        number: the page, from 1.
        dpi: resolution for PDF pages that are not one picture, in dots per inch.
        seconds: time limit of the renderer, or of the decoder.

    Returns:
        The picture and its dots per inch.

    Raises:
        ScanError: the page cannot be rendered (it is damaged, or takes too long).
    """
    # The scan was inspected, so its pages are within our own limits.
    Image.MAX_IMAGE_PIXELS = None
    return pdf_page(file, number, dpi, seconds) if kind is Kind.PDF else frame(file, kind, number, seconds)
