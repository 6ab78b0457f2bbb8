"""Reads a page's lines: first with our network, and with Tesseract where the network is not sure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.settings import PageSettings
from pipeline.page.job import PictureJob
from pipeline.page.merge import is_latin, khmer_share, mean_confidence, merged, min_confidence
from pipeline.page.picture import Pixels
from pipeline.page.prepared_page import LETTER
from pipeline.page.recogniser import Recogniser, Symbols
from pipeline.page.vocabulary import differing, unsure, with_known_words

_SURE = 0.7
"""If each symbol of a Khmer line has this confidence, it is not read again."""

_LATIN_DOUBT = 0.01
"""With less doubt for each symbol, what Tesseract reads in a Latin line is not compared with the network's reading."""

_LATIN_LEAD = 1.0
"""The lead of Tesseract's Latin models: of worn typescript the network is surer than it may be."""

_OPEN, _OPEN_DOUBT = 2, 0.02
"""So many words on which network and Tesseract differ, and more doubt than this, and a Latin line is read once more."""

_TRIED = 3
"""So many lines are read with each of the Latin models: the surest of them reads the others first."""

_KHMER_LINE, _KHMER_SYMBOLS = 0.7, 3
"""From this confidence and so many symbols on, what the network reads as Khmer on a Latin page is Khmer, not dirt."""

_Found = dict[int, Symbols]
"""Readings by the numbers of their lines."""


@dataclass(frozen=True, slots=True)
class Readers:
    """What reads the lines of a page; ``network`` is None if the settings name none."""

    recogniser: Recogniser
    network: Recogniser | None
    settings: PageSettings

    def first(self, pictures: Sequence[Pixels]) -> list[Symbols]:
        """Read lines with the network, or with the first Tesseract model."""
        if self.network:
            return self.network.read(pictures, self.settings.network)
        return self.recogniser.read(pictures, self.settings.first_languages)


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
    found = _khmer(khmer, pictures, readers) | _latin(others, pictures, readers)
    return [found[number] for number in range(len(pictures))]


def _is_khmer(symbols: Symbols) -> bool:
    return len(symbols) >= _KHMER_SYMBOLS and mean_confidence([symbols]) >= _KHMER_LINE


def _khmer(first: _Found, pictures: Sequence[Pixels], readers: Readers) -> _Found:
    """Return the readings of Khmer lines: those of which the first reading is not sure are read again, and merged."""
    again = [number for number, own in first.items() if min_confidence(own) < _SURE]
    mixed = {number for number in again if khmer_share(first[number]) < 1}
    found = dict(first)
    for models, some in (
        (readers.settings.khmer_languages, [number for number in again if number not in mixed]),
        (readers.settings.languages, [number for number in again if number in mixed]),
    ):
        for number, symbols in _read(some, models, pictures, readers).items():
            found[number] = merged(first[number], symbols)
    return found


def _latin(first: _Found, pictures: Sequence[Pixels], readers: Readers) -> _Found:
    """Return the readings of Latin lines.

    Where the network is not sure of each word, the Latin model that suits the page best reads the line, and where these
    two differ, the others read it, too. Tesseract could use all of them at once, but that takes all of their time.
    """
    again = [number for number, own in first.items() if not is_latin(own) or unsure(own)]
    models = readers.settings.latin_languages.split("+")
    read = {model: _read(_long(again, pictures)[:_TRIED], model, pictures, readers) for model in models}
    best, *others = sorted(models, key=lambda model: -mean_confidence(list(read[model].values())))
    read[best] |= _read([number for number in again if number not in read[best]], best, pictures, readers)
    own = {number: symbols for number, symbols in first.items() if is_latin(symbols)}
    found = first | {number: _better(symbols, own.get(number, ())) for number, symbols in read[best].items()}
    doubtful = [number for number in again if _is_doubtful(found[number], read[best][number], own.get(number, ()))]
    for model in others:
        read[model] |= _read([number for number in doubtful if number not in read[model]], model, pictures, readers)
        for number, symbols in read[model].items():
            read[best][number] = _of_words(read[best][number], symbols, 0.0)
            found[number] = _better(read[best][number], own.get(number, ()))
    return found


def _read(chosen: Sequence[int], models: str, pictures: Sequence[Pixels], readers: Readers) -> _Found:
    """Read some of the lines with Tesseract."""
    found = readers.recogniser.read([pictures[number] for number in chosen], models)
    return dict(zip(chosen, found, strict=True))


def _long(chosen: Sequence[int], pictures: Sequence[Pixels]) -> list[int]:
    """Return those of some lines that are no shorter than most."""
    widths = [pictures[number].shape[1] for number in chosen]
    return [number for number, width in zip(chosen, widths, strict=True) if width >= np.median(widths)]


def _better(symbols: Symbols, own: Symbols) -> Symbols:
    """Return a Latin line from Tesseract's reading and the network's, which is empty if it is not Latin."""
    if not own or (not khmer_share(own) and 1 - mean_confidence([symbols]) <= _LATIN_DOUBT):
        return symbols
    return _of_words(symbols, own, _LATIN_LEAD)


def _of_words(first: Symbols, second: Symbols, lead: float) -> Symbols:
    """Merge two readings of a Latin line; where only one of both is a word, it is taken."""
    return with_known_words(merged(with_known_words(first, second), second, lead), first)


def _is_doubtful(found: Symbols, symbols: Symbols, own: Symbols) -> bool:
    return 1 - mean_confidence([found]) > _OPEN_DOUBT and differing(symbols, own) >= _OPEN
