"""Where in a scan one document ends and another begins."""

from collections.abc import Iterator, Sequence

from pipeline.document.classifier import Linear
from pipeline.document.features import begin_features
from pipeline.document.sketch import Sketch

_LIKELY = 0.5
# A new scan is more likely a new document.
_LIKELY_ELSEWHERE = 0.25


def parts(pages: Sequence[Sketch], model: Linear, *, blank_separates: bool) -> Iterator[list[Sketch]]:
    """Yield the pages of each document of a scan, or of several that were scanned page by page.

    A separator sheet is its own part, with the blank pages that follow it: they are its back, if both sides were
    scanned. A blank page begins no document.

    Args:
        pages: of the scans, in order.
        model: the classifier of first pages.
        blank_separates: whether a document also begins after a blank page.
    """
    part: list[Sketch] = []
    for sketch in pages:
        if part and _begins(part, sketch, model, blank_separates=blank_separates):
            yield part
            part = []
        part.append(sketch)
    if part:
        yield part


def _begins(part: Sequence[Sketch], sketch: Sketch, model: Linear, *, blank_separates: bool) -> bool:
    page = sketch.page
    if page.sheet:
        return True
    if page.blank:
        return False
    if part[0].page.sheet:
        return True
    # It follows the last page with something on it; blank pages before all others are a cover.
    before = next((one for one in reversed(part) if not one.page.blank), None)
    if before is None:
        return False
    if blank_separates and part[-1].page.blank:
        return True
    likely = _LIKELY if page.scan == before.page.scan else _LIKELY_ELSEWHERE
    return bool(sketch.lines) and model.probabilities(begin_features(before, sketch))["yes"] > likely
