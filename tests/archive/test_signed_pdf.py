"""Anybody may give a PDF to Verify: one on which its reader fails has no signature, and ends nothing."""

import pytest

from pipeline.archive.signed_pdf import Signature, signature_of

_CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [3 0 R] >> >>"
_DEEP = 20_000


def _pdf(third: bytes) -> bytes:
    """Return a PDF without pages, whose third object is the field of a form."""
    made, places = b"%PDF-1.7\n", []
    for number, content in enumerate((_CATALOGUE, b"<< /Type /Pages /Kids [] /Count 0 >>", third), 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(made)
    return made + b"xref\n0 4\n0000000000 65535 f \n" + table + end


@pytest.mark.parametrize(
    ("field", "signature"),
    [
        pytest.param(b"<< /T (a) >>", Signature.NONE, id="no signature"),
        pytest.param(b"[" * _DEEP + b"]" * _DEEP, Signature.NONE, id="deep"),
        pytest.param(b"3 0 R", Signature.NONE, id="leads to itself"),
        pytest.param(b"<< /FT /Sig /T (a) /V 5 >>", Signature.NONE, id="a number"),
        pytest.param(b"<< /FT /Sig /T (/ByteRange) /V 5 >>", Signature.BROKEN, id="a number, signed"),
    ],
)
def test_a_pdf_on_which_the_reader_fails_has_no_sound_signature(field: bytes, signature: Signature) -> None:
    """It goes around in circles, is nested thousands of times, or has something else where a signature must be."""
    assert signature_of(_pdf(field), {}) is signature
