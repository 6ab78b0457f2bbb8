"""The certificate of a case file: a signed PDF of one page, with a code that holds the same on paper."""

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from models.errors import BagError, ConflictError, KeyUnusableError
from pipeline.access.asker import Asker
from pipeline.access.audit import Deed
from pipeline.access.roles import Action
from pipeline.archive.archive import Archive
from pipeline.archive.certificate import code_of, write_certificate
from pipeline.archive.custody import require_recorded
from pipeline.archive.fixity import require_intact
from pipeline.archive.journal import lines, manifest_of
from pipeline.archive.signed_pdf import sign_pdf
from pipeline.archive.statement import Statement, seal
from pipeline.services.audit import note, notes_refusals
from pipeline.services.keys import MAKE_KEY, NO_KEY
from pipeline.services.sight import case_in_sight


@dataclass(frozen=True, slots=True)
class Certified:
    """What a certificate states, and what its code says."""

    statement: Statement
    code: str


@notes_refusals
def certify(archive: Archive, asker: Asker, case: str, to: Path) -> Certified:
    """Write the certificate of a case file, whose bag is verified first.

    Args:
        archive: the archive; it must have a key.
        asker: who asks for it.
        case: the case file's id.
        to: the file of the certificate.

    Returns:
        What it states, and its code.

    Raises:
        NotFoundError: the archive holds no such case file, or none that the asker may see whole.
        NotAllowedError: the asker may not take copies.
        AuditUnusableError: it cannot be recorded.
        ConflictError: there is such a file already.
        KeyUnusableError: the archive has no key, or it is not there.
        BagError: the bag is damaged, or is not the one in the journal.
        JournalBrokenError: a line of the journal was changed.
        ScanError: the certificate cannot be made.
        OSError: something cannot be read or written.
    """
    bag, record, level = case_in_sight(archive, asker, case)
    asker.must_be_allowed(Action.EXPORT)
    if to.exists():
        raise ConflictError(f"{to} is there already.", "Name another file, or move it away.")
    signer = archive.recorder.signer
    if signer is None:
        raise KeyUnusableError(archive.recorder.warning or NO_KEY, "" if archive.recorder.warning else MAKE_KEY)
    try:
        require_intact(bag)
        require_recorded(archive.folder, bag)
    except BagError as error:
        raise BagError(str(error), "It is not certified.") from error
    journal = list(lines(archive.folder))
    place = archive.path_of(bag)
    entered = next(line for line in journal if line.bag == place and line.manifest == manifest_of(bag))
    statement = Statement(
        case=case,
        box=record.box,
        scans=len(record.scans),
        pages=sum(scan.pages for scan in record.scans),
        archived=entered.at,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        manifest=manifest_of(bag),
        line=journal[-1].number,
        head=journal[-1].digest(),
        key=signer.fingerprint,
    )
    note(archive, asker, Deed.PRINTED, f"{case}/certificate", level)
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".bannasar-", dir=to.parent) as folder:
        plain, signed = Path(folder, "plain.pdf"), Path(folder, "signed.pdf")
        sealed, address = seal(statement, signer), archive.settings.verify.address
        write_certificate(statement, sealed, plain, address)
        sign_pdf(plain, signed, signer, f"certificate of {case}")
        signed.replace(to)
    return Certified(statement, code_of(sealed, address))
