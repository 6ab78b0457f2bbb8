"""Reads a page's lines: first with our network, and with Tesseract where the network is not sure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.settings import PageSettings
from pipeline.page.job import PictureJob
from pipeline.page.merge import khmer_share, mean_confidence, merged, min_confidence
from pipeline.page.picture import Pixels
from pipeline.page.prepared_page import LETTER
from pipeline.page.recogniser import Recogniser, Symbols
from pipeline.page.vocabulary import with_known_words

_SURE = 0.7
"""If each symbol of the network's reading has this confidence, the line is not read again."""

_DOUBT = 0.015
"""A line with more doubt for each symbol is read once more: with less, the two readings agree well enough."""

_LATIN_DOUBT = 0.01
"""A line of a Latin page with more doubt for each symbol is read by the network, too."""

_LATIN_LEAD = 2.0
"""The lead of Tesseract's Latin models: of worn typescript the network is surer than it may be."""

_KHMER_LINE, _KHMER_SYMBOLS = 0.7, 3
"""From this confidence and so many symbols on, what the network reads as Khmer on a Latin page is Khmer, not dirt."""

_MIXED = 0.2
"""A line with a smaller share of Khmer letters is Latin."""


@dataclass(frozen=True, slots=True)
class Readers:
    """What reads the lines of a page; ``network`` is None if the settings name none."""

    recogniser: Recogniser
    network: Recogniser | None
    settings: PageSettings


def run(job: PictureJob) -> None:
    """Read the lines of a page."""
    job.lines = [job.page.picture_of(line, LETTER / job.page.letter) for line in job.page.lines]
    pictures = [line.pixels for line in job.lines]
    readers = Readers(job.recogniser, job.network, job.settings)
    job.readings = read_lines(pictures, readers, latin=job.orientation.latin)


def read_lines(pictures: Sequence[Pixels], readers: Readers, *, latin: bool) -> list[Symbols]:
    """Read lines, those of a Latin page with the Latin models.

    Args:
        pictures: Grey pictures of one line each.
        readers: What reads them.
        latin: Whether the page is Latin.

    Raises:
        ScanError: From a recogniser.
    """
    return (_read_latin if latin else _read_khmer)(pictures, readers)


def _read_khmer(pictures: Sequence[Pixels], readers: Readers) -> list[Symbols]:
    """Read lines with the network; those of which it is not sure with Tesseract, too, as often as it helps."""
    settings, network = readers.settings, readers.network
    own: Sequence[Symbols] = network.read(pictures, settings.network) if network else [()] * len(pictures)
    readings = list(own)

    def again(chosen: Sequence[int], models: str, joined: Callable[[int, Symbols], Symbols]) -> None:
        found = readers.recogniser.read([pictures[number] for number in chosen], models)
        for number, symbols in zip(chosen, found, strict=True):
            readings[number] = joined(number, symbols)

    unsure = [number for number, symbols in enumerate(own) if not _is_sure(symbols)]
    again(unsure, settings.first_languages, lambda _, symbols: symbols)
    first = {number: readings[number] for number in unsure}
    latin = [number for number in unsure if _is_latin(first[number]) and (not own[number] or _is_latin(own[number]))]
    khmer = [number for number in unsure if number not in set(latin)]
    again(latin, settings.latin_languages, lambda number, symbols: merged(first[number], symbols))

    def with_own(number: int, symbols: Symbols) -> Symbols:
        return merged(own[number], symbols) if network else symbols

    for number in khmer:
        readings[number] = with_own(number, first[number])

    def third(number: int, symbols: Symbols) -> Symbols:
        return with_own(number, merged(first[number], symbols))

    doubtful = [number for number in khmer if 1 - mean_confidence([readings[number]]) > _DOUBT]
    mixed = [number for number in doubtful if khmer_share(readings[number]) < 1]
    again([number for number in doubtful if number not in set(mixed)], settings.khmer_languages, third)
    again(mixed, settings.languages, third)
    return readings


def _is_sure(symbols: Symbols) -> bool:
    return not _is_latin(symbols) and min_confidence(symbols) >= _SURE


def _is_latin(symbols: Symbols) -> bool:
    return khmer_share(symbols) <= _MIXED


def _read_latin(pictures: Sequence[Pixels], readers: Readers) -> list[Symbols]:
    """Read lines with the Latin models, and those in doubt with the network, too.

    Forms have labels in both scripts, and the Latin models are not unsure enough of Khmer: where the network is sure
    that a line is Khmer, it is read as one of a Khmer page.
    """
    settings, network = readers.settings, readers.network
    readings = list(readers.recogniser.read(pictures, settings.latin_languages))
    doubtful = [number for number, symbols in enumerate(readings) if 1 - mean_confidence([symbols]) > _LATIN_DOUBT]
    chosen = [pictures[number] for number in doubtful]
    own = (
        network.read(chosen, settings.network) if network else readers.recogniser.read(chosen, settings.first_languages)
    )
    khmer = []
    for number, symbols in zip(doubtful, own, strict=True):
        if _is_latin(symbols):
            both = merged(with_known_words(readings[number], symbols), symbols, _LATIN_LEAD)
            readings[number] = with_known_words(both, readings[number])
        elif len(symbols) >= _KHMER_SYMBOLS and mean_confidence([symbols]) >= _KHMER_LINE:
            khmer.append(number)
    for number, symbols in zip(khmer, _read_khmer([pictures[number] for number in khmer], readers), strict=True):
        readings[number] = symbols
    return readings
