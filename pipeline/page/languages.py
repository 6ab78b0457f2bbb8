"""Tells French from English by their commonest words."""

from collections.abc import Iterable, Sequence

from pipeline.page.recogniser import Symbols
from pipeline.page.vocabulary import words_in

_ENGLISH = "the of and to in that is was for with by at be this from it as not are have has he his which"
_FRENCH = "le la les de des du et en un une que qui dans pour par est au aux sur ce cette il ne pas plus se sa ses"
_COMMON = {"eng": frozenset(_ENGLISH.split()), "fra": frozenset(_FRENCH.split())}
"""The commonest words of the language of a Tesseract model, without those that others have, too."""

_ENOUGH, _TIMES = 4, 2
"""So many words, and more than so many times the words of any other language, show the language."""


def most_likely(models: Sequence[str], readings: Iterable[Symbols]) -> str | None:
    """Return the one of some Tesseract models that knows the language of a page.

    Args:
        models: The names of the models.
        readings: A reading of the page's lines.

    Returns:
        The model; None if the page has too few words, or the words of one of the models are not known.
    """
    if len(models) == 1:
        return models[0]
    if any(model not in _COMMON for model in models):
        return None
    words = [word for symbols in readings for word in words_in(symbols)]
    counts = {model: sum(word in _COMMON[model] for word in words) for model in models}
    *others, best = sorted(models, key=lambda model: counts[model])
    is_sure = counts[best] >= _ENOUGH and counts[best] > _TIMES * max(counts[other] for other in others)
    return best if is_sure else None
