"""What kind of document it is."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rapidfuzz import fuzz

from pipeline.document.classifier import Linear
from pipeline.document.features import kind_features
from pipeline.document.glossary import UNKNOWN, letters
from pipeline.document.sketch import Sketch

# A page of fewer units, clusters or words, is one of a few lines.
_ENOUGH = 60
# A text that is less similar to a title or a phrase does not count, 0–1.
_LEAST_LIKE = 0.7


class KindPrediction(NamedTuple):
    """The most probable kind, and the probability that it is right, 0–1."""

    kind: str
    confidence: float


def kind_of(pages: Sequence[Sketch], model: Linear) -> KindPrediction:
    """Return the most probable kind of the document of some pages.

    The classifier knows the kinds it was trained with; one that an archive team has added to the glossary since is
    recognised by its titles and phrases alone. So is every kind on a page of a few lines: the fewer they are, the lower
    the classifier's confidence.
    """
    first = next((page for page in pages if page.lines), None)
    if first is None:
        return KindPrediction(UNKNOWN, 0.0)
    kind, confidence = max(model.probabilities(kind_features(pages)).items(), key=lambda one: one[1])
    units = sum(len(seen.units) for seen in first.lines)
    kinds = set(first.names.kinds.values())
    by_name = kinds if units < _ENOUGH else kinds.difference(model.classes)
    named = _named(first) if by_name else ()
    own = max((one for one in named if one[0] > _LEAST_LIKE and one[1] in by_name), default=(0.0, ""))
    confidence *= min(1, units / _ENOUGH)
    return (
        KindPrediction(own[1], round(own[0], 3)) if own[0] > confidence else KindPrediction(kind, round(confidence, 3))
    )


def _named(page: Sketch) -> Iterator[tuple[float, str]]:
    """Yield how similar a possible title is to a title, 0–1, or a part of the page to a phrase, with their kinds."""
    for likeness, title in page.titles:
        yield likeness, page.names.kinds[title]
    text = letters("".join(seen.text for seen in page.lines))
    for phrase, kind in page.names.phrases.items():
        # The shorter of two texts is looked for in the longer.
        if len(own := letters(phrase)) <= len(text):
            yield fuzz.partial_ratio(own, text) / 100, kind
