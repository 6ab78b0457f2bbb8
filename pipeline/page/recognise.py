"""Pictures of lines in, their signs out: the interface of a recogniser, and Tesseract behind it."""

import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import pytesseract
from lxml import etree

from models.failure import BannasarError, Code
from pipeline.page.picture import Pixels


@dataclass(frozen=True, slots=True)
class Sign:
    """The least thing that is recognised: a letter, a vowel, a subscript with its coeng.

    ``left`` and ``right`` are its columns ``[left, right)`` in the line's picture; those of stacked signs overlap.
    ``confidence`` is the chance, 0–1, that the sign is right. ``begins`` says that the recogniser began a word with it.
    """

    text: str
    left: int
    right: int
    confidence: float
    begins: bool


Signs = tuple[Sign, ...]


class Recogniser(Protocol):
    """Whatever reads pictures of single lines."""

    def read(self, lines: Sequence[Pixels], models: str) -> list[Signs]:
        """Read grey pictures of one line each with the named models; the signs of each, as the text runs."""


_SEEN = (0.0, 0.8, 0.9, 0.95, 0.97, 0.985, 1.0)
_RIGHT = (0.0, 0.05, 0.2, 0.55, 0.8, 0.995, 1.0)
"""What Tesseract says of a sign, and how often such a sign was right: fitted on aged pages, see docs/recognition.md."""


class Tesseract:
    """Tesseract, one process for many lines, all of a page's reading within one time limit."""

    def __init__(self, seconds: float) -> None:
        """Start the clock: after so many seconds reading is given up, and the process that reads is ended."""
        self._end = time.monotonic() + seconds
        # Threads of its own make Tesseract many times slower as soon as another one runs beside it.
        os.environ["OMP_THREAD_LIMIT"] = "1"

    def read(self, lines: Sequence[Pixels], models: str) -> list[Signs]:
        """Read lines; see :class:`Recogniser`.

        Raises:
            BannasarError: TIMEOUT when the time is up, RECOGNITION when Tesseract fails or is not there.
        """
        if not lines:
            return []
        with tempfile.TemporaryDirectory(prefix="bannasar-lines-") as folder:
            listing = Path(folder, "lines.txt")
            paths = [Path(folder, f"{number:05}.pgm") for number in range(len(lines))]
            for path, line in zip(paths, lines, strict=True):
                path.write_bytes(cv2.imencode(".pgm", line)[1].tobytes())
            listing.write_text("".join(f"{path}\n" for path in paths), encoding="utf-8")
            return _signs(self._run(listing, models), len(lines))

    def _run(self, listing: Path, models: str) -> bytes:
        left = self._end - time.monotonic()
        if left <= 0:
            raise BannasarError(Code.TIMEOUT)
        # Page segmentation mode 7: a single line. The dpi is a formality, lest Tesseract guess one.
        config = "--psm 7 --oem 1 --dpi 300 -c hocr_char_boxes=1"
        try:
            found = pytesseract.image_to_pdf_or_hocr(
                str(listing), lang=models, config=config, extension="hocr", timeout=left
            )
        except (pytesseract.TesseractError, pytesseract.TesseractNotFoundError) as error:
            raise BannasarError(Code.RECOGNITION, str(error)) from error
        except RuntimeError as error:  # pytesseract's name for a time limit that has passed
            raise BannasarError(Code.TIMEOUT) from error
        return bytes(found)


def _signs(hocr: bytes, lines: int) -> list[Signs]:
    """Take the signs out of Tesseract's hOCR, which holds a page for each picture and a span for each sign."""
    # Tesseract writes control characters as they come; recovery steps over them.
    root = etree.fromstring(hocr, etree.XMLParser(recover=True, no_network=True, resolve_entities=False))
    pages = root.findall(".//{*}div[@class='ocr_page']")
    if len(pages) != lines:
        raise BannasarError(Code.RECOGNITION, f"Tesseract gave {len(pages)} readings for {lines} lines")
    return [
        tuple(
            _sign(span, begins=number == 0)
            for word in page.iterfind(".//{*}span[@class='ocrx_word']")
            for number, span in enumerate(word.iterfind("{*}span[@class='ocrx_cinfo']"))
            if span.text and span.text.strip()
        )
        for page in pages
    ]


def _sign(span: etree._Element, *, begins: bool) -> Sign:
    left, _, right, _ = _numbers(span, "x_bboxes")
    (confidence,) = _numbers(span, "x_conf")
    chance = float(np.interp(confidence / 100, _SEEN, _RIGHT))
    return Sign((span.text or "").strip(), int(left), int(right), chance, begins)


def _numbers(span: etree._Element, name: str) -> list[float]:
    """Return the numbers of one property of a span's title, ``name number…; name number…``."""
    for part in str(span.get("title")).split(";"):
        words = part.split()
        if words and words[0] == name:
            return [float(word) for word in words[1:]]
    raise BannasarError(Code.RECOGNITION, f"Tesseract gave a sign without {name}")
