"""``bannasar certify``."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.changing import CaseArgument
from cli.common import ArchiveOption, Exit, bag_place, give_up, keep_outside, open_ledger, out, read_settings
from models.failure import BannasarError
from pipeline.archive.bag import read_case
from pipeline.archive.certificate import write_certificate
from pipeline.archive.fixity import NotSoundError, be_sound
from pipeline.archive.journal import JournalBrokenError, lines, manifest_of
from pipeline.archive.keys import KeyUnusableError
from pipeline.archive.signed_pdf import sign_pdf
from pipeline.archive.statement import Statement, seal
from pipeline.run.custody import be_as_told, registrar


def certify(
    case: CaseArgument,
    to: Annotated[Path, typer.Option(metavar="FILE.pdf", help="Where the certificate goes.")],
    archive: ArchiveOption = None,
) -> None:
    """Write a certificate of a case file: a signed PDF of one page, with a QR code that says the same on paper.

    The bag is verified first. Whoever gets the certificate, on paper or not, checks it with `bannasar check` and the
    archive's public key.

    Example:
        bannasar certify box-001_dossier-A --to certificate.pdf
    """
    settings = read_settings(archive)
    keep_outside(settings.archive, to)
    with open_ledger(settings.archive) as ledger:
        place = bag_place(ledger, case)
    if to.exists():
        give_up(f"{to} is there already. Name another file, or move it away.")
    bag = settings.archive / place
    try:
        journal = registrar(settings)
        if journal.signer is None:
            give_up(journal.warning or "The archive has no key to sign with. Make one: `bannasar keys init`.")
        be_sound(bag)
        be_as_told(settings.archive, bag)
        told = list(lines(settings.archive))
        entered = [line for line in told if line.bag == place and line.manifest == manifest_of(bag)]
        record = read_case(bag)
        statement = Statement(
            case=case,
            box=record.box,
            scans=len(record.scans),
            pages=sum(scan.pages for scan in record.scans),
            archived=entered[0].at,
            made=datetime.now(UTC).isoformat(timespec="seconds"),
            manifest=manifest_of(bag),
            line=told[-1].number,
            head=told[-1].digest(),
            key=journal.signer.fingerprint,
        )
        to.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".bannasar-", dir=to.parent) as folder:
            plain, signed = Path(folder, "plain.pdf"), Path(folder, "signed.pdf")
            write_certificate(statement, seal(statement, journal.signer), plain)
            sign_pdf(plain, signed, journal.signer, f"certificate of {case}")
            signed.replace(to)
    except NotSoundError as error:
        give_up(f"{error} It is not certified.", Exit.SOME_FAILED)
    except (JournalBrokenError, KeyUnusableError, BannasarError) as error:
        give_up(str(error))
    except OSError as error:
        give_up(f"{error.filename or to}: {error.strerror}.")
    out.print(f"The certificate of {case} is {to}.")
