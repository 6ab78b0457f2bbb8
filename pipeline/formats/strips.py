"""Some rows of a picture: compressed, they show how large the whole picture will be."""

import numpy as np

_ROWS, _EVERY = 8, 8  # a block of a JPEG has 8 rows
_FEWEST = 16  # strips


def some_rows(pixels: np.ndarray) -> tuple[np.ndarray, float]:
    """Return an eighth of the rows of a picture, in strips from all over it, and their share; all, if it is small."""
    height = pixels.shape[0]
    strips = height // (_ROWS * _EVERY)
    if strips < _FEWEST:
        return pixels, 1.0
    whole = pixels[: strips * _ROWS * _EVERY]
    some = whole.reshape(strips, _EVERY, _ROWS, *pixels.shape[1:])[:, _EVERY // 2]
    return np.ascontiguousarray(some).reshape(-1, *pixels.shape[1:]), strips * _ROWS / height
