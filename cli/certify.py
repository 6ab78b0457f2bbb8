"""``bannasar certify``."""

from pathlib import Path
from typing import Annotated

import typer

from cli.actor import at_the_shell
from cli.common import ArchiveOption, CaseArgument, keep_outside, open_archive, out
from pipeline.services import certify as service


def certify(
    case: CaseArgument,
    to: Annotated[Path, typer.Option(metavar="FILE.pdf", help="Where the certificate goes.")],
    archive: ArchiveOption = None,
) -> None:
    """Write a certificate of a case file: a signed PDF of one page, with a QR code that holds the same on paper.

    The bag is verified first. People who get the certificate, on paper or as a file, check it with `bannasar check` and
    the archive's public key, or with the page that `bannasar export verifier` writes. If the setting verify.address
    names where that page is, the code leads there, and its address is printed.

    Example:
        bannasar certify box-001_dossier-A --to certificate.pdf
    """
    with open_archive(archive) as opened:
        keep_outside(opened.folder, to)
        made = service.certify(opened, at_the_shell(), case, to)
        leads_to_page = bool(opened.settings.verify.address)
    out.print(f"The certificate of {case} is {to}.")
    if leads_to_page:
        out.print("Its code opens this address, which checks it:")
        out.print(made.code)
