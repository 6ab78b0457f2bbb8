"""``bannasar export``."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from cli.changing import CaseArgument
from cli.common import (
    ArchiveOption,
    Exit,
    bag_place,
    err,
    give_up,
    keep_outside,
    open_ledger,
    out,
    read_settings,
    warn_of_damage,
)
from models.failure import BannasarError
from models.settings import Settings
from pipeline.archive.fixity import NotSoundError
from pipeline.archive.journal import JournalBrokenError
from pipeline.archive.keys import KeyUnusableError
from pipeline.archive.text_export import export_text
from pipeline.archive.transfer import TransferError, export_bag
from pipeline.run.custody import registrar
from pipeline.run.hand_out import export_documents, export_hocr, export_iiif

ToOption = Annotated[Path, typer.Option(metavar="DIR", help="Where they go; it is made if need be.")]
_MOST_FAILED = 20

app = typer.Typer(help="Take things out of the archive.", no_args_is_help=True)


@app.command()
def text(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the texts go; it is made if need be.")],
    archive: ArchiveOption = None,
    box: Annotated[str | None, typer.Option(metavar="BOX", help="Only this box, by its id.")] = None,
) -> None:
    """Write the text of every archived scan that is not withdrawn, one file a scan, its pages parted by form feeds.

    A scan ``letters/12.pdf`` becomes ``letters/12.txt``; where two scans would become one file, each keeps its whole
    name (``letters/12.pdf.txt``), and where that is not enough, gets digits of its SHA-256. Capital letters make no
    difference: not every disk tells them apart. With more than one box in the archive each has a folder of its own.
    A text that is there is written over.

    Example:
        bannasar export text ./texts
    """
    settings = read_settings(archive)
    keep_outside(settings.archive, folder)
    with open_ledger(settings.archive) as ledger:
        boxes = [known.id for known in ledger.boxes()]
    if box is not None and box not in boxes:
        give_up(f"The archive holds no box {box}. It holds: {', '.join(boxes)}.")
    try:
        done = export_text(settings.archive, folder, box)
    except OSError as error:
        give_up(f"{error.filename or folder}: {error.strerror}.")
    told = "1 text" if done.written == 1 else f"{done.written:,} texts"
    out.print(f"{told} written to {folder}.")
    if done.others:
        out.print(f"Not of this export, and left as they are: {done.others:,} .txt files.")
    for file, reason in done.failed[:_MOST_FAILED]:
        err.print(f"Not written: {file}: {reason}.", style="bold red", markup=False)
    if (more := len(done.failed) - _MOST_FAILED) > 0:
        err.print(f"And {more:,} more. Name another folder, or move away what is there.", style="bold red")
    warn_of_damage(settings.archive, done.damaged)
    if done.failed or done.damaged:
        raise typer.Exit(Exit.SOME_FAILED)


@app.command()
def bag(
    case: CaseArgument,
    to: Annotated[Path, typer.Option(metavar="DIR|FILE.zip", help="Where the bag goes.")],
    archive: ArchiveOption = None,
) -> None:
    """Copy the bag of a case file, verified before and after; `bannasar import` takes it into another archive.

    Examples:
        bannasar export bag box-001_dossier-A --to /media/stick

        bannasar export bag box-001_dossier-A --to dossier-A.zip
    """
    with _taken_out(case, archive, to) as (place, _):
        made = export_bag(place, to)
    out.print(f"{case} is copied to {made}.")


@app.command()
def pdf(case: CaseArgument, to: ToOption, archive: ArchiveOption = None) -> None:
    """Copy the documents of a case file, signed, so that whoever gets one can check it by itself.

    In an archive without a key (`bannasar keys init`) they are copied as they are.

    Example:
        bannasar export pdf box-001_dossier-A --to ./for-the-court
    """
    with _taken_out(case, archive, to) as (place, settings):
        journal = registrar(settings)
        if journal.warning:
            give_up(journal.warning)
        made = export_documents(place, to, journal)
    signed = "signed" if journal.signer else "not signed, for the archive has no key"
    out.print(f"{len(made)} documents of {case} are copied to {to}, {signed}.")


@app.command()
def hocr(case: CaseArgument, to: ToOption, archive: ArchiveOption = None) -> None:
    """Write the text of a case file's documents as hOCR, with the place of every word.

    ALTO lies in the bag already.

    Example:
        bannasar export hocr box-001_dossier-A --to ./hocr
    """
    with _taken_out(case, archive, to) as (place, _):
        made = export_hocr(place, to)
    out.print(f"{len(made)} documents of {case} are written to {to}.")


@app.command()
def iiif(
    case: CaseArgument,
    to: ToOption,
    base: Annotated[str, typer.Option(metavar="URL", help="The address under which that folder will be served.")],
    archive: ArchiveOption = None,
) -> None:
    """Write a case file for viewers of the IIIF: a manifest, a picture a page, the text as annotations.

    Any web server can serve the folder; Mirador and the Universal Viewer open the manifest.

    Example:
        bannasar export iiif box-001_dossier-A --to ./iiif --base https://archive.example/iiif
    """
    with _taken_out(case, archive, to) as (place, settings):
        made = export_iiif(place, to, base, settings)
    out.print(f"The manifest of {case} is {made}.")


@contextmanager
def _taken_out(case: str, archive: Path | None, to: Path) -> Iterator[tuple[Path, Settings]]:
    """Give the bag of a case file and the settings; give up where it cannot be taken out."""
    settings = read_settings(archive)
    keep_outside(settings.archive, to)
    with open_ledger(settings.archive) as ledger:
        place = bag_place(ledger, case)
    try:
        yield settings.archive / place, settings
    except (BannasarError, JournalBrokenError, KeyUnusableError, NotSoundError, TransferError) as error:
        give_up(str(error))
    except OSError as error:
        give_up(f"{error.filename or to}: {error.strerror}.")
