"""Reads one page of a scan that is a picture file."""

from pathlib import Path

from PIL import ExifTags, Image, ImageOps

from models.errors import ScanError
from models.failure import Code
from models.scan import Kind
from pipeline.page.picture import Picture
from pipeline.page.scanned import picture_at
from pipeline.scan.opening import DAMAGE, open_picture
from pipeline.scan.tiff_picture import ON_ITS_SIDE, tiff_picture


def frame(file: Path, kind: Kind, number: int, seconds: float) -> Picture:
    """Return one page of a picture file, with its own pixels.

    Args:
        file: the scan.
        kind: its kind.
        number: the page, from 1.
        seconds: time limit of a decoder that is a separate program.

    Raises:
        ScanError: the picture is damaged, of an unsupported kind, takes too long, or is no longer there.
    """
    try:
        return picture_at(*(tiff_picture(file, number, seconds) if kind is Kind.TIFF else _only_picture(file)))
    except FileNotFoundError as error:
        raise ScanError(Code.CHANGED, "it is no longer there", page=number) from error
    except (OSError, *DAMAGE) as error:
        raise ScanError(Code.DAMAGED, str(error), page=number) from error


def _only_picture(file: Path) -> tuple[Image.Image, float, float]:
    """Return a picture, upright according to its own metadata, and the dots per inch that it claims."""
    with open_picture(file) as image:
        across, down = (float(claimed or 0) for claimed in image.info.get("dpi", (0, 0)))
        if image.getexif().get(ExifTags.Base.Orientation) in ON_ITS_SIDE:
            across, down = down, across
        ImageOps.exif_transpose(image, in_place=True)
        return image.copy(), across, down
