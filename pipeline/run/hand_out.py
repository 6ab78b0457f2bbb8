"""Copies of a case file's documents for people outside, signed where the archive has a key."""

import shutil
from pathlib import Path

from pipeline.archive.bag import read_case
from pipeline.archive.fixity import verify_bag
from pipeline.archive.signed_pdf import sign_pdf
from pipeline.archive.transfer import TransferError
from pipeline.run.custody import Registrar


def export_documents(bag: Path, to: Path, journal: Registrar) -> list[Path]:
    """Copy the documents of a bag into a folder, and return the copies.

    Raises:
        TransferError: there is one already, or the bag is not as it was sealed.
        OSError: they cannot be written.
    """
    if damages := verify_bag(bag):
        raise TransferError(f"The bag {bag} is not as it was sealed ({damages[0].kind}: {damages[0].path}).")
    to.mkdir(parents=True, exist_ok=True)
    made = []
    for document in read_case(bag).documents:
        name = f"{document.number:03}.pdf"
        source, copy = bag / "data" / "documents" / name, to / f"{bag.name}_{name}"
        if copy.exists():
            raise TransferError(f"{copy} is there already. Name another folder, or move it away.")
        part = copy.with_name(f".{copy.name}.part")
        if journal.signer:
            sign_pdf(source, part, journal.signer, f"document {document.number} of {bag.name}")
        else:
            shutil.copyfile(source, part)
        part.rename(copy)
        made.append(copy)
    return made
