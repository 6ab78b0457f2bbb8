"""Makes one aged page of running text for each of some faces, to see which of them are read badly.

The faces are Fontsource's, which ``npm install`` fetches, and one of Debian's. Nothing is trained on four of them:
Preahvihear, Taprom, Bayon and Dangrek. The words are those of the samples, which the models know.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from samples.age import Wear, age
from samples.faces import FONTS
from samples.papers_km import Type, complaint, judgment
from samples.typeset import Text, break_lines
from samples.words import draw_facts

_DPI = 300
_WIDTH, _HEIGHT, _MARGIN = 2480, 3508, 260
_SIZE = 12.0
_LINES = 28

_FACES = {
    "kantumruy": "kantumruy",
    "metal": "truetype/khmeros/KhmerOSmetalchrieng.ttf",
    "fasthand": "fasthand",
    "taprom": "taprom",
    "preahvihear": "preahvihear",
    "bokor": "bokor",
    "moul": "moul",
    "koulen": "koulen",
    "moulpali": "moulpali",
    "bayon": "bayon",
    "angkor": "angkor",
    "dangrek": "dangrek",
}
"""The names of the faces: of a family of Fontsource, or of a file under the folder of Debian's fonts."""


def make(folder: Path, fontsource: Path) -> None:
    """Write a page of each face into a new folder: ``NN-face.png`` and its ground truth, one printed line a line.

    Args:
        folder: Where the pages go.
        fontsource: The folder ``@fontsource`` that npm made.

    Raises:
        OSError: The file of a face is missing.
    """
    folder.mkdir(parents=True)
    for number, (name, family) in enumerate(_FACES.items()):
        file = FONTS / family if "/" in family else fontsource / family / "files" / f"{family}-khmer-400-normal.woff"
        font = ImageFont.truetype(str(file), round(_SIZE * _DPI / 72), layout_engine=ImageFont.Layout.RAQM)
        pixels, lines = _page(font, np.random.default_rng(number))
        Image.fromarray(pixels).save(folder / f"{number:02}-{name}.png", dpi=(_DPI, _DPI))
        (folder / f"{number:02}-{name}.txt").write_text("\n".join(lines) + "\n", "utf-8")


def _page(font: ImageFont.FreeTypeFont, rng: np.random.Generator) -> tuple[np.ndarray, list[str]]:
    """Return an aged page of the paragraphs of a complaint and a judgment, and its lines."""
    facts = draw_facts(rng, 2003)
    papers = [*complaint(facts, Type()), *judgment(facts, Type())]
    paragraphs = [one.text for one in papers if isinstance(one, Text) and one.indent]
    lines = [line for text in paragraphs for line in break_lines(text, font, _WIDTH - 2 * _MARGIN)][:_LINES]
    picture = Image.new("L", (_WIDTH, _HEIGHT), 255)
    pen = ImageDraw.Draw(picture)
    pitch = min(sum(font.getmetrics()), (_HEIGHT - 2 * _MARGIN) / _LINES)
    for number, line in enumerate(lines):
        pen.text((_MARGIN, _MARGIN + number * pitch), line, fill=0, font=font, anchor="ls")
    return age(np.asarray(picture), rng, wear=Wear(1.0, 1.0)), lines
