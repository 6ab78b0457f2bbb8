"""Pages with nothing to read: blank pages, pictures, and pages with only bleed-through from the other side."""

import cv2
import numpy as np

from pipeline.page.clean import is_black, shows_a_picture
from pipeline.page.job import PictureJob, Reading
from pipeline.page.merge import mean_confidence
from pipeline.page.orient import stretches

ONLY_FAINT = "only faint marks that cannot be read, such as ink that shines through"
FAINT = "the writing is faint: what was read of it is uncertain"

_READABLE = 0.83
"""Mean confidence of the symbols on a readable page: usually 0.9 and more, and in mirror writing at most 0.77."""

_DUST = 0.7
"""Symbols that are read in dust and stains have a lower mean confidence."""

_BETTER = 0.05
"""Writing is read with at least this much more confidence than its mirror image. Bleed-through is not."""


def run(job: PictureJob) -> Reading | None:
    """End the reading of a page without lines, of a black one, and of one whose lines are faint and not writing."""
    if not job.page.lines:
        return job.result((), blank=not shows_a_picture(job.picture))
    job.notes = job.orientation.notes
    if not job.positive and job.orientation.confidence < _DUST and is_black(job.picture):
        # The noise of a sensor has the shapes of letters, too.
        return job.result((), blank=False)
    if job.page.faint and job.orientation.confidence < _READABLE:
        if not _is_writing(job):
            job.notes = (ONLY_FAINT,)
            return job.result((), blank=not is_black(job.picture))
        job.notes = (*job.notes, FAINT)
    return None


def _is_writing(job: PictureJob) -> bool:
    """Whether faint marks are read with more confidence than their mirror image, such as a bad carbon copy."""
    confidence = job.orientation.confidence
    if confidence < _DUST:
        return False
    mirrored = [np.asarray(cv2.flip(one, 1), np.uint8) for one in stretches(job.page, job.page.lines)]
    readings = job.recogniser.read(mirrored, job.settings.first_languages)
    return confidence > mean_confidence(readings) + _BETTER
