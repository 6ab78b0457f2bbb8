"""Where a PDF ends in its file, whether it is complete, and whether it is locked."""

import io
import random
import re
import subprocess
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2 as pdfium
import pytest

from config.settings import load
from models.errors import ScanError
from models.failure import Code
from models.scan import Kind
from pipeline.intake.inspect import inspect
from pipeline.intake.pdf_file import for_readers, open_pdf

LIMITS = load().limits
_HTML = b"<html><head><title>404</title></head><body>not found</body></html>\r\n"
_MAIL = b"\r\n----boundary42\r\nContent-Type: text/plain\r\n\r\n12 0 Rue du Port\r\n"
_BEHIND = {
    "one NUL": b"\0",
    "one letter": b"x",
    "a copier's NULs": bytes(4845),
    "megabytes of NULs": bytes(3 << 20),
    "spaces": b" " * 9000,
    "a web page": _HTML,
    "a long web page": _HTML * 130,
    "a mail's footer": _MAIL,
    "anything": random.Random(1).randbytes(70_000),  # noqa: S311  # no secret
    "a second end": b"%%EOF\n" + bytes(3000),
}
_BEFORE = {
    "a byte order mark": b"\xef\xbb\xbf",
    "a mail's header": b"Content-Type: application/pdf\r\n\r\n",
    "a printer's": b"\x1b%-12345X@PJL ENTER LANGUAGE=PDF\r\n",
    "as much as may be": b"A" * 1019,
}


def _pdf(pages: int = 3, **save: Any) -> bytes:
    """Return a PDF with its number on each page."""
    pdf = pikepdf.new()
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    for number in range(1, pages + 1):
        page = pdf.add_blank_page(page_size=(595, 842))
        page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        page.obj.Contents = pdf.make_stream(b"BT /F1 14 Tf 72 720 Td (This is page %d) Tj ET" % number)
    made = io.BytesIO()
    pdf.save(made, **save)
    return made.getvalue()


