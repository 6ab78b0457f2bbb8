"""Recognises separator sheets among the pages by their QR code."""

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
"""The least long side in pixels at which codes are read: five or more per module, even for A4 on an A3 scanner."""

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
    """Return the payload of the separator sheet on a picture, in any orientation; "" if there is none.

    Args:
        picture: The page as scanned, grey or RGB.
    """
    small = shrunk(picture, max(1, max(picture.pixels.shape[:2]) // _LONG)).pixels
    plain = np.ascontiguousarray(small if small.ndim == 2 else cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))
    codes = zxingcpp.read_barcodes(plain, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return next((code.text for code in codes if _PAYLOAD.fullmatch(code.text)), "")
