"""The tasks that sandboxes run: each is a function from paths and records to a record."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pikepdf

from models.actor import Actor
from models.case import CaseFile, Document
from models.errors import BagError, ScanError
from models.failure import Code
from models.page import Page, PageRef
from models.settings import Settings
from pipeline.archive.bag import bag_folder, read_bag
from pipeline.archive.building import build_bag
from pipeline.archive.fixity import require_intact
from pipeline.archive.measure import Measure, measure
from pipeline.archive.places import work_folder
from pipeline.archive.placing import NewBag
from pipeline.archive.results import Packed, Results, packed
from pipeline.document.describe import describe_documents
from pipeline.document.kind_levels import with_levels_of_kinds
from pipeline.execution.placeholder import placeholder, placeholder_picture
from pipeline.execution.source import Source, reread_if_damaged
from pipeline.formats.alto import alto
from pipeline.formats.compress import compressed
from pipeline.index.entry import Analysed, analysed
from pipeline.intake.inspect import Inspection, inspect, sha256_of
from pipeline.intake.pdf_file import open_pdf
from pipeline.page.make import make_page, page_picture
from pipeline.page.upright import Upright


@dataclass(frozen=True, slots=True)
class Archived:
    """A bag that is built but not yet in its final place, and the measures of the pages of each scan, by SHA-256.

    ``for_index`` is what the index takes; None if a level ends some day: it may be another one when the bag is placed.
    """

    bag: NewBag
    scans: Mapping[str, Measure]
    for_index: Analysed | None


def inspect_scan(file: Path, size: int, settings: Settings) -> Inspection:
    """Hash and identify a scan.

    Raises:
        ScanError: the scan is refused, changed while it was read, or cannot be read now.
    """
    kind, pages = reread_if_damaged(file, lambda: inspect(file, settings.limits, settings.page.dpi))
    sha256, hashed = sha256_of(file)
    if hashed != size:
        raise ScanError(Code.CHANGED, f"{hashed:,} bytes, {size:,} a moment before")
    return Inspection(sha256, size, kind, pages)


def unlock_scan(file: Path, size: int, settings: Settings, password: str, copy: Path) -> Inspection:
    """Write a copy without password of a locked PDF, and inspect the copy; the SHA-256 is the locked file's.

    Raises:
        ScanError: the password does not open the PDF, or as in :func:`inspect_scan`.
    """
    copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with open_pdf(file, password) as pdf:
            pdf.save(copy)
    except pikepdf.PdfError as error:
        raise ScanError(Code.DAMAGED, str(error)) from error
    found = inspect_scan(copy, copy.stat().st_size, settings)
    sha256, hashed = sha256_of(file)
    if hashed != size:
        raise ScanError(Code.CHANGED, f"{hashed:,} bytes, {size:,} a moment before")
    return replace(found, sha256=sha256, size=size)


def read_page(source: Source, number: int, settings: Settings) -> Packed:
    """Read one page of a scan that is unchanged since it was hashed, and return it as it is kept.

    Raises:
        ScanError: the page cannot be read, or the scan changed.
    """
    page, seconds = settings.page, settings.limits.page_seconds
    return packed(source.read(lambda file: make_page(file, source.kind, source.sha256, number, page, seconds)))


def archive_case(
    case: CaseFile, sources: Mapping[str, Source], recipes: Mapping[str, str], settings: Settings, actor: Actor
) -> Archived:
    """Build the bag of a case file from its scans and the kept results of their pages.

    Args:
        case: the case file.
        sources: where each scan is, by SHA-256.
        recipes: the recipe with which each scan's pages were read, by SHA-256.
        settings: all settings.
        actor: who archives the case file.

    Each page that ``case.missing`` names appears in the documents as a placeholder.

    Raises:
        ScanError: a scan changed, a page's result is missing, the disk is full, or a PDF cannot be made.
    """
    archive = settings.archive
    missing = case.missing_pages
    kept = _Kept(archive, bag_folder(archive, case))
    pages = []
    for ref in (ref for document in case.documents for ref in document.pages):
        gone = missing.get((ref.scan, ref.number))
        if gone is None:
            pages.append(kept.page(ref, recipes[ref.scan]))
        else:
            pages.append(placeholder(ref.scan, ref.number, gone.reason))
    by_ref = {PageRef(scan=page.scan, number=page.number): page for page in pages}
    case = case.model_copy(
        update={"documents": describe_documents(case.documents, by_ref, settings.document, case.corrections)}
    )
    case = with_levels_of_kinds(case, Path(settings.document.glossary), actor)
    work = work_folder(archive)
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pictures-", dir=work) as folder:
        pictures = {}
        for count, page in enumerate(pages):
            if (page.scan, page.number) in missing:
                picture = Upright(placeholder_picture(page))
            else:
                picture = _picture(sources[page.scan], page, settings, upright=case.upright)
            pictures[page.scan, page.number] = _compress(picture, page, Path(folder) / f"{count:06}", settings)
        originals = {sha256: source.file for sha256, source in sources.items()}
        bag = NewBag(build_bag(case, pages, originals, pictures, archive), bag_folder(archive, case))
    measures = {
        scan.sha256: measure(
            [page for page in pages if page.scan == scan.sha256],
            {number for sha256, number in missing if sha256 == scan.sha256},
        )
        for scan in case.scans
    }
    return Archived(bag, measures, analyse_case(case, by_ref))


def analyse_case(case: CaseFile, pages: Mapping[PageRef, Page]) -> Analysed | None:
    """Return what the index takes of a new case file; None if one of its levels has an end date."""
    if case.has_end_dates:
        return None
    (found,) = analysed([(case, [pages[ref] for document in case.documents for ref in document.pages])])
    return found


def analyse_bag(bag: Path, now: datetime | None) -> Analysed:
    """Read a bag, and make the index entries of its pages, at the levels of a time.

    Raises:
        BagError: a part of the bag cannot be read.
    """
    (found,) = analysed([read_bag(bag)], now)
    return found


def prove_page(source: Source, ref: PageRef, recipe: str, bag: Path, settings: Settings) -> None:
    """Do with one page what :func:`archive_case` does with each, and keep none of the results.

    This finds the pages because of which a case file cannot be archived.

    Args:
        source: where the page's scan is.
        ref: the page.
        recipe: the recipe with which it was read.
        bag: where the bag of its case file is, if it has one.
        settings: all settings.

    Raises:
        ScanError: the scan changed, the page's result is missing, the disk is full, or no PDF can be made of it.
    """
    # What writes PDFs takes .4 s to load.
    from pipeline.formats.pdf import Description, write_pdf  # noqa: PLC0415

    page = _Kept(settings.archive, bag).page(ref, recipe)
    describe_documents((Document(number=1, title="", pages=(ref,)),), {ref: page}, settings.document, ())
    alto(page, source.file.name, {}, datetime.now(UTC))
    work = work_folder(settings.archive)
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="page-", dir=work) as folder:
        upright = settings.pdf.upright
        picture = _picture(source, page, settings, upright=upright)
        file = _compress(picture, page, Path(folder, "picture"), settings)
        write_pdf(Description(""), [page], [file], Path(folder, "page.pdf"), upright=upright)


class _Kept:
    """The pages of a case file that were read: from kept results, or else from its existing bag."""

    def __init__(self, archive: Path, bag: Path) -> None:
        self._results = Results(archive)
        self._bag = bag
        self._archived: dict[PageRef, Page] | None = None

    def page(self, ref: PageRef, recipe: str) -> Page:
        try:
            return self._results.get(ref.scan, recipe, ref.number)
        except FileNotFoundError:
            # Results may be deleted, and do not exist at all after a rebuild or an import.
            if self._archived is None:
                self._archived = self._of_the_bag()
            page = self._archived.get(ref)
            if page is None or page.recipe != recipe:
                raise
            return page

    def _of_the_bag(self) -> dict[PageRef, Page]:
        if not self._bag.exists():
            return {}
        try:
            require_intact(self._bag)
        except BagError as error:
            raise ScanError(Code.UNREADABLE, str(error)) from error
        return {PageRef(scan=page.scan, number=page.number): page for page in read_bag(self._bag)[1]}


def _picture(source: Source, page: Page, settings: Settings, *, upright: bool) -> Upright:
    dpi, seconds = settings.page.dpi, settings.limits.page_seconds
    return source.read(lambda file: page_picture(file, source.kind, page, dpi, seconds, upright=upright))


def _compress(picture: Upright, page: Page, file: Path, settings: Settings) -> Path:
    lines = [line.box.bottom - line.box.top for block in page.blocks for line in block.lines]
    file.write_bytes(compressed(picture, settings.pdf.jpeg_quality, settings.pdf.kilobytes, lines))
    return file
