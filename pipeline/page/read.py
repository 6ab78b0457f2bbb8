"""Reads the text of a page's picture; and the last stage of a page of a scan."""

from models.errors import ScanError
from models.failure import Code
from models.page import Page
from models.settings import PageSettings
from pipeline.page.job import PictureJob, Reading, ScanJob
from pipeline.page.picture import Picture
from pipeline.page.recipe import fingerprint
from pipeline.page.recogniser import open_network, open_recogniser
from pipeline.page.stages import PICTURE_STAGES, run_through

_POSTER_DPI, _POSTER_INCHES, _A4_INCHES = 150, 20, 11.7


def run(job: ScanJob) -> Page:
    """Read the picture of a page.

    Raises:
        ScanError: It cannot be read, or it is not blank but has neither text nor handwriting.
    """
    reading = read_picture(job.picture, job.settings, job.seconds)
    is_empty = not reading.blank and not reading.handwriting and not job.unread
    if is_empty and not any(line.words for block in reading.blocks for line in block.lines):
        raise ScanError(Code.NO_TEXT, page=job.number)
    return Page(
        scan=job.scan,
        number=job.number,
        recipe=fingerprint(job.settings),
        dpi=job.picture.dpi,
        width=reading.width,
        height=reading.height,
        turn=reading.turn,
        skew=reading.skew,
        blank=reading.blank,
        blocks=reading.blocks,
        handwriting=reading.handwriting,
        seals=reading.seals,
        signatures=reading.signatures,
        notes=reading.notes,
        unread=job.unread,
    )


def read_picture(picture: Picture, settings: PageSettings, seconds: float) -> Reading:
    """Read the picture of a page.

    Args:
        picture: The page as scanned, grey or RGB.
        settings: Resolution of reading, and the models.
        seconds: Time limit for the recogniser.

    Raises:
        ScanError: TIMEOUT, or RECOGNITION when the recogniser fails.
    """
    reading = run_through(PICTURE_STAGES, picture_job(picture, settings, seconds))
    if reading is None:
        raise RuntimeError("the last stage ends the reading of a picture")
    return reading


def picture_job(picture: Picture, settings: PageSettings, seconds: float) -> PictureJob:
    """Return the job that takes a picture through :data:`PICTURE_STAGES`; its time limit begins now."""
    recogniser = open_recogniser(settings.recogniser, settings, seconds)
    network = open_network(settings, seconds)
    return PictureJob(Picture(picture.pixels, _true_dpi(picture)), settings, recogniser, network)


def _true_dpi(picture: Picture) -> float:
    """Return the resolution of a picture, or that of an A4 page if the claimed one would make it a poster.

    Programs write 72 or 96 dpi into pictures whose resolution they do not know.
    """
    longest = max(picture.pixels.shape[:2])
    is_poster = picture.dpi < _POSTER_DPI and longest > _POSTER_INCHES * picture.dpi
    return longest / _A4_INCHES if is_poster else picture.dpi
