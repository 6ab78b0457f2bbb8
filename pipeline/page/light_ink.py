"""Removes ink that shines through from the other side of a page on which the writing is darker."""

from dataclasses import replace

import cv2
import numpy as np

from pipeline.page.job import PictureJob
from pipeline.page.layout import laid_out
from pipeline.page.lines import split_lines
from pipeline.page.merge import mean_confidence
from pipeline.page.orient import stretches
from pipeline.page.prepare import separated
from pipeline.page.shades import only_light, without_light

_BETTER = 0.05
"""The mirror image of ink that shines through is read with at least this much more confidence than the ink itself."""

_WRITING = 0.6
"""Symbols that are read in the grain of paper, or in a photograph, have a lower mean confidence, also in the mirror."""


def run(job: PictureJob) -> None:
    """Lay a page out again without its light ink if that is mirror writing."""
    page = job.page
    if page.light and _shines_through(job):
        clean = separated(without_light(page.even, page.light), faint=page.faint)
        job.page = laid_out(replace(clean, curl=page.curl))


def _shines_through(job: PictureJob) -> bool:
    """Whether the mirror image of the light ink is read with more confidence than the ink itself."""
    light = separated(only_light(job.page.even, job.page.light), faint=False)
    if not light.chosen.size:
        return False
    # Five lines are enough. The layout of what may be the grain of the paper would take seconds.
    lines = stretches(light, split_lines(light.components, light.chosen, light.letter))
    read, models = job.recogniser.read, job.settings.first_languages
    mirrored = mean_confidence(read([np.asarray(cv2.flip(one, 1), np.uint8) for one in lines], models))
    return mirrored > _WRITING and mirrored > mean_confidence(read(lines, models)) + _BETTER
