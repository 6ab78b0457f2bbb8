"""The pixels of an image as a scanner or a program wrote it: on white paper, at a plausible resolution."""

import cv2
import numpy as np
from PIL import Image, ImageCms

from pipeline.page.picture import Picture, Pixels, extremes
from pipeline.scan.depth import eight_bits

A4_LONG_INCHES = 297 / 25.4
# A page whose claimed resolution would make it smaller or larger than this was not scanned at that resolution:
# many programs write 72 or 96 into every picture.
_LONG_INCHES = (3.5, 24.0)
# Only films, not paper, are scanned at a higher resolution than this: what is on them was larger.
_FINEST_DPI = 1250
# A fax has half as many rows as columns per inch, or nearly as many: 204 by 98 or 196 (ITU-T T.4).
_UNEQUAL, _SQUASHED = 1.03, 2.5
_COLOUR_STEP = 24
_COLOUR_SHARE = 0.0005


def picture_at(image: Image.Image, across: float, down: float) -> Picture:
    """Return the picture of an upright image that claims these dots per inch along its rows and its columns.

    An image with different resolutions in the two directions is stretched, so that its letters are not distorted.
    """
    pixels = grey_or_rgb(image)
    height, width = pixels.shape[:2]
    claimed_dpi = across
    if across > 0 and down > 0 and _UNEQUAL < max(across, down) / min(across, down) < _SQUASHED:
        claimed_dpi = max(across, down)
        height, width = round(height * claimed_dpi / down), round(width * claimed_dpi / across)
    if sound_dpi(max(height, width), claimed_dpi) != claimed_dpi:
        longest = max(pixels.shape[:2])
        return Picture(pixels, sound_dpi(longest, 0))
    if (height, width) != pixels.shape[:2]:
        pixels = np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    return Picture(pixels, claimed_dpi)


def sound_dpi(long_side: float, claimed: float) -> float:
    """Return the resolution that a page claims, or that of an A4 page if the claim is impossible for a sheet.

    Args:
        long_side: the long side of the page's picture, in pixels.
        claimed: dots per inch, 0 if nothing is claimed.
    """
    low, high = _LONG_INCHES
    # A resolution that only scanners write is accepted for a large sheet, too: a map, a register.
    if 0 < claimed <= _FINEST_DPI and low <= long_side / claimed and (long_side / claimed <= high or claimed >= 150):
        return claimed
    return long_side / A4_LONG_INCHES


def grey_or_rgb(image: Image.Image) -> Pixels:
    """Return the pixels on white paper, in grey if there is almost no colour."""
    if image.mode in {"I", "I;16", "I;16B", "I;16L", "F"}:
        return eight_bits(np.asarray(image), 16 if image.mode.startswith("I;16") else 32)
    if image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        image = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB") or image
    if image.mode in {"La", "RGBa"}:
        image = image.convert(image.mode.upper())
    if image.mode in {"1", "L"} and "transparency" not in image.info:
        return np.asarray(image if image.mode == "L" else image.convert("L"))
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        over = image.convert("RGBA")
        paper = Image.new("RGBA", over.size, "white")
        image = Image.alpha_composite(paper, over)
    rgb = np.asarray(image.convert("RGB"))
    strongest, weakest = extremes(rgb[::4, ::4])
    spread = strongest.astype(np.int16) - weakest
    # Yellowed paper is tinted all over; colour that matters (a seal, blue ink) differs from the paper's own tint.
    coloured = np.abs(spread - np.median(spread)) > _COLOUR_STEP
    return rgb if float(coloured.mean()) > _COLOUR_SHARE else np.asarray(image.convert("L"))
