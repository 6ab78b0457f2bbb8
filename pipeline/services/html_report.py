"""A box's report as one page to print: counts, contents, charts, and pictures of pages that a person should see."""

import base64
import io
import itertools
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pikepdf
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from PIL import Image

from models.case import CaseFile
from models.ledger import ScanRow
from models.page import Page, PageRef
from models.scan import Kind, ScanState
from models.settings import Settings
from pipeline.access.asker import Asker
from pipeline.access.audit import Deed
from pipeline.archive.archive import Archive
from pipeline.archive.bag import document_file, read_bag
from pipeline.archive.contents import contents
from pipeline.archive.ledger import Ledger
from pipeline.archive.measure import confidence_of
from pipeline.execution.perform import unpickled
from pipeline.execution.sandbox import Sandboxes
from pipeline.page.render import render
from pipeline.services.audit import note, notes_refusals
from pipeline.services.box_report import box_report
from pipeline.services.history import failures
from pipeline.services.sight import box_in_sight
from pipeline.text.plain import page_text

_WIDTH = 420
_MOST_LETTERS = 220
_MOST_DOCUMENTS = 500


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart: its name, its number of pages, and its height, 0–1."""

    name: str
    pages: int
    height: float


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page that a person should see: its place, its confidence or why it failed, what was read, its picture."""

    path: str
    number: int
    confidence: float | None
    reason: str
    notes: tuple[str, ...]
    text: str
    picture: str


@notes_refusals
def html_report(archive: Archive, asker: Asker, box: str, most_pictures: int) -> str:
    """Return the report of a box as a complete page of HTML, which loads nothing.

    Args:
        archive: the archive.
        asker: who asks for it; the report shows the time.
        box: the box, by its id or its folder.
        most_pictures: how many pages are shown: first those that failed, then the least confident.

    Raises:
        NotFoundError: the archive holds no such box, or none that the asker may see whole.
        AuditUnusableError: it cannot be recorded.
        BagError: a bag of it cannot be read.
    """
    box, ledger, settings = box_in_sight(archive, asker, box).id, archive.ledger, archive.settings
    note(archive, asker, Deed.PRINTED, f"report/{box}", asker.scope.level)
    now = asker.at.astimezone()
    report = box_report(archive, asker, box)
    values = list(ledger.page_values(box))
    confidences = [confidence for confidence, _, _ in values if confidence is not None]
    seconds = [each for _, each, _ in values]
    wanted = sum(is_wanted for _, _, is_wanted in values)
    chosen = [
        (row, page.number, page.reason)
        for path, page in ledger.pages_to_see(box, most_pictures)
        if (row := ledger.scan(box, path, page.sha256))
    ]
    environment = Environment(
        loader=PackageLoader("pipeline.services", "templates"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        box=box,
        archive=settings.archive,
        made=now.strftime("%Y-%m-%d %H:%M %Z"),
        report=report,
        states={state.value: report.count(state) for state in ScanState if report.count(state)},
        account=report.account,
        contents=contents(settings.archive, box),
        most_documents=_MOST_DOCUMENTS,
        failures=failures(archive, asker, box, 12),
        confidence=_bars([100 * value for value in confidences], [0, 50, 60, 70, 80, 85, 90, 95, 98, 100], " %"),
        time=_bars(seconds, [0, 0.5, 1, 2, 3, 5, 8, 15, 30, 60, 300], " s"),
        total_seconds=sum(seconds),
        shown_pages=list(_shown_pages(ledger, chosen, settings)),
        unseen=max(0, wanted - most_pictures),
    )


def _bars(values: Sequence[float], edges: Sequence[float], unit: str) -> list[Bar]:
    """Return a histogram; the last bar includes what is beyond the last edge."""
    counts = [0] * (len(edges) - 1)
    for value in values:
        counts[max(0, min(len(counts) - 1, sum(value >= edge for edge in edges) - 1))] += 1
    top = max(counts, default=0) or 1
    names = [f"{low:g}–{high:g}{unit}" for low, high in itertools.pairwise(edges)]
    return [Bar(name, count, count / top) for name, count in zip(names, counts, strict=True)]


def _shown_pages(
    ledger: Ledger, chosen: Sequence[tuple[ScanRow, int, str | None]], settings: Settings
) -> Iterator[ShownPage]:
    roots = {box.id: box.root for box in ledger.boxes()}
    read: dict[str, tuple[CaseFile, list[Page]]] = {}
    with _Pictures(settings) as pictures:
        for row, number, reason in chosen:
            page, picture = None, ""
            bag = settings.archive / (ledger.bag_of(row.case_id) or "-")
            if row.state is ScanState.ARCHIVED and bag.is_dir():
                case, pages = read.setdefault(str(bag), read_bag(bag))
                page = next((one for one in pages if (one.scan, one.number) == (row.sha256, number)), None)
                picture = pictures.of_document(bag, case, PageRef(scan=row.sha256, number=number))
            elif row.kind is not None:
                picture = pictures.of_scan(roots[row.box] / row.path, row.kind, number)
            notes = _notes(page) if page and reason is None else ()
            confidence = confidence_of([page]) if page and reason is None else None
            yield ShownPage(row.path, number, confidence, reason or "", notes, _text(page), picture)


def _notes(page: Page) -> tuple[str, ...]:
    share = page.handwriting_share
    by_hand = (f"{100 * share:.0f} % of the text is handwritten",) if share else ()
    return (*page.unread, *page.notes, *by_hand)


class _Pictures:
    """Makes small pictures of pages in a sandbox. If that hangs or crashes, there is no picture."""

    def __init__(self, settings: Settings) -> None:
        self._sandboxes = Sandboxes(settings.limits.page_megabytes)
        self._seconds = settings.limits.page_seconds
        self._dpi = settings.page.dpi

    def __enter__(self) -> "_Pictures":
        return self

    def __exit__(self, *_error: object) -> None:
        self._sandboxes.close()

    def of_document(self, bag: Path, case: CaseFile, ref: PageRef) -> str:
        """Return a page from a document of its bag, upright, as a data URL; "" where that fails."""
        for document in case.documents:
            if ref in document.pages:
                file = document_file(bag, document.number)
                return self._made(_embedded, (file, document.pages.index(ref)))
        return ""

    def of_scan(self, file: Path, kind: Kind, number: int) -> str:
        """Return a page as in its scan, as a data URL; "" where that fails."""
        return self._made(_rendered, (file, kind, number, self._dpi, self._seconds))

    def _made(self, function: object, arguments: tuple[object, ...]) -> str:
        done = unpickled(self._sandboxes.call(pickle.dumps((function, arguments)), self._seconds))
        return "" if done.failure else "data:image/jpeg;base64," + base64.b64encode(done.value).decode()


def _embedded(file: Path, index: int) -> bytes:
    with pikepdf.open(file) as pdf:
        (image,) = pdf.pages[index].get_images().values()
        return _small(pikepdf.PdfImage(image).as_pil_image())  # type: ignore[arg-type]  # an image is a stream


def _rendered(file: Path, kind: Kind, number: int, dpi: int, seconds: float) -> bytes:
    return _small(Image.fromarray(render(file, kind, number, dpi, seconds).pixels))


def _small(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image = image.convert("RGB") if image.mode not in {"L", "RGB"} else image
    image.thumbnail((_WIDTH, 2 * _WIDTH))
    image.save(stream, "JPEG", quality=60)
    return stream.getvalue()


def _text(page: Page | None) -> str:
    text = " ".join(page_text(page)[0].split()) if page else ""
    return text if len(text) <= _MOST_LETTERS else text[:_MOST_LETTERS] + "…"
