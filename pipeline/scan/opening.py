"""Picture files other than TIFF: which are opened, and by which reader."""

from pathlib import Path

import pi_heif
from PIL import Image, PngImagePlugin

from models.scan import Kind

# In Pillow's words. HEIF is what libheif reads: HEIC.
KINDS = {
    "JPEG": Kind.JPEG,
    "MPO": Kind.JPEG,  # phones and cameras add further pictures after a JPEG (CIPA DC-007); its page is the first
    "PNG": Kind.PNG,
    "JPEG2000": Kind.JPEG2000,
    "WEBP": Kind.WEBP,
    "AVIF": Kind.AVIF,
    "HEIF": Kind.HEIC,
    "BMP": Kind.BMP,
    "GIF": Kind.GIF,
    "PPM": Kind.PNM,  # Netpbm's family, as scanimage writes it
}
_FORMATS = [name for name in KINDS if name != "MPO"]  # its reader is JPEG's

pi_heif.register_heif_opener()
# Data that a program added to a PNG's picture (its history, XMP, a colour profile) are no reason to refuse the page.
# They are unpacked in memory, so there must be a limit.
PngImagePlugin.MAX_TEXT_CHUNK = 64 << 20
PngImagePlugin.MAX_TEXT_MEMORY = 256 << 20


def open_picture(file: Path) -> Image.Image:
    """Open a picture file by its content, without decoding it.

    Raises:
        PIL.UnidentifiedImageError: it is of another kind, or damaged in its first bytes.
        OSError: it cannot be read, or is damaged; the other errors that Pillow's readers raise for damaged files are
            in :data:`DAMAGE`.
    """
    # Pillow's own limit is for programs that open pictures automatically; ours is checked page by page.
    Image.MAX_IMAGE_PIXELS = None
    return Image.open(file, formats=_FORMATS)


# The errors, other than OSError, that Pillow's readers raise for a file that is cut off or damaged.
DAMAGE = (ValueError, SyntaxError, EOFError, KeyError, TypeError)
