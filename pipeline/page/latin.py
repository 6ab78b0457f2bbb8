"""Reads a Latin line: by the network, and where it is not sure of a word, by Tesseract."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from pipeline.page.languages import most_likely
from pipeline.page.merge import is_latin, khmer_share, mean_confidence, merged
from pipeline.page.parts import Part, parts_of, put_together, whole
from pipeline.page.picture import Pixels
from pipeline.page.readers import Found, Readers
from pipeline.page.recogniser import Symbols
from pipeline.page.vocabulary import differing, unsure, with_known_words

_LATIN_DOUBT = 0.01
"""With less doubt for each symbol, what Tesseract reads in a Latin line is not compared with the network's reading."""

_LATIN_LEAD = 1.0
"""The lead of Tesseract's Latin models: of worn typescript the network is surer than it may be."""

_OPEN, _OPEN_DOUBT = 2, 0.02
"""So many words on which network and Tesseract differ, and more doubt than this, and a Latin line is read once more."""

_TRIED = 3
"""So many lines are read with each of the Latin models: the surest of them reads the others first."""


def read_latin(first: Found, pictures: Sequence[Pixels], readers: Readers) -> Found:
    """Return the readings of Latin lines.

    Only the parts of a line in which the network is not sure of each word are read again.

    Args:
        first: The network's readings by the numbers of the lines. One that is Khmer is not believed.
        pictures: The pictures of all lines.
        readers: What reads them.

    Raises:
        ScanError: From a recogniser.
    """
    parts: list[Part] = []
    for number, symbols in first.items():
        if not symbols or not is_latin(symbols):
            parts.append(whole(number, pictures[number], symbols))
        elif unsure(symbols):
            parts += parts_of(number, pictures[number], symbols)
    own = [part.own(first[part.line]) if is_latin(first[part.line]) else () for part in parts]
    language = most_likely(readers.settings.latin_languages.split("+"), first.values())
    read = _read_again(own, [part.pixels for part in parts], readers, language)
    found = dict(first)
    for number, group in groupby(zip(parts, read, strict=True), key=lambda one: one[0].line):
        found[number] = put_together(first[number], list(group))
    return found


def _read_again(
    own: Sequence[Symbols], pictures: Sequence[Pixels], readers: Readers, language: str | None
) -> list[Symbols]:
    """Return the readings of parts of lines by Tesseract, with the network's merged into them.

    The model of the page's language reads them, and where these two differ, the others read them, too. Tesseract could
    use all models at once, but that takes all of their time.

    Args:
        own: The network's readings, empty where they are not Latin.
        pictures: The pictures of the parts.
        readers: What reads them.
        language: The model of the page's language; None if it is not known: then each model reads a few parts.
    """
    every = range(len(pictures))
    models = readers.settings.latin_languages.split("+")
    tried = [] if language else _long(every, pictures)[:_TRIED]
    read = {model: readers.again(tried, model, pictures) if tried else {} for model in models}
    best, *others = sorted(models, key=lambda model: (model != language, -mean_confidence(list(read[model].values()))))
    read[best] |= readers.again([number for number in every if number not in read[best]], best, pictures)
    found = [_better(read[best][number], own[number]) for number in every]
    doubtful = [number for number in every if _is_doubtful(found[number], read[best][number], own[number])]
    for model in others:
        more = [number for number in doubtful if number not in read[model]]
        read[model] |= readers.again(more, model, pictures)
        for number, symbols in read[model].items():
            read[best][number] = _of_words(read[best][number], symbols, 0.0)
            found[number] = _better(read[best][number], own[number])
    return found


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
