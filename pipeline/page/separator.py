"""Separator sheets among the pages: told by the QR code that they bear."""

import re

import cv2
import numpy as np
import zxingcpp

from models.page import SHEET, Page
from pipeline.page.clean import shrunk
from pipeline.page.job import ScanJob
from pipeline.page.picture import Picture
from pipeline.page.recipe import fingerprint

SEPARATES = "a separator sheet"

_LONG = 1100
"""Pixels of the long side at which codes are read, at least: five a module and more, be it A4 on a glass for A3."""

_PAYLOAD = re.compile(rf"{re.escape(SHEET)}(?:\?[\x21-\x7e]*)?")


def run(job: ScanJob) -> Page | None:
    """End the reading of a separator sheet."""
    if not (sheet := separator(job.picture)):
        return None
    height, width = job.picture.pixels.shape[:2]
    return Page(
        scan=job.scan,
        number=job.number,
        recipe=fingerprint(job.settings),
        dpi=job.picture.dpi,
        width=width,
        height=height,
        sheet=sheet,
        notes=(SEPARATES,),
        unread=job.unread,
    )


def separator(picture: Picture) -> str:
    """Return the payload of the separator sheet that a picture shows, whichever way it lies; "" where it shows none.

    Args:
        picture: The page as scanned, grey or RGB.
    """
    small = shrunk(picture, max(1, max(picture.pixels.shape[:2]) // _LONG)).pixels
    plain = np.ascontiguousarray(small if small.ndim == 2 else cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))
    codes = zxingcpp.read_barcodes(plain, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return next((code.text for code in codes if _PAYLOAD.fullmatch(code.text)), "")
