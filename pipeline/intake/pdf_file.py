"""The file of a PDF: where the PDF ends in it, whether it is complete, and whether it is locked."""

import mmap
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pikepdf
import pypdfium2 as pdfium

from models.errors import ScanError
from models.failure import Code
from models.plural import plural

# Programs look for the end of a PDF in the last part of its file; qpdf looks in the shortest part, 1,054 bytes.
_LOOKED_AT = 1024
_END = re.compile(rb"startxref\s+(\d+)(?:[\s\0]*%%EOF)?")
# Signs of more PDF after an end: the rest of a later revision without its end, or of another PDF.
_MORE = re.compile(rb"\d\s+\d+\s+obj\b|\bendobj\b|\bendstream\b|\bxref\s+\d|\btrailer\s*<<|%PDF-\d")
# The first bytes of an object whose rest is missing.
_BEGUN = re.compile(rb"[\s\0]*\d+(?:(?:\s+\d*)?[\s\0]*\Z|\s+\d+\s+ob?(?!\w))")
# An end after which another PDF begins.
_ANOTHER = re.compile(rb"startxref\s+\d+[\s\0]*%%EOF[\s\0]*%PDF-\d")
_TABLE = re.compile(rb"[\s\0]*(?:xref|\d+\s+\d+\s+obj)\b")
# An end after which no later revision begins, though more data follow.
_NOT_GONE_ON = re.compile(rb"startxref\s+\d+[\s\0]*%%EOF(?=[\s\0]*[^\s\0])(?![\s\0]*(?:\d+\s+\d+\s+obj|xref)\b)")


# What qpdf reports for locks that no password opens.
_LOCK_MESSAGES = ("unsupported encryption filter", "Unsupported /R or /V in encryption dictionary")
# The name of the handler of a lock, directly or in a separate object, which no PDF hides in a stream.
_LOCK = re.compile(rb"/Encrypt\s*(?:(\d+)\s+(\d+)\s+R\b|<<)")
_HANDLER = re.compile(rb"/Filter\s*/([\w.#-]+)")
_HEX = re.compile(rb"#([0-9A-Fa-f]{2})")
_MOST_NAME = 40
_SEVERAL = "it consists of more than one PDF, or of parts of several"
_CHUNK = 1 << 20


@contextmanager
def for_readers(file: Path) -> Iterator[Path]:
    """Yield a file in which every program reads the PDF as :func:`open_pdf` does: the file itself, or a copy for now.

    Programs differ in how far from the end of the file they look for it, and in what they can repair.

    Raises:
        ScanError: as :func:`open_pdf`.
    """
    with _readable(file) as whole:
        with _content(whole) as content:
            is_sound = _leads_to_its_table(content)
        if is_sound:
            yield whole
            return
        with tempfile.TemporaryDirectory(prefix="repaired-") as folder:
            copy = Path(folder) / "scan.pdf"
            with open_pdf(whole) as pdf:
                pdf.save(copy)
            yield copy


@contextmanager
def open_pdf(file: Path, password: str = "") -> Iterator[pikepdf.Pdf]:
    """Open a PDF with anything after its end; repair a faulty one only if the repair cannot lose a page.

    A PDF that was cut off has no end, or an end with a part of a later revision after it. A repair would find only a
    part of it: so it is refused.

    Raises:
        ScanError: it is damaged or locked.
        pikepdf.PdfError: it is damaged.
    """
    with _readable(file) as whole:
        try:
            pdf = _opened(whole, password)
        except pikepdf.PasswordError as error:
            detail = "the password given does not open it" if password else "with a password"
            raise ScanError(Code.ENCRYPTED, detail) from error
        with pdf:
            yield pdf


def _opened(file: Path, password: str) -> pikepdf.Pdf:
    with _content(file) as content:
        if _ANOTHER.search(content):
            raise ScanError(Code.DAMAGED, _SEVERAL)
    try:
        pdf, promised = _open(file, password, repair=False)
    except pikepdf.PasswordError:
        raise
    except pikepdf.PdfError as error:
        if any(message in str(error) for message in _LOCK_MESSAGES):
            raise ScanError(Code.ENCRYPTED, _lock(file)) from error
        with _content(file) as content:
            if b"%%EOF" not in content[-2 * _LOOKED_AT :]:
                raise ScanError(Code.DAMAGED, "its end is missing") from error
            if _NOT_GONE_ON.search(content):
                raise ScanError(Code.DAMAGED, _SEVERAL) from error
        pdf, promised = _open(file, password, repair=True)
        _be_whole(pdf)
    if promised > len(pdf.pages):
        raise ScanError(
            Code.DAMAGED, f"only {len(pdf.pages)} of its {promised} pages {plural(len(pdf.pages), 'is', 'are')} left"
        )
    return pdf


