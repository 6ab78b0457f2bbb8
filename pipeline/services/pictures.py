"""Pictures of pages with their hits drawn on them."""

from pathlib import Path

from PIL import Image

from models.case import CaseFile
from models.hit import Hit
from models.page import Page, PageRef, Rect
from models.scan import Kind
from pipeline.access.asker import Asker
from pipeline.access.audit import Deed
from pipeline.archive.archive import Archive
from pipeline.archive.bag import document_file, read_page
from pipeline.formats.jpeg import LONGEST_JPEG
from pipeline.formats.text_layer import POINTS_PER_INCH, page_size
from pipeline.page.picture import Picture
from pipeline.page.render import render
from pipeline.page.upright import make_upright
from pipeline.services.audit import note
from pipeline.services.markers import mark
from pipeline.services.sight import page_in_sight


def draw_hit(archive: Archive, asker: Asker, hit: Hit, file: Path) -> None:
    """Write the page of a hit as a JPEG, with its hits marked.

    The page is taken from the document's PDF in the bag: that needs no password.

    Raises:
        NotFoundError: the page is not in the asker's sight, or no longer.
        AuditUnusableError: the look at it cannot be recorded.
        ScanError: the page cannot be rendered.
        OSError: the bag cannot be read, or the file not written.
    """
    ref = PageRef(scan=hit.scan, number=hit.page)
    bag, case, level = page_in_sight(archive, asker, hit.case, ref)
    note(archive, asker, Deed.OPENED, f"{hit.case}/{hit.scan[:8]}/{hit.page}", level)
    settings = archive.settings
    page = read_page(bag, case, ref)
    (document,) = (one for one in case.documents if one.number == hit.document)
    place = document.pages.index(ref) + 1
    picture = upright_from_pdf(document_file(bag, hit.document), place, case, page, settings.limits.page_seconds)
    dots = round(picture.dpi)
    image = Image.fromarray(picture.pixels).convert("RGB")
    mark(image, [_on(image, box, page) for box in hit.boxes])
    image.thumbnail((LONGEST_JPEG, LONGEST_JPEG))  # does nothing to a smaller picture
    image.save(file, "JPEG", quality=settings.pdf.jpeg_quality, dpi=(dots, dots))


def upright_from_pdf(pdf: Path, place: int, case: CaseFile, page: Page, seconds: float) -> Picture:
    """Return a page, turned upright, from the PDF of its document, which may show it as it was scanned.

    Args:
        pdf: the PDF.
        place: the page's place in it, from 1.
        case: the case file.
        page: the page.
        seconds: time limit of the rendering.

    Raises:
        ScanError: the page cannot be rendered.
    """
    # Not at the page's own resolution, because the PDF may show it smaller or larger.
    dpi = round(POINTS_PER_INCH * max(page.width, page.height) / max(page_size(page, upright=case.upright)))
    picture = render(pdf, Kind.PDF, place, max(1, dpi), seconds)
    return picture if case.upright else make_upright(picture, page.turn, page.skew)


def _on(image: Image.Image, box: Rect, page: Page) -> tuple[int, ...]:
    """Return a box of a page in pixels of a picture of it."""
    across, down = image.width / page.width, image.height / page.height
    return tuple(round(edge * factor) for edge, factor in zip(box, (across, down, across, down), strict=True))
