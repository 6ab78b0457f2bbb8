"""The free faces that lines are set in, by their files, and how often each is drawn.

Debian's packages (script/packages-train.txt) and Fontsource's (training/package.json, by npm) contain them; all are
under the OFL, Apache's licence or one as free. Preahvihear, Taprom, Bayon, Dangrek and AKbalthom are for measuring:
nothing is trained on them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

import cv2
import numpy as np
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from pipeline.page.components import Components, letter_height

SYSTEM = Path("/usr/share/fonts")

KHMER: dict[str, float] = {
    "truetype/khmeros/KhmerOS.ttf": 4,
    "truetype/khmeros/KhmerOSsys.ttf": 3,
    "truetype/khmeros/KhmerOSsiemreap.ttf": 5,
    "truetype/khmeros/KhmerOSbattambang.ttf": 4,
    "truetype/khmeros/KhmerOScontent.ttf": 4,
    "truetype/khmeros/KhmerOSbokor.ttf": 1.5,
    "truetype/khmeros/KhmerOSmetalchrieng.ttf": 3,
    "truetype/khmeros/KhmerOSmuol.ttf": 2.5,
    "truetype/khmeros/KhmerOSmuollight.ttf": 5,
    "truetype/khmeros/KhmerOSmuolpali.ttf": 1,
    "truetype/khmeros/KhmerOSfreehand.ttf": 1.5,
    "truetype/khmeros/KhmerOSfasthand.ttf": 1,
    "opentype/mondulkiri/Mondulkiri-R.ttf": 1.5,
    "opentype/mondulkiri/Mondulkiri-B.ttf": 0.5,
    "opentype/mondulkiri/Mondulkiri-I.ttf": 0.5,
    "opentype/mondulkiri/Mondulkiri-BI.ttf": 0.2,
    "opentype/mondulkiri/Busra-R.ttf": 1.5,
    "opentype/mondulkiri/Busra-B.ttf": 0.5,
    "opentype/mondulkiri/Busra-I.ttf": 0.5,
    "opentype/mondulkiri/Busra-BI.ttf": 0.2,
    "truetype/mondulkiri/Mo5V56MO.ttf": 0.7,
    "truetype/mondulkiri/Mo5V56dc.ttf": 0.7,
    "truetype/mondulkiri/Mo5V56do.ttf": 0.3,
    "truetype/mondulkiri/Mo5V56di.ttf": 0.3,
    "truetype/mondulkiri/Mo9V55.ttf": 0.7,
    "truetype/mondulkiri/RataV53.ttf": 0.7,
    "truetype/noto/NotoSerifKhmer-Regular.ttf": 2,
    "truetype/noto/NotoSerifKhmer-Bold.ttf": 1,
    "truetype/noto/NotoSansKhmer-Regular.ttf": 1,
    "truetype/noto/NotoSansKhmer-Bold.ttf": 0.5,
    "angkor-khmer-400-normal": 0.7,
    "battambang-khmer-300-normal": 0.7,
    "battambang-khmer-400-normal": 1.5,
    "battambang-khmer-700-normal": 1.5,
    "battambang-khmer-900-normal": 0.4,
    "bokor-khmer-400-normal": 0.7,
    "chenla-khmer-400-normal": 0.7,
    "content-khmer-400-normal": 1,
    "content-khmer-700-normal": 0.7,
    "fasthand-khmer-400-normal": 0.4,
    "freehand-khmer-400-normal": 0.7,
    "hanuman-khmer-300-normal": 0.7,
    "hanuman-khmer-400-normal": 2,
    "hanuman-khmer-700-normal": 1,
    "hanuman-khmer-900-normal": 0.4,
    "kantumruy-khmer-400-normal": 0.7,
    "kantumruy-khmer-700-normal": 0.3,
    "kantumruy-pro-khmer-400-normal": 0.7,
    "kantumruy-pro-khmer-700-normal": 0.3,
    "kantumruy-pro-khmer-400-italic": 0.5,
    "kdam-thmor-pro-khmer-400-normal": 0.5,
    "khmer-khmer-400-normal": 1,
    "koulen-khmer-400-normal": 0.7,
    "moul-khmer-400-normal": 2.5,
    "moulpali-khmer-400-normal": 1,
    "nokora-khmer-400-normal": 1,
    "nokora-khmer-700-normal": 0.6,
    "odor-mean-chey-khmer-400-normal": 1,
    "siemreap-khmer-400-normal": 1.5,
    "suwannaphum-khmer-400-normal": 1,
    "suwannaphum-khmer-700-normal": 0.6,
    "noto-serif-khmer-khmer-300-normal": 0.4,
    "noto-serif-khmer-khmer-600-normal": 0.4,
}
"""Khmer faces: files under the folder of fonts, and those of Fontsource by their names."""

LATIN: dict[str, float] = {
    "truetype/liberation/LiberationMono-Regular.ttf": 3,
    "truetype/liberation/LiberationMono-Bold.ttf": 1.5,
    "truetype/liberation/LiberationSerif-Regular.ttf": 4,
    "truetype/liberation/LiberationSerif-Bold.ttf": 2,
    "truetype/liberation/LiberationSerif-Italic.ttf": 1,
    "truetype/liberation/LiberationSans-Regular.ttf": 3,
    "truetype/liberation/LiberationSans-Bold.ttf": 1.5,
    "truetype/liberation/LiberationSans-Italic.ttf": 0.5,
    "truetype/dejavu/DejaVuSerif.ttf": 1,
    "truetype/dejavu/DejaVuSans.ttf": 1,
    "truetype/dejavu/DejaVuSansMono.ttf": 1.5,
    "opentype/courier-prime/Courier Prime.otf": 4,
    "opentype/courier-prime/Courier Prime Bold.otf": 1.5,
    "opentype/courier-prime/Courier Prime Italic.otf": 0.5,
    "opentype/urw-base35/NimbusMonoPS-Regular.otf": 3,
    "opentype/urw-base35/NimbusMonoPS-Bold.otf": 2,
    "opentype/urw-base35/C059-Roman.otf": 1,
    "cutive-mono-latin-400-normal": 2,
    "special-elite-latin-400-normal": 3,
}
"""Latin faces, most of them typewriter faces."""

HELD_BACK = ("preahvihear", "taprom", "bayon", "dangrek", "akbalthom")
"""Parts of the names of faces that are only for measuring."""

_SAMPLE = {
    True: "កម្ពុជា ការងារ ប្រទេស ជាតិ សាសនា នៃ ដែល និង បាន មាន",
    False: "The Minister of Justice, Phnom Penh, le jugement rendu",
}
_SAMPLE_PIXELS = 100


class MissingFaceError(Exception):
    """The file of a face is missing; the message says which, and how to install it."""


@dataclass(frozen=True, slots=True)
class Face:
    """A face; ``letter`` is its letter height in ems, as :func:`pipeline.page.components.letter_height` measures it."""

    name: str
    file: Path
    letter: float
    covers: frozenset[int] = field(repr=False)

    def at(self, pixels: float) -> ImageFont.FreeTypeFont:
        """Return the face at a size in pixels an em."""
        return _loaded(str(self.file), max(4, round(pixels)))


class Faces:
    """Faces, and how often each is drawn."""

    def __init__(self, faces: Sequence[Face], weights: Sequence[float]) -> None:
        """Take faces with their weights."""
        self._faces = tuple(faces)
        self._chances = np.array(weights) / sum(weights)

    def draw(self, rng: np.random.Generator) -> Face:
        """Return a random one."""
        return self._faces[int(rng.choice(len(self._faces), p=self._chances))]


def load(names: dict[str, float], fontsource: Path, *, khmer: bool) -> Faces:
    """Return the faces of a list.

    Args:
        names: :data:`KHMER` or :data:`LATIN`.
        fontsource: The folder ``@fontsource`` that npm installed.
        khmer: Whether their letters are measured on Khmer.

    Raises:
        MissingFaceError: A file is not there.
        ValueError: One of them is held back.
    """
    return Faces([_face(name, fontsource, khmer=khmer) for name in names], list(names.values()))


@cache
def _face(name: str, fontsource: Path, *, khmer: bool) -> Face:
    if any(part in name.lower() for part in HELD_BACK):
        raise ValueError(f"{name} is held back for measuring")
    file = SYSTEM / name
    if "/" not in name:
        family = name.rsplit("-", 3)[0]
        file = fontsource / family / "files" / f"{name}.woff"
    if not file.is_file():
        raise MissingFaceError(f"The face {file} is missing: script/train-lines installs it.")
    covers = frozenset(TTFont(file, lazy=True).getBestCmap())
    return Face(name, file, _letter(file, _SAMPLE[khmer]), covers)


def _letter(file: Path, sample: str) -> float:
    font = _loaded(str(file), _SAMPLE_PIXELS)
    picture = Image.new("L", (round(font.getlength(sample)) + 40, 3 * _SAMPLE_PIXELS), 0)
    ImageDraw.Draw(picture).text((20, 2 * _SAMPLE_PIXELS), sample, fill=255, font=font, anchor="ls")
    ink = np.asarray(cv2.threshold(np.asarray(picture), 127, 255, cv2.THRESH_BINARY)[1], np.uint8)
    # As on a page at 300 dpi whose type is ten times as big as usual: the size limits for letters grow with it.
    return letter_height(Components.of(ink), 3.2 * _SAMPLE_PIXELS) / _SAMPLE_PIXELS


@lru_cache(maxsize=3000)
def _loaded(file: str, pixels: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, pixels, layout_engine=ImageFont.Layout.RAQM)
