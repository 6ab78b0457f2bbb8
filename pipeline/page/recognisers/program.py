"""Tesseract's own program, through pytesseract: for platforms without tesserocr, or to isolate crashes.

It takes a list of pictures and reads them all with its models loaded once, but loads them again for every call.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytesseract
from lxml import html
from PIL import Image

from models.errors import ScanError
from models.failure import Code
from models.plural import number_of
from pipeline.page.picture import Pixels
from pipeline.page.recogniser import Symbol, Symbols
from pipeline.page.recognisers.model_files import folder_of
from pipeline.page.recognisers.tesseract import AboutTesseract, chance_of
from pipeline.page.recognisers.timed import Timed

_LINE = "--psm 7 --oem 1 -c hocr_char_boxes=1 -c tessedit_create_hocr=1"

_MISSING = "the program tesseract is not installed"


def _versions() -> dict[str, str]:
    try:
        return {"tesseract": str(pytesseract.get_tesseract_version())}
    except pytesseract.TesseractNotFoundError as error:
        raise ScanError(Code.RECOGNITION, _MISSING) from error


ABOUT = AboutTesseract(_versions, programs={"tesseract": "tesseract-ocr"})


class Engine(Timed):
    """Tesseract's program; see :class:`pipeline.page.recogniser.Recogniser`."""

    def read(self, lines: Sequence[Pixels], models: str) -> list[Symbols]:
        """Read lines.

        Raises:
            ScanError: TIMEOUT when the time is up, RECOGNITION when Tesseract fails or a model is missing.
        """
        if not lines:
            return []
        left = self._seconds_left()
        folder = folder_of(models, self._folder)
        with TemporaryDirectory(prefix="lines-") as aside:
            names = [Path(aside, f"{number:05}.png") for number in range(len(lines))]
            for name, line in zip(names, lines, strict=True):
                Image.fromarray(line).save(name, dpi=(300, 300), compress_level=1)
            listed = Path(aside, "lines.txt")
            listed.write_text("\n".join(map(str, names)) + "\n", "utf-8")
            try:
                hocr = pytesseract.image_to_pdf_or_hocr(
                    str(listed),
                    lang=models,
                    config=f'--tessdata-dir "{folder}" {_LINE}',
                    extension="hocr",
                    timeout=left,
                )
            except pytesseract.TesseractNotFoundError as error:
                raise ScanError(Code.RECOGNITION, _MISSING) from error
            except pytesseract.TesseractError as error:
                raise ScanError(Code.RECOGNITION, f"Tesseract ended with status {error.status}") from error
            except RuntimeError as error:  # pytesseract raises this when the time is up
                raise ScanError(Code.TIMEOUT) from error
        pages = html.fromstring(hocr).xpath("//div[@class='ocr_page']")
        if len(pages) != len(lines):
            raise ScanError(Code.RECOGNITION, f"Tesseract read {len(pages)} of {number_of(len(lines), 'line')}")
        chance = chance_of(models)
        return [tuple(_symbols(page, chance)) for page in pages]


def _symbols(page: html.HtmlElement, chance: Callable[[float], float]) -> Iterator[Symbol]:
    for word in page.xpath(".//span[@class='ocrx_word']"):
        begins = True
        for place in word.xpath(".//span[@class='ocrx_cinfo']"):
            text = place.text_content().strip()
            if not text:
                continue
            # As in "x_bboxes 12 4 30 41; x_conf 98.5".
            properties = dict(part.strip().split(" ", 1) for part in place.get("title").split(";"))
            left, _, right, _ = map(int, properties["x_bboxes"].split())
            yield Symbol(text, left, right, chance(float(properties["x_conf"])), begins)
            begins = False
