"""Scans of five kinds of pages, made with ``samples``: dense grey, a fax, colour with a seal, born digital, blank."""

from pathlib import Path

import numpy as np

from samples import papers_km as km
from samples.age import Wear, age
from samples.born_digital import write_born_digital
from samples.papers_km import Type
from samples.scans import write_scan
from samples.typeset import Pixels, Sheet, draw, lay_out
from samples.words import draw_facts

_DPI = 300
_FACE = Type("Khmer OS Battambang", 11)
_BLACK = 128

KINDS = {"dense": "dense, grey", "fax": "fax", "seal": "colour, seal", "digital": "born digital", "blank": "blank"}
"""The kinds of pages, and what the table calls them."""


def make(kind: str, count: int, folder: Path) -> list[Path]:
    """Write some scans of one page each into a new folder, and return them."""
    folder.mkdir(parents=True)
    return [_scan(kind, number, folder) for number in range(count)]


def _scan(kind: str, number: int, folder: Path) -> Path:
    rng = np.random.default_rng([20, number, *kind.encode()])
    (sheet, *_) = lay_out(km.judgment(draw_facts(rng, 1998), _FACE), _DPI)
    match kind:
        case "digital":
            file = folder / f"{number}.pdf"
            write_born_digital([sheet], file, "")
            return file
        case "fax":
            grey = _worn(sheet, Wear(0.5, white=True), rng)
            return _written([np.where(grey < _BLACK, 0, 255).astype(np.uint8)], folder / f"{number}.tif")
        case "seal":
            return _written([_worn(sheet, Wear(seal=True, colour=True), rng)], folder / f"{number}.jpg")
        case "blank":
            empty = Sheet(sheet.width, sheet.height, sheet.dpi, (), (), ())
            return _written([_worn(empty, Wear(), rng)], folder / f"{number}.jpg")
        case _:
            return _written([_worn(sheet, Wear(), rng)], folder / f"{number}.jpg")


def _worn(sheet: Sheet, wear: Wear, rng: np.random.Generator) -> Pixels:
    return age(draw(sheet), rng, wear=wear)


def _written(pages: list[Pixels], file: Path) -> Path:
    write_scan(pages, file, _DPI)
    return file
