"""Separator sheets to print: A4 pages to put between documents before scanning."""

import io
from collections.abc import Sequence
from pathlib import Path

import segno
from PIL import Image, ImageDraw

from models.errors import ScanError
from models.failure import Code
from pipeline.formats.lettering import draw_line, text_width

_DPI = 300
_A4 = (2480, 3508)
_WIDE = 2080
_CODE = 1400  # pixels per side at most: 12 cm, so that each of its squares is visible at 100 dpi and on worn paper
_TOP = 900
_HEAD = ("សន្លឹកខណ្ឌឯកសារ", "Feuille de séparation", "Separator sheet")
_USE = (
    "ដាក់សន្លឹកនេះនៅចន្លោះឯកសារពីរ មុនពេលស្កេន។ ឯកសារថ្មីចាប់ផ្តើមបន្ទាប់ពីសន្លឹកនេះ។",
    "À poser entre deux documents avant de numériser : le suivant commence après.",
    "Lay this sheet between two documents before you scan: the next document begins after it.",
    "ប្រើឡើងវិញបាន · Réutilisable · Can be used again",
)


def write_sheets(payload: str, about: Sequence[str], count: int, file: Path) -> None:
    """Write separator sheets as a PDF without a text layer, because they are not part of a case file.

    Args:
        payload: the content of their code.
        about: the same for people to read, in lines; may be empty.
        count: the number of sheets; all are the same.
        file: where the PDF is written.

    Raises:
        ScanError: Khmer cannot be written on this machine, the payload does not fit, or the disk is full.
    """
    # In black and white, fax compression makes a sheet only a few kB.
    sheet = _draw(payload, about).convert("1", dither=Image.Dither.NONE)
    try:
        sheet.save(file, "PDF", save_all=True, append_images=[sheet] * (count - 1), resolution=_DPI)
    except OSError as error:
        raise ScanError(Code.PDF, str(error)) from error


def _draw(payload: str, about: Sequence[str]) -> Image.Image:
    image = Image.new("L", _A4, 255)
    pen = ImageDraw.Draw(image)
    middle = _A4[0] // 2
    for text, down, size in zip(_HEAD, (300, 540, 710), (200, 130, 130), strict=True):
        draw_line(pen, text, (middle, down), size, "mm")
    try:
        code = segno.make(payload, error="q", boost_error=False, micro=False)
    except segno.DataOverflowError as error:
        raise ScanError(Code.PDF, "the code of the sheet cannot hold that much") from error
    picture = io.BytesIO()
    code.save(picture, kind="png", scale=_CODE // code.symbol_size(border=4)[0], border=4)
    with Image.open(picture) as drawn:
        image.paste(drawn.convert("L"), (middle - drawn.width // 2, _TOP))
    down = _TOP + _CODE + 100
    for text in about:
        draw_line(pen, text, (middle, down), _fitting(text, 100), "mm")
        down += 170
    pen.line((200, 2790, _A4[0] - 200, 2790), fill=0, width=6)
    for number, text in enumerate(_USE):
        draw_line(pen, text, (middle, 2890 + 130 * number), _fitting(text, 64), "mm")
    return image


def _fitting(text: str, size: int) -> int:
    """Return the font size at which a line fits the width of the page, at most ``size``."""
    return min(size, int(size * _WIDE / max(1.0, text_width(text, size))))
