"""PDFs with a signature (PAdES, ETSI EN 319 142), which PDF readers can check.

The certificate in the signature is signed by its own key and does not name an owner. Only the key counts: it is
compared with the trusted keys.
"""

import io
import logging
import zlib
from collections.abc import Container
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator.registry import SimpleCertificateStore

from pipeline.archive.keys import Signer, fingerprint

# They warn about every certificate that no authority has signed, such as ours.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)
_FIELD = "Bannasar"
# A changed file may fail anywhere in their reader; so may an unsigned file of a faulty program, or of an attacker: in
# circles, or nested thousands of times.
_FAILS = (
    PdfError, SigningError, SignatureValidationError, ValueError, LookupError, TypeError, AttributeError, RuntimeError,
    zlib.error,
)  # fmt: skip
_BYTES_SIGNED = b"/ByteRange"  # every signed PDF has it (PDF 32000-1, 12.8.1)


class Signature(StrEnum):
    """The state of a PDF's signature."""

    SOUND = "sound"
    BROKEN = "broken"
    UNKNOWN_KEY = "unknown key"
    NONE = "none"


def sign_pdf(pdf: Path, to: Path, signer: Signer, reason: str) -> None:
    """Write a copy of a PDF with a signature at its end; the bytes before that do not change.

    Args:
        pdf: the PDF.
        to: the file for the signed PDF.
        signer: who signs.
        reason: why, as PDF readers show it.

    Raises:
        OSError: it cannot be read or written.
    """
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Bannasar archive {signer.fingerprint[:16]}")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(signer.key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))  # RFC 5280, 4.1.2.5: it has no end
        .sign(signer.key, None)
    )
    private = signer.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    own = signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER)),
        signing_key=asn1_keys.PrivateKeyInfo.load(private),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
    )
    about = signers.PdfSignatureMetadata(
        field_name=_FIELD, reason=reason, md_algorithm="sha512", subfilter=fields.SigSeedSubFilter.PADES
    )
    with pdf.open("rb") as stream:
        made = signers.PdfSigner(about, signer=own).sign_pdf(IncrementalPdfFileWriter(stream), in_place=False)
    to.write_bytes(made.getbuffer())


def signature_of(pdf: bytes, known: Container[str]) -> Signature:
    """Return the state of a PDF's signature; it is sound only if it covers the whole file.

    Args:
        pdf: the file, which may be made to keep its reader busy: a file of others is looked at in a sandbox.
        known: the fingerprints of the keys whose signatures count.
    """
    if _BYTES_SIGNED not in pdf:
        return Signature.NONE
    try:
        found = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        if not found:
            return Signature.NONE
        last = found[-1]
        certificate = last.signer_cert
        if certificate.public_key.algorithm != "ed25519":  # a signature of somebody else, with another kind of key
            return Signature.UNKNOWN_KEY
        public = Ed25519PublicKey.from_public_bytes(bytes(certificate.public_key["public_key"]))
        if fingerprint(public) not in known:
            return Signature.UNKNOWN_KEY
        status = validate_pdf_signature(last)
    except _FAILS:
        return Signature.BROKEN
    whole = status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    return Signature.SOUND if status.intact and status.valid and whole else Signature.BROKEN
