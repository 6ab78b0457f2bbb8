"""Pages with nothing to read: blank ones, pictures, and those on which ink only shines through from the other side."""

from pipeline.page.clean import is_black, shows_a_picture
from pipeline.page.job import PictureJob, Reading

ONLY_FAINT = "only faint marks that cannot be read, such as ink that shines through"

READABLE = 0.83
"""Mean confidence of the symbols on a page that can be read: it is 0.9 and more, and in mirror writing at most 0.77."""


def run(job: PictureJob) -> Reading | None:
    """End the reading of a page without lines, and of one whose lines are faint and say nothing."""
    if not job.page.lines:
        return job.result((), blank=not shows_a_picture(job.picture))
    if job.page.faint and job.orientation.confidence < READABLE:
        job.notes = (ONLY_FAINT,)
        return job.result((), blank=not is_black(job.picture))
    return None
