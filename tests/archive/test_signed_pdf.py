"""Anybody may give a PDF to Verify: one on which its reader fails has no signature, and ends nothing."""

from pathlib import Path

import pytest

from pipeline.archive.signed_pdf import Signature, signature_of
from pipeline.services import given_file
from pipeline.services.given_file import signature_in

_CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [3 0 R] >> >>"
_DEEP = 20_000


def _pdf(*fields: bytes) -> bytes:
    """Return a PDF without pages, whose third object is the field of a form; the others follow it."""
    made, places = b"%PDF-1.7\n", []
    for number, content in enumerate((_CATALOGUE, b"<< /Type /Pages /Kids [] /Count 0 >>", *fields), 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(places) + 1
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(made))
    return made + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + end


@pytest.mark.parametrize(
    ("field", "signature"),
    [
        pytest.param(b"<< /T (a) >>", Signature.NONE, id="no signature"),
        pytest.param(b"[" * _DEEP + b"/ByteRange" + b"]" * _DEEP, Signature.BROKEN, id="deep"),
        pytest.param(b"3 0 R %/ByteRange", Signature.BROKEN, id="leads to itself"),
        pytest.param(b"<< /FT /Sig /T (a) /V 5 >>", Signature.NONE, id="a number"),
        pytest.param(b"<< /FT /Sig /T (/ByteRange) /V 5 >>", Signature.BROKEN, id="a number, signed"),
    ],
)
def test_a_pdf_on_which_the_reader_fails_has_no_sound_signature(field: bytes, signature: Signature) -> None:
    """It goes around in circles, is nested thousands of times, or has something else where a signature must be."""
    assert signature_of(_pdf(field), ()) is signature


def test_a_pdf_that_keeps_its_reader_busy_for_years_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each field of its form names the next one ten times; in the reading room it would never end."""
    monkeypatch.setattr(given_file, "_SECONDS", 1)
    fields = [b"<< /FT /Sig /T (a) /Kids [" + b" %d 0 R" % (number + 4) * 10 + b"] >>" for number in range(20)]
    (tmp_path / "a.pdf").write_bytes(_pdf(*fields, b"<< /FT /Sig /T (/ByteRange) >>"))
    assert signature_in(tmp_path / "a.pdf", frozenset()) is None
    (tmp_path / "a.pdf").write_bytes(_pdf(*fields[:1], b"<< /FT /Sig /T (/ByteRange) >>"))
    monkeypatch.undo()
    assert signature_in(tmp_path / "a.pdf", frozenset()) is Signature.NONE
