"""PDFs of one page, written operator by operator."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pikepdf
from numpy.typing import NDArray
from pikepdf import Array, Dictionary, Name

SIZE = (360, 300)
BODY = (
    "BT /F1 12 Tf 20 TL 30 260 Td (The witness came before the court of first instance) Tj T* "
    "(and told what he saw on the road that evening.) Tj T* (The clerk wrote it down and read it aloud.) Tj ET "
)
"""Three lines in the upper third of a page."""

Extra = Callable[[pikepdf.Pdf, pikepdf.Page], None]


def write(file: Path, content: str, extra: Extra | None = None) -> Path:
    """Write a page with this content stream; ``extra`` adds what else it needs."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=SIZE)
        helvetica = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        page.Resources = Dictionary(Font=Dictionary(F1=helvetica), XObject=Dictionary())
        page.Contents = pdf.make_stream(content.encode())
        if extra:
            extra(pdf, page)
        pdf.save(file)
    return file


def form(pdf: pikepdf.Pdf, page: pikepdf.Page, content: str, **entries: object) -> pikepdf.Object:
    """Make a form of the size of the page, with all its resources."""
    made = pdf.make_stream(content.encode(), Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, *SIZE], **entries)
    made.Resources = Dictionary(page.Resources)  # type: ignore[arg-type]  # it takes a dictionary of its own, too
    return made


def picture(pdf: pikepdf.Pdf, pixels: NDArray[np.uint8]) -> pikepdf.Object:
    """Make a grey picture."""
    height, width = pixels.shape
    return pdf.make_stream(
        pixels.tobytes(), Type=Name.XObject, Subtype=Name.Image, Width=width, Height=height,
        ColorSpace=Name.DeviceGray, BitsPerComponent=8,
    )  # fmt: skip


def annotate(pdf: pikepdf.Pdf, page: pikepdf.Page, content: str, box: tuple[int, ...], **entries: object) -> None:
    """Put a note over a part of the page; its own space begins in the lower left corner of the page."""
    drawn = form(pdf, page, content)
    drawn.BBox = Array(box)
    note = Dictionary(Type=Name.Annot, Subtype=Name.Stamp, Rect=box, AP=Dictionary(N=drawn))
    for name, value in entries.items():
        note[f"/{name}"] = value
    page.obj.Annots = Array([pdf.make_indirect(note)])
