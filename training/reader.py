"""The exported network as a recogniser like those of the pipeline: pictures of lines in, their symbols out."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.page.picture import Pixels
from pipeline.page.prepared_page import LETTER
from pipeline.page.recogniser import Symbol, Symbols
from training.measure import Scorer
from training.picture import batch, prepared
from training.tokens import SYMBOLS

_SPACE = SYMBOLS.index(" ") + 1


class NetworkReader:
    """Reads lines one by one on one thread."""

    def __init__(self, scores: Scorer) -> None:
        """Take the function that gives the scores of pictures, such as :func:`training.onnx_model.scorer`."""
        self._scores = scores

    def read(self, lines: Sequence[Pixels]) -> list[Symbols]:
        """Read grey pictures of one line each, as ``PreparedPage.picture_of`` gives them."""
        return [self._read(line) for line in lines]

    def _read(self, line: Pixels) -> Symbols:
        picture = prepared(line, LETTER)
        scores = self._scores(batch([picture]))[:, 0].astype(np.float64)
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        # The places of the symbols are exact only to a few columns: they are used only for the order.
        wide = line.shape[1] / max(1, len(chances))
        return tuple(_symbols(chances, wide))


def _symbols(chances: NDArray[np.float64], wide: float) -> Iterator[Symbol]:
    """Yield the best output of each frame; a symbol has the highest confidence of its frames."""
    best = chances.argmax(axis=1)
    ends = np.flatnonzero(np.diff(best)) + 1
    begins = False
    for start, stop in zip((0, *ends), (*ends, len(best)), strict=True):
        number = int(best[start])
        if number == _SPACE:
            begins = True
        elif number:
            sure = float(chances[start:stop, number].max())
            yield Symbol(SYMBOLS[number - 1], round(start * wide), round(stop * wide), sure, begins)
            begins = False
