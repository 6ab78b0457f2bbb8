"""Copies of a case file for people and programs outside: its documents, its text, all of it for a viewer.

Each is made in a folder beside its place, and moved there whole.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from PIL import Image

from models.settings import Settings
from pipeline.archive.bag import document_file, read_bag, read_case
from pipeline.archive.fixity import be_sound
from pipeline.archive.hocr import hocr
from pipeline.archive.iiif import manifest, picture_name, picture_size, text_name, text_of
from pipeline.archive.signed_pdf import sign_pdf
from pipeline.archive.transfer import TransferError
from pipeline.run.custody import Registrar, be_as_told
from pipeline.run.pictures import upright_from_pdf


def export_documents(bag: Path, to: Path, journal: Registrar) -> list[Path]:
    """Copy the documents of a bag into a folder, signed where the archive has a key, and return the copies.

    Raises:
        NotSoundError: the bag is not as it was sealed, or, where it is signed, not the one the journal tells of.
        TransferError: there is one already.
        JournalBrokenError: the journal, by which the archive signs, was changed.
        OSError: they cannot be written.
    """
    be_sound(bag)
    if journal.signer:
        be_as_told(journal.archive, bag)
    numbers = [document.number for document in read_case(bag).documents]
    with _beside(to) as aside:
        for number in numbers:
            source, copy = document_file(bag, number), aside / f"{bag.name}_{number:03}.pdf"
            if journal.signer:
                sign_pdf(source, copy, journal.signer, f"document {number} of {bag.name}")
            else:
                shutil.copyfile(source, copy)
        return _move(aside, to)


def export_hocr(bag: Path, to: Path) -> list[Path]:
    """Write the text of each document of a bag as hOCR into a folder, and return the files.

    Raises:
        NotSoundError: the bag is not as it was sealed.
        TransferError: there is one already.
        OSError: they cannot be written.
    """
    be_sound(bag)
    case, pages = read_bag(bag)
    by_place = {(page.scan, page.number): page for page in pages}
    with _beside(to) as aside:
        for document in case.documents:
            own = [by_place[ref.scan, ref.number] for ref in document.pages]
            made = hocr(document.title, own, [""] * len(own))
            (aside / f"{bag.name}_{document.number:03}.hocr").write_bytes(made)
        return _move(aside, to)


def export_iiif(bag: Path, to: Path, base: str, settings: Settings) -> Path:
    """Write a case file for viewers of the IIIF into a folder of its name, and return its manifest.

    Args:
        bag: the bag.
        to: where the folder goes.
        base: the address under which that place will be served.
        settings: how fast and how large a page may be.

    Raises:
        NotSoundError: the bag is not as it was sealed.
        TransferError: there is one already.
        BannasarError: a page's picture cannot be had from its document.
        OSError: it cannot be written.
    """
    be_sound(bag)
    case, pages = read_bag(bag)
    place = f"{base.rstrip('/')}/{quote(bag.name)}"
    with _beside(to) as aside:
        folder = aside / bag.name
        for name in ("pages", "text"):
            (folder / name).mkdir(parents=True)
        sources = [(document.number, order) for document in case.documents for order, _ in enumerate(document.pages, 1)]
        for number, (page, (document, order)) in enumerate(zip(pages, sources, strict=True), 1):
            pdf = document_file(bag, document)
            picture = upright_from_pdf(pdf, order, case, page, settings.limits.page_seconds)
            image = Image.fromarray(picture.pixels).resize(picture_size(page))
            image.save(folder / picture_name(number), "JPEG", quality=settings.pdf.jpeg_quality)
            _write_json(folder / text_name(number), text_of(page, number, place))
        _write_json(folder / "manifest.json", manifest(case, pages, place))
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
