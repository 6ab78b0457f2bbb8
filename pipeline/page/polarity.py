"""Finds light writing on dark ground (negative film, photostats, heading bars) and makes it dark on light."""

import cv2
import numpy as np
from cv2.typing import MatLike

from pipeline.page.clean import shrunk
from pipeline.page.dark_ground import GLANCE, LOOK, Look, Region, may_be_dark, square
from pipeline.page.job import PictureJob, Positive
from pipeline.page.picture import Picture, Pixels

_INK = 0.7
"""The share of the paper's shade by which letters are darker than the paper after they are made dark."""

_PAPER = 235.0
"""The shade of paper if there is none around the dark ground."""

_RIM = 0.02
"""Inches on both sides of the edge of dark ground: this strip is neither, and becomes paper."""


def run(job: PictureJob) -> None:
    """Make light writing dark."""
    job.positive = positive(job.picture)


def positive(picture: Picture) -> Positive | None:
    """Make light writing on dark ground dark on light; None if there is none, as on nearly every page.

    Ground is what is even in shade, and what is between; letters are lighter or darker than the ground all around them.
    Ground with lighter letters is dark ground, regardless of its own shade.

    Args:
        picture: The page as scanned, grey or RGB.

    Returns:
        The page, grey or RGB as before; parts that were made dark on light have no colour.
    """
    if not may_be_dark(_shrunk(picture, max(1, int(picture.dpi / GLANCE)))):
        return None
    factor = max(1, int(picture.dpi / LOOK))
    look = Look.at(_shrunk(picture, factor))
    regions = look.dark_regions() if look else []
    if look is None or not regions:
        return None
    pixels = picture.pixels.copy()
    mask = np.zeros_like(look.small)
    for region in regions:
        _turn(pixels, look, region, factor)
        mask = np.asarray(cv2.bitwise_or(mask, region.mask), np.uint8)
    light, dark = (cv2.countNonZero(ink) for ink in (look.ink(mask, lighter=True), look.ink(~mask, lighter=False)))
    return Positive(Picture(pixels, picture.dpi), mask, light > dark)


def _shrunk(picture: Picture, factor: int) -> Picture:
    small = shrunk(picture, factor)
    return small.showing(_grey(small.pixels))


def _grey(pixels: Pixels) -> Pixels:
    return pixels if pixels.ndim == 2 else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def _turn(pixels: Pixels, look: Look, region: Region, factor: int) -> None:
    """Make a region of a picture, ``factor`` times as large as the look at it, dark on light in place."""
    rim = square(2 * round(_RIM * look.dpi) + 1)
    outer = np.asarray(cv2.dilate(region.mask, rim), np.uint8)
    inner = np.asarray(cv2.erode(region.mask, rim, borderValue=(255,)), np.uint8)
    ground = look.smooth_ground(region.ground)
    away = cv2.subtract(look.small, ground)[inner > 0]
    contrast = float(np.percentile(away[away > look.step], 97))
    beside = look.ground[(cv2.dilate(outer, square(15)) > 0) & (outer == 0)]
    paper = float(np.median(beside)) if beside.size > look.dpi else 0.0
    if paper < float(np.median(ground[inner > 0])) + look.step:
        paper = _PAPER
    # Only the part with the region: a heading bar is a small part of a page.
    left, top, width, height = cv2.boundingRect(outer)
    small = np.s_[top : top + height, left : left + width]
    # Leftover pixels at the right and at the bottom of the picture belong to its last column and row.
    right = pixels.shape[1] if left + width == outer.shape[1] else (left + width) * factor
    bottom = pixels.shape[0] if top + height == outer.shape[0] else (top + height) * factor
    place = pixels[top * factor : bottom, left * factor : right]

    def enlarged(part: MatLike, how: int) -> Pixels:
        large = cv2.resize(part, (width * factor, height * factor), interpolation=how)
        more = (0, place.shape[0] - large.shape[0], 0, place.shape[1] - large.shape[1])
        return np.asarray(cv2.copyMakeBorder(large, *more, cv2.BORDER_REPLICATE), np.uint8)

    light = cv2.subtract(_grey(place), enlarged(ground[small], cv2.INTER_LINEAR))
    dark = cv2.subtract(np.full_like(light, round(paper)), cv2.convertScaleAbs(light, alpha=_INK * paper / contrast))
    outside = enlarged(cv2.subtract(outer, inner)[small], cv2.INTER_NEAREST) > 0
    inside = enlarged(inner[small], cv2.INTER_NEAREST) > 0
    place[outside] = round(paper)
    place[inside] = dark[inside] if pixels.ndim == 2 else dark[inside][:, np.newaxis]
