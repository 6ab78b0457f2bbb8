"""Reads a page's lines: first with our network, and with Tesseract where the network is not sure."""

from collections.abc import Sequence

from pipeline.page.job import PictureJob
from pipeline.page.latin import read_latin
from pipeline.page.merge import is_latin, khmer_share, mean_confidence, merged, min_confidence
from pipeline.page.picture import Pixels
from pipeline.page.prepared_page import LETTER
from pipeline.page.readers import Found, Readers
from pipeline.page.recogniser import Symbols

_SURE = 0.7
"""If each symbol of a Khmer line has this confidence, it is not read again."""

_KHMER_LINE, _KHMER_SYMBOLS = 0.7, 3
"""From this confidence and so many symbols on, what the network reads as Khmer on a Latin page is Khmer, not dirt."""


def run(job: PictureJob) -> None:
    """Read the lines of a page."""
    job.lines = [job.page.picture_of(line, LETTER / job.page.letter) for line in job.page.lines]
    pictures = [line.pixels for line in job.lines]
    readers = Readers(job.recogniser, job.network, job.settings)
    job.readings = read_lines(pictures, readers, latin=job.orientation.latin)


def read_lines(pictures: Sequence[Pixels], readers: Readers, *, latin: bool) -> list[Symbols]:
    """Read lines.

    Args:
        pictures: Grey pictures of one line each.
        readers: What reads them.
        latin: Whether the page is Latin. A line of it is Khmer only if the first reading is sure of that.

    Raises:
        ScanError: From a recogniser.
    """
    first = dict(enumerate(readers.first(pictures)))
    khmer = {number: own for number, own in first.items() if not is_latin(own) and (not latin or _is_khmer(own))}
    others = {number: own for number, own in first.items() if number not in khmer}
    found = _khmer(khmer, pictures, readers) | read_latin(others, pictures, readers)
    return [found[number] for number in range(len(pictures))]


def _is_khmer(symbols: Symbols) -> bool:
    return len(symbols) >= _KHMER_SYMBOLS and mean_confidence([symbols]) >= _KHMER_LINE


def _khmer(first: Found, pictures: Sequence[Pixels], readers: Readers) -> Found:
    """Return the readings of Khmer lines: those of which the first reading is not sure are read again, and merged."""
    again = [number for number, own in first.items() if min_confidence(own) < _SURE]
    mixed = {number for number in again if khmer_share(first[number]) < 1}
    found = dict(first)
    for models, some in (
        (readers.settings.khmer_languages, [number for number in again if number not in mixed]),
        (readers.settings.languages, [number for number in again if number in mixed]),
    ):
        for number, symbols in readers.again(some, models, pictures).items():
            found[number] = merged(first[number], symbols)
    return found
