"""The free faces that the samples are set in, and where Debian keeps them."""

from functools import cache
from pathlib import Path

from PIL import ImageFont, features

FONTS = Path("/usr/share/fonts")

_KHMEROS = ("fonts-khmeros", "truetype/khmeros")
_LIBERATION = ("fonts-liberation", "truetype/liberation")

_MONDULKIRI = ("fonts-sil-mondulkiri", "opentype/mondulkiri")
_DEJAVU = ("fonts-dejavu-core", "truetype/dejavu")

# Those of the boxes in the repository; only made papers use the others.
_FACES = {
    "DejaVu Sans Mono": (*_DEJAVU, "DejaVuSansMono.ttf"),
    "DejaVu Serif": (*_DEJAVU, "DejaVuSerif.ttf"),
    "DejaVu Serif Bold": (*_DEJAVU, "DejaVuSerif-Bold.ttf"),
    "Khmer Busra": (*_MONDULKIRI, "Busra-R.ttf"),
    "Khmer Busra Bold": (*_MONDULKIRI, "Busra-B.ttf"),
    "Khmer Ratanakiri": ("fonts-sil-mondulkiri-extra", "truetype/mondulkiri", "RataV53.ttf"),
    "Khmer OS": (*_KHMEROS, "KhmerOS.ttf"),
    "Khmer OS Battambang": (*_KHMEROS, "KhmerOSbattambang.ttf"),
    "Khmer OS Bokor": (*_KHMEROS, "KhmerOSbokor.ttf"),
    "Khmer OS Content": (*_KHMEROS, "KhmerOScontent.ttf"),
    "Khmer OS Fasthand": (*_KHMEROS, "KhmerOSfasthand.ttf"),
    "Khmer OS Freehand": (*_KHMEROS, "KhmerOSfreehand.ttf"),
    "Khmer OS Muol Light": (*_KHMEROS, "KhmerOSmuollight.ttf"),
    "Khmer OS Siemreap": (*_KHMEROS, "KhmerOSsiemreap.ttf"),
    "Liberation Mono": (*_LIBERATION, "LiberationMono-Regular.ttf"),
    "Liberation Mono Bold": (*_LIBERATION, "LiberationMono-Bold.ttf"),
    "Liberation Serif": (*_LIBERATION, "LiberationSerif-Regular.ttf"),
    "Liberation Serif Bold": (*_LIBERATION, "LiberationSerif-Bold.ttf"),
}


class MissingFontError(Exception):
    """A font or the shaping library is not installed; the message names the Debian package."""


def face_file(face: str) -> Path:
    """Return the file of a face.

    Raises:
        MissingFontError: The face's package is not installed.
        KeyError: The samples have no such face.
    """
    package, folder, name = _FACES[face]
    path = FONTS / folder / name
    if not path.is_file():
        raise MissingFontError(f"The font “{face}” is missing. Install it: apt-get install {package}")
    return path


@cache
def load_face(face: str, pixels: float) -> ImageFont.FreeTypeFont:
    """Return a face at a size in pixels an em, shaped by HarfBuzz so that Khmer stacks correctly.

    Raises:
        MissingFontError: The face or FriBiDi, without which Pillow does not shape, is not installed.
    """
    if not (features.check("raqm") and features.check("fribidi")):
        raise MissingFontError("Pillow cannot shape Khmer without FriBiDi. Install it: apt-get install libfribidi0")
    return ImageFont.truetype(str(face_file(face)), pixels, layout_engine=ImageFont.Layout.RAQM)