def _revised(pdf: bytes) -> bytes:
    """Return a PDF followed by a later revision with another text on the first page."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        contents, size = opened.pages[0].obj.Contents.objgen[0], int(opened.trailer.Size)
        root = opened.Root.objgen[0]
    before = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    words = b"BT /F1 14 Tf 72 720 Td (This is page one, revised) Tj ET"
    new = b"%d 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\n" % (contents, len(words), words)
    table = b"xref\n0 1\n0000000000 65535 f \n%d 1\n%010d 00000 n \n" % (contents, len(pdf))
    trailer = b"trailer\n<< /Size %d /Root %d 0 R /Prev %d >>\n" % (size, root, before)
    return pdf + new + table + trailer + b"startxref\n%d\n%%%%EOF\n" % (len(pdf) + len(new))


_PLAIN = _pdf(object_stream_mode=pikepdf.ObjectStreamMode.disable)
_KINDS = {
    "plain": _PLAIN,
    "with object streams": _pdf(object_stream_mode=pikepdf.ObjectStreamMode.generate),
    "linearized": _pdf(linearize=True),
    "revised": _revised(_PLAIN),
    "locked against changes": _pdf(encryption=pikepdf.Encryption(user="", owner="o")),
}


def _inspect(file: Path, content: bytes) -> tuple[Kind, int]:
    file.write_bytes(content)
    return inspect(file, LIMITS, 100)


def _refusal(file: Path, content: bytes) -> tuple[Code, str]:
    with pytest.raises(ScanError) as caught:
        _inspect(file, content)
    return caught.value.failure.code, caught.value.failure.detail


def _read_by_each(file: Path) -> list[list[str]]:
    """Return what pikepdf, pdfium and poppler read on each page."""
    with pikepdf.open(file) as pdf:
        ours = [re.findall(r"\((.*)\)", page.obj.Contents.read_bytes().decode())[0] for page in pdf.pages]
    opened = pdfium.PdfDocument(file)
    theirs = [page.get_textpage().get_text_range().strip() for page in opened]
    opened.close()
    output = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, check=True).stdout.decode()
    return [ours, theirs, [page.strip() for page in output.split("\f")[:-1]]]


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("junk", _BEHIND)
def test_what_lies_behind_the_end_is_passed_over(tmp_path, kind, junk):
    """Copiers, mail and web programs write other bytes there; every viewer opens such a PDF."""
    assert _inspect(tmp_path / "a.pdf", _KINDS[kind] + _BEHIND[junk]) == (Kind.PDF, 3)


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("junk", _BEFORE)
def test_what_lies_before_the_beginning_is_passed_over(tmp_path, kind, junk):
    """The offsets in a PDF count from its beginning."""
    content = _BEFORE[junk] + _KINDS[kind] + bytes(2000)
    assert _inspect(tmp_path / "a.pdf", content) == (Kind.PDF, 3)


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("junk", [b"", bytes(4845), _HTML * 40], ids=["nothing", "NULs", "a web page"])
def test_a_pdf_that_was_cut_off_is_refused_whatever_lies_behind(tmp_path, kind, junk):
    """No page is lost unnoticed, and no older revision is shown in place of one that was cut off."""
    whole = _KINDS[kind]
    revision = whole.find(b"%%EOF") if kind == "revised" else -100
    # Nothing is missing after a cut within the last marker, or at the end of a revision.
    cuts = [cut for cut in range(9, whole.rindex(b"startxref") + 9, 7) if not -10 < cut - revision < 13]
    for cut in cuts:
        assert _refusal(tmp_path / "cut.pdf", whole[:cut] + junk)[0] is Code.DAMAGED, cut


@pytest.mark.parametrize("kind", _KINDS)
def test_an_end_without_its_mark_or_line_end_is_one(tmp_path, kind):
    """Nothing of the PDF is missing."""
    whole = _KINDS[kind].rstrip()
    assert _inspect(tmp_path / "a.pdf", whole + bytes(5000)) == (Kind.PDF, 3)
    assert _inspect(tmp_path / "b.pdf", whole.removesuffix(b"%%EOF")) == (Kind.PDF, 3)
    assert _inspect(tmp_path / "c.pdf", whole.removesuffix(b"%%EOF") + bytes(5000)) == (Kind.PDF, 3)


def test_two_pdfs_in_one_file_are_refused(tmp_path):
    """A viewer shows the last one, or a mixture: the pages of one of them would be lost."""
    other = _pdf(2)
    older = _pdf(30)
    twin = _PLAIN.replace(b"/MediaBox [ 0 0 595 842 ]", b"/MediaBox [ 0 0 595 841 ]")
    for content in (_PLAIN + other, _PLAIN + _HTML + other, other + b"\0\n" + _PLAIN, _PLAIN + twin):
        assert _refusal(tmp_path / "two.pdf", content)[0] is Code.DAMAGED
    # Written over a longer one, whose rest remains.
    assert _refusal(tmp_path / "over.pdf", _PLAIN + older[len(_PLAIN) :])[0] is Code.DAMAGED


def test_a_pdf_that_lacks_a_piece_out_of_its_middle_is_refused(tmp_path):
    """Its end is there and shows its original length: a repair would leave pages empty."""
    place = _PLAIN.index(b"stream\n")
    for first, last in ((place, place + 150), (place + 200, place + 600), (place, place + 30)):
        assert _refusal(tmp_path / "a.pdf", _PLAIN[:first] + _PLAIN[last:])[0] is Code.DAMAGED
    page = _PLAIN.index(b"<< /Contents")
    nothing = bytes(200)
    assert _refusal(tmp_path / "b.pdf", _PLAIN[:page] + nothing + _PLAIN[page + 200 :])[0] is Code.DAMAGED


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("fault", ["behind", "before", "wrong place"])
def test_every_program_reads_the_same_pages(tmp_path, kind, fault):
    """Poppler does not repair PDFs with object streams, and looks for the end only in the last 24 kB."""
    whole = _KINDS[kind]
    last = whole.rindex(b"startxref") + len(b"startxref\n")
    faulty = {"behind": whole + bytes(70_000), "before": b"A" * 1019 + whole}
    content = faulty.get(fault, whole[:last] + b"9" + whole[last:])
    file = tmp_path / "a.pdf"
    file.write_bytes(content)
    first = "This is page one, revised" if kind == "revised" else "This is page 1"
    with for_readers(file) as readable:
        assert _read_by_each(readable) == 3 * [[first, "This is page 2", "This is page 3"]]
    assert file.read_bytes() == content


def test_a_sound_pdf_is_read_where_it_lies(tmp_path):
    """A copy for each page costs time."""
    for kind, content in _KINDS.items():
        file = tmp_path / f"{kind}.pdf"
        file.write_bytes(content + bytes(100))
        with for_readers(file) as readable:
            assert readable == file


def _locked(lock: bytes) -> bytes:
    """Return a PDF whose trailer describes how it is locked."""
    table = _PLAIN.index(b"xref\n0")
    rows = _PLAIN[table : _PLAIN.index(b"trailer")].splitlines()[2:]
    size = len(rows)
    new = b"%d 0 obj\n%s\nendobj\n" % (size, lock)
    entries = b"".join(b"%s \n" % row.strip() for row in [*rows, b"%010d 00000 n" % table])
    trailer = b"trailer\n<< /Size %d /Root 1 0 R /Encrypt %d 0 R /ID [ <00> <00> ] >>\n" % (size + 1, size)
    start = table + len(new)
    return _PLAIN[:table] + new + b"xref\n0 %d\n%s%sstartxref\n%d\n%%%%EOF\n" % (size + 1, entries, trailer, start)


_PASSWORD = b"/O <%s> /U <%s> /P -4 /Length 128" % (b"00" * 32, b"00" * 32)


@pytest.mark.parametrize(
    ("lock", "words"),
    [
        (b"<< /Filter /Standard /V 2 /R 3 %s >>" % _PASSWORD, "with a password"),
        (b"<< /Filter /Standard /V 6 /R 7 %s >>" % _PASSWORD, "by an unknown method"),
        (b"<< /Filter /Adobe.PubSec /SubFilter /adbe.pkcs7.s4 /V 2 /Recipients [ <30> ] >>", "a certificate"),
        (b"<< /Filter /Adobe#2EPubSec /SubFilter /adbe.pkcs7.s5 /V 5 >>", "a certificate"),
        (b"<< /V 1 /Filter /FOPN_fLock >>", "FOPN_fLock"),
        (b"<< /Filter /EBX_HANDLER /V 4 >>", "EBX_HANDLER"),
        (b"<< /Filter /MicrosoftIRMServices /V 1 >>", "MicrosoftIRMServices"),
    ],
)
def test_a_lock_of_any_kind_is_called_a_lock(tmp_path, lock, words):
    """A person who reads that a file is damaged would copy it again, without success."""
    for junk in (b"", bytes(4845)):
        code, detail = _refusal(tmp_path / "a.pdf", _locked(lock) + junk)
        assert code is Code.ENCRYPTED
        assert words in detail
    if words != "with a password":
        with pytest.raises(ScanError) as caught, open_pdf(tmp_path / "a.pdf", "geheim"):
            pass
        assert caught.value.failure.code is Code.ENCRYPTED
        assert words in caught.value.failure.detail


def test_a_pdf_of_which_only_the_attachments_are_locked_is_read(tmp_path):
    """Everybody can read its pages."""
    filters = b"/CF << /StdCF << /CFM /AESV2 /AuthEvent /EFOpen >> >> /StmF /Identity /StrF /Identity /EFF /StdCF"
    content = _locked(b"<< /Filter /Standard /V 4 /R 4 %s %s >>" % (filters, _PASSWORD))
    for junk in (b"", bytes(4845)):
        assert _inspect(tmp_path / "a.pdf", content + junk) == (Kind.PDF, 3)
        # Every program that reads a page must open it.
        with for_readers(tmp_path / "a.pdf") as file, pikepdf.open(file, attempt_recovery=False) as pdf:
            assert len(pdf.pages) == 3


def test_the_cover_of_a_locked_document_is_not_taken_for_it(tmp_path):
    """ISO 32000-2, 7.6.7: its visible page tells the reader that there is another document to open."""
    pdf = pikepdf.open(io.BytesIO(_pdf(1)))
    attached = pikepdf.AttachedFileSpec(pdf, b"locked", filename="a.pdf", relationship=pikepdf.Name.EncryptedPayload)
    pdf.attachments["a.pdf"] = attached
    plain = io.BytesIO()
    pdf.save(plain)
    assert _inspect(tmp_path / "attached.pdf", plain.getvalue()) == (Kind.PDF, 1)
    pdf.Root.Collection = pikepdf.Dictionary(View=pikepdf.Name.H, D=pikepdf.String("a.pdf"))
    cover = io.BytesIO()
    pdf.save(cover)
    assert _refusal(tmp_path / "cover.pdf", cover.getvalue())[0] is Code.ENCRYPTED


def test_a_locked_pdf_that_was_cut_off_is_damaged_whatever_its_password(tmp_path):
    """The password opens only a part of it."""
    locked = _pdf(encryption=pikepdf.Encryption(user="u", owner="o"))
    file = tmp_path / "a.pdf"
    file.write_bytes(locked + bytes(4845))
    with open_pdf(file, "u") as pdf:
        assert len(pdf.pages) == 3
    file.write_bytes(locked[: len(locked) * 2 // 3] + bytes(4845))
    with pytest.raises(ScanError) as caught, open_pdf(file, "u"):
        pass
    assert caught.value.failure.code is Code.DAMAGED
