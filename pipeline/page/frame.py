"""One page of a scan that is a picture file."""

from pathlib import Path

from PIL import ExifTags, Image, ImageOps

from models.failure import BannasarError, Code
from pipeline.page.picture import Picture
from pipeline.page.scanned import picture_at

_ON_ITS_SIDE = (5, 6, 7, 8)  # of the orientations in EXIF and TIFF


def frame(file: Path, number: int) -> Picture:
    """Return one page of a picture file, with its own pixels.

    Args:
        file: the scan.
        number: the page, from 1.

    Raises:
        BannasarError: the picture is damaged, or is no longer there.
    """
    try:
        with Image.open(file) as image:
            image.seek(number - 1)
            across, down = (float(claimed or 0) for claimed in image.info.get("dpi", (0, 0)))
            if image.getexif().get(ExifTags.Base.Orientation) in _ON_ITS_SIDE:
                across, down = down, across
            ImageOps.exif_transpose(image, in_place=True)
            return picture_at(image, across, down)
    except FileNotFoundError as error:
        raise BannasarError(Code.CHANGED, "it is no longer there", page=number) from error
    except (OSError, ValueError, SyntaxError, EOFError, KeyError, TypeError) as error:
        # All of these are what Pillow's readers let through for a file that is cut off or damaged.
        raise BannasarError(Code.DAMAGED, str(error), page=number) from error
