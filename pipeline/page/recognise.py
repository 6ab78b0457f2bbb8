"""Reads a page's lines: first with a fast model, and again if its confidence is low."""

from collections.abc import Callable, Sequence

from models.settings import PageSettings
from pipeline.page.job import PictureJob
from pipeline.page.merge import khmer_share, line_confidence, merged, min_confidence
from pipeline.page.picture import Pixels
from pipeline.page.prepared_page import LETTER
from pipeline.page.recogniser import Recogniser, Symbols

_THRESHOLD = 0.7
"""A Khmer line with a symbol below this confidence is read again."""

_LATIN_THRESHOLD = 0.3
"""A line of a Latin page below this confidence is read again."""


def run(job: PictureJob) -> None:
    """Read the lines of a page."""
    job.lines = [job.page.picture_of(line, LETTER / job.page.letter) for line in job.page.lines]
    pictures = [line.pixels for line in job.lines]
    job.readings = read_lines(pictures, job.recogniser, job.settings, latin=job.orientation.latin)


def read_lines(
    pictures: Sequence[Pixels], recogniser: Recogniser, settings: PageSettings, *, latin: bool
) -> list[Symbols]:
    """Read lines, those of a Latin page with the Latin models.

    Args:
        pictures: Grey pictures of one line each.
        recogniser: The recogniser that reads them.
        settings: The names of the models.
        latin: Whether the page is Latin.

    Raises:
        ScanError: From the recogniser.
    """
    return (_read_latin if latin else _read_khmer)(pictures, recogniser, settings)


def _read_khmer(pictures: Sequence[Pixels], recogniser: Recogniser, settings: PageSettings) -> list[Symbols]:
    """Read lines with the fast model, and those with low confidence again."""
    readings = recogniser.read(pictures, settings.first_languages)

    def again(doubtful: Callable[[Symbols], bool], models: str) -> None:
        chosen = [number for number, symbols in enumerate(readings) if doubtful(symbols)]
        seconds = recogniser.read([pictures[number] for number in chosen], models)
        for number, second in zip(chosen, seconds, strict=True):
            readings[number] = merged(readings[number], second)

    again(lambda symbols: khmer_share(symbols) == 1 and min_confidence(symbols) < _THRESHOLD, settings.khmer_languages)
    again(lambda symbols: 0.2 < khmer_share(symbols) < 1 and min_confidence(symbols) < _THRESHOLD, settings.languages)
    again(lambda symbols: khmer_share(symbols) <= 0.2, settings.latin_languages)
    return readings


def _read_latin(pictures: Sequence[Pixels], recogniser: Recogniser, settings: PageSettings) -> list[Symbols]:
    """Read lines with the Latin models, and those with low confidence with the model for both scripts."""
    readings = recogniser.read(pictures, settings.latin_languages)
    chosen = [number for number, symbols in enumerate(readings) if line_confidence(symbols) < _LATIN_THRESHOLD]
    seconds = recogniser.read([pictures[number] for number in chosen], settings.first_languages)
    for number, second in zip(chosen, seconds, strict=True):
        readings[number] = max(readings[number], second, key=line_confidence)
    return readings
