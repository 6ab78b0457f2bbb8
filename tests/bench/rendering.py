"""What drawing a page of a PDF costs: by our own call of poppler, and by pdf2image, which calls it too."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pikepdf
from pdf2image import convert_from_path
from pikepdf import Array, Dictionary, Name, Stream
from rich.console import Console

from pipeline.page.pdf_draw import drawn
from pipeline.page.scanned import grey_or_rgb
from tests.bench.contestants import timed
from tests.conftest import ROOT

_DPI = 200
_MANY = 1000
_TIMES = 5
_LARGE_INCHES = 100
_SOON = 4
"""Seconds: a time limit, to see whether it is kept."""


def measure() -> None:
    """Draw pages both ways, in turns, and print seconds, CPU seconds, and what each does with a damaged page."""
    console = Console(highlight=False)
    born = next((ROOT / "samples" / "boxes").glob("*/សាលក្រម.pdf"))
    with tempfile.TemporaryDirectory(prefix="bannasar-bench-") as work:
        long = Path(work, "long.pdf")
        _lengthened(born, long)
        for name, file, number in (("a PDF of 3 pages", born, 1), (f"page {_MANY} of {_MANY}", long, _MANY)):
            costs: dict[str, list[tuple[float, float]]] = {"ours": [], "pdf2image": []}
            for _ in range(_TIMES):
                for way, draw in _WAYS.items():
                    costs[way].append(timed(partial(draw, file, number)))
            for way, some in costs.items():
                seconds, cpu = np.median(np.array(some), axis=0)
                console.print(f"{name}, {way}: {seconds:.3f} s, CPU of the programs {cpu:.3f} s")
            same = np.array_equal(_ours(file, number), _pdf2image(file, number))
            console.print(f"{name}: the pixels are {'the same' if same else 'not the same'}")
        for what, trial in (("poppler cannot draw the page", _undrawn), ("no memory holds it", _too_large)):
            for way, draw in _WAYS.items():
                console.print(f"{what}, {way}: {_outcome(draw, trial(Path(work)))}")
        # Any program may hang, also one of the two that are asked about the file before it is drawn.
        for program in ("pdftoppm", "pdfinfo"):
            with _hanging(program, Path(work)):
                for way, draw in _WAYS.items():
                    console.print(f"{program} hangs, {way}, a limit of {_SOON} s: {_outcome(draw, born)}")


def _ours(file: Path, number: int) -> np.ndarray:
    return drawn(file, number, _DPI / 72, _SOON, layered=False)


def _pdf2image(file: Path, number: int) -> np.ndarray:
    (image,) = convert_from_path(file, _DPI, first_page=number, last_page=number, use_cropbox=True, timeout=_SOON)
    return grey_or_rgb(image)


_WAYS: dict[str, Callable[[Path, int], np.ndarray]] = {"ours": _ours, "pdf2image": _pdf2image}


def _outcome(draw: Callable[[Path, int], np.ndarray], file: Path) -> str:
    started = time.monotonic()
    try:
        pixels = draw(file, 1)
    except Exception as error:  # every error is printed
        return f"{error!r:.90}, after {time.monotonic() - started:.1f} s"
    shown = "something" if pixels.min() < 128 else "nothing"
    return f"a picture of {pixels.size:,} pixels that shows {shown}, after {time.monotonic() - started:.1f} s"


def _lengthened(file: Path, to: Path) -> None:
    with pikepdf.open(file) as pdf:
        first = pdf.pages[0]
        for _ in range(_MANY - len(pdf.pages)):
            pdf.pages.append(first)
        pdf.save(to)


def _undrawn(folder: Path) -> Path:
    """Write a page with a picture whose colours PDFium can show, and poppler cannot."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(400, 400))
        colours = Array([Name.Separation, Name.Black, Name.DeviceGray, Dictionary()])
        picture = Stream(pdf, bytes(100 * 100), Type=Name.XObject, Subtype=Name.Image, Width=100, Height=100)
        picture.ColorSpace, picture.BitsPerComponent = colours, 8
        page.Resources = Dictionary(XObject=Dictionary(I=picture))
        page.Contents = pdf.make_stream(b"q 200 0 0 200 100 100 cm /I Do Q")
        pdf.save(folder / "undrawn.pdf")
    return folder / "undrawn.pdf"


def _too_large(folder: Path) -> Path:
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(14000, 14000)).UserUnit = _LARGE_INCHES
        pdf.save(folder / "large.pdf")
    return folder / "large.pdf"


@contextmanager
def _hanging(program: str, folder: Path) -> Iterator[None]:
    """Put a program first on the path that sleeps for ten seconds."""
    place = folder / program
    place.mkdir()
    (place / program).write_text("#!/bin/sh\nexec sleep 10\n", "utf-8")
    (place / program).chmod(0o755)
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{place}:{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before
