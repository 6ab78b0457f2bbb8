"""Draws a page of a PDF as a viewer shows it: with poppler, or with pdfium if poppler cannot draw all of it."""

import io
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pikepdf
from PIL import Image

from models.errors import ScanError
from models.failure import Code
from pipeline.page.pdf_layout import pdfium_page
from pipeline.page.picture import Pixels, extremes
from pipeline.page.scanned import grey_or_rgb

_FEATURELESS = 8
_SQUARES = 40
_FEW = 4
_EDGE = 2
_TOO_LARGE = b"Bogus memory"  # poppler then also returns a picture of one pixel


def drawn(file: Path, number: int, scale: float, seconds: float, *, layered: bool) -> Pixels:
    """Return a page as poppler draws it, or as pdfium draws it if poppler fails and pdfium draws more.

    Args:
        file: the PDF.
        number: the page, from 1.
        scale: pixels per unit of the page's space.
        seconds: time limit.
        layered: whether the PDF has layers. pdfium shows some layers that are off, so it is not used for such pages.

    Raises:
        ScanError: the page cannot be drawn (it is damaged, or takes too long).
    """
    copy = _with_layers_off(file, number) if layered else None
    pixels, complaint = _by_poppler(copy or file, 1 if copy else number, scale, seconds)
    if pixels is not None and not complaint:
        return pixels
    # poppler draws what it can, and reports success: a page that it could not draw must not count as blank.
    other = None if layered else drawn_by_pdfium(file, number, scale)
    best = other if marks(other) > marks(pixels) + _FEW else pixels
    if best is None or not marks(best):
        raise ScanError(Code.DAMAGED, complaint or "poppler made no picture of it", page=number)
    return best


def drawn_by_pdfium(file: Path, number: int, scale: float) -> Pixels:
    """Return a page as pdfium draws it.

    Raises:
        ScanError: the page cannot be drawn.
    """
    with pdfium_page(file, number) as page:
        return grey_or_rgb(page.render(scale=scale).to_pil())


def marks(pixels: Pixels | None) -> int:
    """Return how many small squares of a page have something on them."""
    if pixels is None:
        return 0
    side = max(1, max(pixels.shape[:2]) // _SQUARES)
    kernel = np.ones((side, side), np.uint8)
    # A page's edge may be half a pixel.
    plain = (pixels if pixels.ndim == 2 else extremes(pixels)[1])[_EDGE:-_EDGE, _EDGE:-_EDGE]
    if not plain.size:
        return 0
    lightest, darkest = cv2.dilate(plain, kernel)[::side, ::side], cv2.erode(plain, kernel)[::side, ::side]
    return int(np.count_nonzero(cv2.subtract(lightest, darkest) >= _FEATURELESS))


def _by_poppler(pdf: Path | bytes, number: int, scale: float, seconds: float) -> tuple[Pixels | None, str]:
    """Return poppler's picture of a page, and its error message."""
    file, content = (str(pdf), None) if isinstance(pdf, Path) else ("-", pdf)
    command = ["pdftoppm", "-cropbox", "-r", f"{72 * scale:.4f}", "-f", str(number), "-l", str(number), file]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise ScanError(Code.TIMEOUT, f"rendering took more than {seconds:.0f} s", page=number) from error
    if _TOO_LARGE in done.stderr:
        raise ScanError(Code.PAGE_TOO_LARGE, "poppler cannot hold a picture of it", page=number)
    messages = done.stderr.decode("utf-8", "replace").strip().splitlines()
    if done.returncode != 0 or not done.stdout:
        return None, messages[0] if messages else ""
    with Image.open(io.BytesIO(done.stdout)) as image:
        pixels = grey_or_rgb(image)
    return pixels, messages[0] if b"Error" in done.stderr else ""


def _with_layers_off(file: Path, number: int) -> bytes | None:
    """Return a one-page PDF in which layers that are not for the screen are off; None if there are no such layers.

    poppler shows them, because it uses only the on and off state of layers (ISO 32000-2, 8.11.4.4: usage).
    """
    try:
        with pikepdf.open(file, suppress_warnings=True) as pdf:
            layers = pdf.Root.OCProperties
            hidden = [layer for layer in layers.get("/OCGs", ()) if _is_off_the_screen(layer)]
            if not hidden:
                return None
            standard = layers.get("/D", pikepdf.Dictionary())
            standard.OFF = pikepdf.Array([*standard.get("/OFF", ()), *hidden])
            layers.D = standard
            page = pdf.pages[number - 1]
            while len(pdf.pages) > 1:
                del pdf.pages[-1 if pdf.pages[0].objgen == page.objgen else 0]
            copy = io.BytesIO()
            pdf.save(copy)
            return copy.getvalue()
    except (pikepdf.PikepdfError, ValueError, TypeError, AttributeError):
        return None  # the renderer decides whether the page is damaged


def _is_off_the_screen(layer: pikepdf.Object) -> bool:
    view = layer.get("/Usage", pikepdf.Dictionary()).get("/View", pikepdf.Dictionary())
    return bool(view.get("/ViewState") == pikepdf.Name.OFF)