def _open(file: Path, password: str, *, repair: bool) -> tuple[pikepdf.Pdf, int]:
    """Return a PDF, and how many pages it claims: a program that opens it correctly also corrects that number."""
    opened = partial(pikepdf.open, file, password=password, attempt_recovery=repair, suppress_warnings=True)
    with opened(inherit_page_attributes=False) as as_it_is:
        promised = int(as_it_is.Root.Pages.get("/Count", 0))
    return opened(), promised


def _be_whole(pdf: pikepdf.Pdf) -> None:
    """Refuse a repaired PDF that lacks a part of a page: a piece may be missing from its middle."""
    for number, page in enumerate(pdf.pages, 1):
        contents = page.obj.get("/Contents")
        forms: pikepdf.Object = page.resources.get("/XObject", pikepdf.Dictionary())
        drawn = {str(each.operands[0]) for each in pikepdf.parse_content_stream(page, "Do")}
        shown = [*(contents if isinstance(contents, pikepdf.Array) else [contents]), *map(forms.get, drawn)]
        if not all(isinstance(each, pikepdf.Stream) for each in shown):
            raise ScanError(Code.DAMAGED, "a part of it is missing", page=number)
    if any("stream length" in warning for warning in pdf.get_warnings()):
        raise ScanError(Code.DAMAGED, "a part of it is missing, or was changed when it was copied")


@contextmanager
def _readable(file: Path) -> Iterator[Path]:
    """Yield the trimmed file; if only the attachments are locked, a copy in which nothing names the lock.

    qpdf opens nothing of such a PDF without the password, though its pages are open to everybody.
    """
    with _trimmed(file) as whole:
        if not _locks_attachments_only(whole):
            yield whole
            return
        with tempfile.TemporaryDirectory(prefix="unlocked-") as folder:
            copy = Path(folder) / "scan.pdf"
            copy.write_bytes(_LOCK.sub(lambda found: found[0].replace(b"/Encrypt", b"/Unlocks"), whole.read_bytes()))
            yield copy


def _locks_attachments_only(file: Path) -> bool:
    with _content(file) as content:
        if _LOCK.search(content) is None:
            return False
    try:
        pikepdf.open(file, attempt_recovery=False, suppress_warnings=True).close()
    except pikepdf.PasswordError:
        pass
    except pikepdf.PdfError:
        return False
    else:
        return False
    try:
        pdfium.PdfDocument(file).close()
    except pdfium.PdfiumError:
        return False
    return True


@contextmanager
def _trimmed(file: Path) -> Iterator[Path]:
    """Yield a file with nothing before the beginning of a PDF and not much after its end: the file, or a copy.

    Raises:
        ScanError: there is more of a PDF after the end.
    """
    with _content(file) as content:
        size, begin, end = len(content), content.find(b"%PDF-", 0, _LOOKED_AT), _end(content)
        if end and (_MORE.search(content, end.end()) or _BEGUN.match(content, end.end())):
            raise ScanError(Code.DAMAGED, "after its end there is a part of a later revision, or of another PDF")
        is_found = begin <= 0 and (end is None or size - end.start() <= _LOOKED_AT)
    if is_found:
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="trimmed-") as folder:
        copy = Path(folder) / "scan.pdf"
        with file.open("rb") as source, copy.open("wb") as to:
            source.seek(max(0, begin))
            shutil.copyfileobj(source, to, _CHUNK)
            to.truncate((end.end() if end else size) - max(0, begin))
        yield copy


@contextmanager
def _content(file: Path) -> Iterator[mmap.mmap]:
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        yield content


def _end(content: mmap.mmap) -> re.Match[bytes] | None:
    """Return the last end of a PDF in a file, None where there is none."""
    place = content.rfind(b"startxref")
    while place >= 0:
        if found := _END.match(content, place):
            return found
        place = content.rfind(b"startxref", 0, place)
    return None


def _leads_to_its_table(content: mmap.mmap) -> bool:
    """Whether the end of a PDF says where its table of objects is."""
    end = _end(content)
    return end is not None and _TABLE.match(content, int(end[1])) is not None


def _lock(file: Path) -> str:
    """Return, for an operator, what locks a PDF if it is not a password, or not by a known method."""
    with _content(file) as content:
        place = _LOCK.search(content)
        if place and place[1]:
            place = re.search(rb"\b%s\s+%s\s+obj\b" % (place[1], place[2]), content)
        found = _HANDLER.search(content, place.start()) if place else None
        name = _HEX.sub(lambda code: bytes([int(code[1], 16)]), found[1]).decode("ascii", "replace") if found else "?"
    if name == "Standard":
        return "by an unknown method, so no password opens it"
    if name == "Adobe.PubSec":
        return "with a certificate, so no password opens it"
    return f"by rights management ({name[:_MOST_NAME]}), so no password opens it"
