"""Removes ink that shines through from the other side of a page on which the writing is darker."""

from dataclasses import replace

import cv2
import numpy as np

from pipeline.page.job import PictureJob
from pipeline.page.layout import laid_out
from pipeline.page.merge import mean_confidence
from pipeline.page.orient import stretches
from pipeline.page.prepare import separated
from pipeline.page.shades import only_light, without_light

_BETTER = 0.05
"""The mirror image of ink that shines through is read with at least this much more confidence than the ink itself."""


def run(job: PictureJob) -> None:
    """Lay a page out again without its light ink if that is mirror writing."""
    page = job.page
    if page.light and _shines_through(job):
        clean = separated(without_light(page.even, page.light), faint=page.faint)
        job.page = laid_out(replace(clean, curl=page.curl))


def _shines_through(job: PictureJob) -> bool:
    """Whether the mirror image of the light ink is read with more confidence than the ink itself."""
    lines = stretches(laid_out(separated(only_light(job.page.even, job.page.light), faint=False)))
    mirrored = [np.asarray(cv2.flip(one, 1), np.uint8) for one in lines]
    readings = job.recogniser.read(lines + mirrored, job.settings.first_languages)
    return mean_confidence(readings[len(lines) :]) > mean_confidence(readings[: len(lines)]) + _BETTER
