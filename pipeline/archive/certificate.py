"""A certificate of a case file: one page that can be printed, with its statement in words and as a QR code."""

import io
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import segno
from PIL import Image, ImageDraw

from models.page import Block, Line, Page, Rect
from pipeline.archive.statement import Statement
from pipeline.formats.lettering import draw_line
from pipeline.formats.pdf import Description, write_pdf

_DPI = 300
_A4 = (2480, 3508)
_MARGIN = 250
_CODE = 1050  # pixels on each side: 9 cm, so that a telephone can read it from paper
_HEAD = ("វិញ្ញាបនបត្រ", "Certificat · Certificate")
_ROWS = (
    ("សំណុំរឿង · Dossier · Case file", "{case}"),
    ("ប្រអប់ · Carton · Box", "{box}"),
    ("ស្កេន / ទំព័រ · Numérisations / pages · Scans / pages", "{scans} / {pages}"),
    ("ចូលបណ្ណសារ · Archivé · Archived", "{archived}"),
    ("ចេញវិញ្ញាបនបត្រ · Établi · Stated", "{made}"),
    ("មាតិកា · Contenu · Contents (SHA-256)", "{manifest}"),
    ("កំណត់ហេតុ · Journal", "{line}: {head}"),
    ("សោ · Clé · Key", "{key}"),
)
_ADDRESS_WIDTH = 52  # letters beside the code
_FOOT = (
    "អ្នកណាក៏អាចផ្ទៀងផ្ទាត់ទំព័រនេះបាន ដោយមិនបាច់មានអ៊ីនធឺណិត។",
    "Chacun peut vérifier cette page hors ligne, avec la clé publique.",
    "Anyone can check this page offline, with the public key alone:",
    "bannasar check FILE --key KEY.pem",
)


def write_certificate(statement: Statement, sealed: str, file: Path, address: str = "") -> None:
    """Write a certificate as PDF/A-2b.

    Args:
        statement: the statement.
        sealed: the statement as a signed line of text.
        file: the file for the PDF.
        address: where a page checks it; the code leads there. "" for none.

    Raises:
        ScanError: Khmer cannot be written on this machine, the PDF cannot be made, or the disk is full.
    """
    image = Image.new("L", _A4, 255)
    lines = tuple(_draw(image, statement, address))
    code = segno.make(code_of(sealed, address), error="m", micro=False)
    picture = io.BytesIO()
    code.save(picture, kind="png", scale=_CODE // code.symbol_size(border=4)[0], border=4)
    with Image.open(picture) as drawn:
        image.paste(drawn.convert("L"), (_MARGIN, _A4[1] - _MARGIN - drawn.height))
    page = Page(
        scan="",
        number=1,
        recipe="",
        width=_A4[0],
        height=_A4[1],
        dpi=_DPI,
        blocks=(Block(lines=lines, box=Rect(0, 0, *_A4)),),
    )
    with tempfile.TemporaryDirectory(prefix="certificate-", dir=file.parent) as folder:
        jpeg = Path(folder, "page.jpg")
        image.save(jpeg, "JPEG", quality=90, dpi=(_DPI, _DPI))
        write_pdf(Description(f"{_HEAD[0]} {statement.case}", statement.manifest), [page], [jpeg], file)


def code_of(sealed: str, address: str) -> str:
    """Return what the code says: the statement, if there is an address after that and a ``#``: no server learns it."""
    return f"{address}#{sealed}" if address else sealed


def _draw(image: Image.Image, statement: Statement, address: str) -> Iterator[Line]:
    """Draw the statement, and yield the lines as they are on the page."""
    pen = ImageDraw.Draw(image)
    values = {name: getattr(statement, name) for name in Statement.__slots__}
    middle = _A4[0] // 2
    yield draw_line(pen, _HEAD[0], (middle, 330), 110, "mm")
    yield draw_line(pen, _HEAD[1], (middle, 500), 56, "mm")
    down = 700
    for label, value in _ROWS:
        yield draw_line(pen, label, (_MARGIN, down), 40, "lm", grey=90)
        for part in textwrap.wrap(value.format(**values), 64) or [""]:
            down += 78
            yield draw_line(pen, part, (_MARGIN, down), 52, "lm")
        down += 110
    for number, text in enumerate((*_FOOT, *textwrap.wrap(address, _ADDRESS_WIDTH))):
        place = (_MARGIN + _CODE, _A4[1] - _MARGIN - 400 + 90 * number)
        yield draw_line(pen, text, place, 34, "lm")
