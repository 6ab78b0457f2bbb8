"""Copies of a case file for people and programs outside: its documents, its text, all of it for a viewer.

Each is made in a folder next to its place, and moved there when it is complete.
"""

import json
import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from models.errors import KeyUnusableError, TransferError
from pipeline.access.asker import Asker
from pipeline.access.audit import Deed
from pipeline.access.roles import Action
from pipeline.archive.archive import Archive
from pipeline.archive.bag import document_file, read_bag
from pipeline.archive.custody import require_recorded
from pipeline.archive.fixity import require_intact
from pipeline.archive.transfer import copy_bag
from pipeline.formats.format import Format, parts
from pipeline.formats.iiif import Files, manifest, picture_name, picture_size, text_name, text_of
from pipeline.formats.registry import formats
from pipeline.services.audit import note, notes_refusals
from pipeline.services.sight import case_in_sight

__all__ = ["Format", "export_bag", "export_documents", "export_files", "export_iiif", "formats"]

_LOG = logging.getLogger(__name__)


@notes_refusals
def export_bag(archive: Archive, asker: Asker, case: str, to: Path) -> Path:
    """Copy the bag of a case file into a folder, or a ZIP file if the name ends in .zip, and return where it is.

    Raises:
        NotFoundError: the archive holds no such case file, or none that the asker may see whole.
        NotAllowedError: the asker may not take copies.
        AuditUnusableError: the copy cannot be recorded.
        TransferError: there is something already.
        BagError: the bag is not as it was sealed.
        OSError: it cannot be written.
    """
    bag, _, level = case_in_sight(archive, asker, case)
    asker.must_be_allowed(Action.EXPORT)
    note(archive, asker, Deed.EXPORTED, f"{case}/bag", level)
    return copy_bag(bag, to)


@notes_refusals
def export_documents(archive: Archive, asker: Asker, case: str, to: Path) -> list[Path]:
    """Copy the documents of a case file into a folder, signed where the archive has a key, and return the copies.

    Raises:
        NotFoundError: the archive holds no such case file, or none that the asker may see whole.
        NotAllowedError: the asker may not take copies.
        AuditUnusableError: the copy cannot be recorded.
        KeyUnusableError: the archive's key is not there.
        BagError: the bag is not as it was sealed, or, if it is to be signed, not the one in the journal.
        TransferError: there is one already.
        JournalBrokenError: the journal, which the archive signs by, was changed.
        OSError: they cannot be written.
    """
    bag, record, level = case_in_sight(archive, asker, case)
    asker.must_be_allowed(Action.EXPORT)
    recorder = archive.recorder
    if recorder.warning:
        raise KeyUnusableError(recorder.warning)
    require_intact(bag)
    if recorder.signer:
        require_recorded(archive.folder, bag)
    numbers = [document.number for document in record.documents]
    note(archive, asker, Deed.EXPORTED, f"{case}/pdf", level)
    # pyhanko, which signs, takes a second to load.
    from pipeline.archive.signed_pdf import sign_pdf  # noqa: PLC0415

    with _beside(to) as aside:
        for number in numbers:
            source, copy = document_file(bag, number), aside / f"{bag.name}_{number:03}.pdf"
            if recorder.signer:
                sign_pdf(source, copy, recorder.signer, f"document {number} of {bag.name}")
            else:
                shutil.copyfile(source, copy)
        return _move(aside, to)


@notes_refusals
def export_files(archive: Archive, asker: Asker, case: str, form: Format, to: Path) -> list[Path]:
    """Write a case file in a format into a folder, and return the files.

    Raises:
        NotFoundError: the archive holds no such case file, or none that the asker may see whole.
        NotAllowedError: the asker may not take copies.
        AuditUnusableError: the copy cannot be recorded.
        BagError: the bag is not as it was sealed.
        TransferError: a file of that name is there already.
        OSError: they cannot be written.
    """
    bag, _, level = case_in_sight(archive, asker, case)
    asker.must_be_allowed(Action.EXPORT)
    require_intact(bag)
    record, pages = read_bag(bag)
    note(archive, asker, Deed.EXPORTED, f"{case}/{form.name}", level)
    with _beside(to) as aside:
        for part in parts(record, pages, form.unit):
            (aside / f"{part.name}{form.ending}").write_bytes(form.write(part))
        made = _move(aside, to)
    _LOG.info("a case file is written as %s: %d files", form.name, len(made))
    return made


@notes_refusals
def export_iiif(archive: Archive, asker: Asker, case: str, to: Path, base: str) -> Path:
    """Write a case file for viewers of the IIIF into a folder of its name, and return its manifest.

    Args:
        archive: the archive.
        asker: who takes it.
        case: the case file's id.
        to: the folder for it.
        base: the address at which that folder will be served.

    Raises:
        NotFoundError: the archive holds no such case file, or none that the asker may see whole.
        NotAllowedError: the asker may not take copies.
        AuditUnusableError: the copy cannot be recorded.
        BagError: the bag is not as it was sealed.
        TransferError: there is one already.
        ScanError: a page cannot be rendered from its document.
        OSError: it cannot be written.
    """
    # OpenCV, which turns pages, takes half a second to load.
    from PIL import Image  # noqa: PLC0415

    from pipeline.services.pictures import upright_from_pdf  # noqa: PLC0415

    bag, _, level = case_in_sight(archive, asker, case)
    asker.must_be_allowed(Action.EXPORT)
    settings = archive.settings
    require_intact(bag)
    record, pages = read_bag(bag)
    note(archive, asker, Deed.EXPORTED, f"{case}/iiif", level)
    addresses = Files(f"{base.rstrip('/')}/{quote(bag.name)}")
    with _beside(to) as aside:
        folder = aside / bag.name
        for name in ("pages", "text"):
            (folder / name).mkdir(parents=True)
        sources = [
            (document.number, order) for document in record.documents for order, _ in enumerate(document.pages, 1)
        ]
        for number, (page, (document, order)) in enumerate(zip(pages, sources, strict=True), 1):
            pdf = document_file(bag, document)
            picture = upright_from_pdf(pdf, order, record, page, settings.limits.page_seconds)
            image = Image.fromarray(picture.pixels).resize(picture_size(page))
            image.save(folder / picture_name(number), "JPEG", quality=settings.pdf.jpeg_quality)
            _write_json(folder / text_name(number), text_of(page, number, addresses))
        _write_json(folder / "manifest.json", manifest(record, [page.outline for page in pages], addresses))
        _move(aside, to)
    return to / bag.name / "manifest.json"


@contextmanager
def _beside(to: Path) -> Iterator[Path]:
    to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".bannasar-", dir=to) as aside:
        yield Path(aside)


def _move(aside: Path, to: Path) -> list[Path]:
    made = sorted(aside.iterdir())
    for each in made:
        if (to / each.name).exists():
            raise TransferError(f"{to / each.name} is there already. Name another folder, or move it away.")
    return [each.rename(to / each.name) for each in made]


def _write_json(file: Path, content: object) -> None:
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
