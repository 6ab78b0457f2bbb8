"""``bannasar import``."""

from pathlib import Path
from typing import Annotated

import typer

from cli.actor import at_the_shell
from cli.common import ArchiveOption, out, read_settings, warn
from models.plural import number_of
from pipeline.services import import_bag as service
from pipeline.services.archives import Archive


def import_bag(
    bag: Annotated[Path, typer.Argument(metavar="BAG", help="The folder of a bag, or a ZIP file of one.")],
    archive: ArchiveOption = None,
) -> None:
    """Import a case file from another archive: its bag is verified, copied, and indexed.

    The bag does not have to be signed. But a bag is refused if its signature is wrong and names a key that this archive
    trusts. `bannasar keys trust` makes this archive trust the other archive's key.

    Example:
        bannasar import /media/stick/box-001_dossier-A.zip
    """
    with Archive(read_settings(archive)) as opened:
        done = service.import_bag(opened, at_the_shell(), bag)
    warn(done.warning)
    if done.index_error:
        warn(f"It waits for the index: {done.index_error}")
    case = done.case
    pages = sum(len(document.pages) for document in case.documents)
    scans = len(case.scans)
    out.print(f"{case.box}/{case.id}: {number_of(scans, 'scan')}, {number_of(pages, 'page')} imported.")
    signed = (
        "A key that this archive trusts signed it." if done.is_signed else "No key that this archive trusts signed it."
    )
    out.print(f"It is as it was sealed. {signed}")
