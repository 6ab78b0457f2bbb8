"""Samples of any depth as the 8 bits that everything else works with."""

import numpy as np
from numpy.typing import NDArray

# How many bits programs fill of the 16 or 32 that a file gives them.
_FILLED = (8, 10, 12, 14, 16, 24)
# Unprinted paper is nearly 0 where 0 is white: its highest value says little.
_LEAST_INVERTED = 12
_UNIT = 1.5  # the highest of floats that are meant to go from 0 to 1
_LOWEST = 0.05  # part of the highest: values that filters leave below 0


def eight_bits(samples: NDArray[np.generic], bits: int, *, inverted: bool = False) -> NDArray[np.uint8]:
    """Return samples from 0, black, to 255, white.

    Many files give 16 bits to samples that a scanner took with 12, and floats of any range: white is derived from
    the highest sample.

    Args:
        samples: integers or floats, ``(height, width)`` or ``(height, width, samples)``.
        bits: how many a sample has in the file.
        inverted: whether 0 is white in them.
    """
    black, white = _range(samples, bits, _LEAST_INVERTED if inverted else 0)
    scaled = _scaled(samples, black, white)
    return 255 - scaled if inverted else scaled


def in_full(samples: NDArray[np.generic], bits: int) -> NDArray[np.uint8]:
    """Return samples that fill all their bits (inks, opacity), from 0 to 255; of floats, 1 is 255."""
    return _scaled(samples, 0.0, 1.0 if samples.dtype.kind == "f" else float((1 << bits) - 1))


def _scaled(samples: NDArray[np.generic], black: float, white: float) -> NDArray[np.uint8]:
    scaled = np.empty(samples.shape, np.uint8)
    for top in range(0, len(samples), 256):  # in bands: a copy in floats would take four times the memory
        band = samples[top : top + 256].astype(np.float64)
        band = np.nan_to_num((band - black) * (255.0 / (white - black)), posinf=255.0, neginf=0.0)
        scaled[top : top + 256] = np.clip(np.rint(band), 0, 255)
    return scaled


def _range(samples: NDArray[np.generic], bits: int, least: int) -> tuple[float, float]:
    """Return the samples that become black and white."""
    if samples.dtype.kind == "f":
        finite = samples[np.isfinite(samples)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        if low >= -_LOWEST * high:
            return 0.0, 1.0 if high <= _UNIT else _filled(high, 32, 0)
        return low, max(high, low + 1e-9)
    low, high = float(samples.min()), float(samples.max())
    if samples.dtype.kind == "i" and (low < 0 or bits <= 8):
        half = _filled(max(-low - 1, high), bits - 1, 0) + 1
        return -half, half - 1
    return 0.0, _filled(high, bits - 1 if samples.dtype.kind == "i" else bits, least)


def _filled(high: float, bits: int, least: int) -> float:
    """Return the highest number of the fewest bits that can hold the highest sample."""
    depths = [depth for depth in _FILLED if least <= depth < bits]
    return float((1 << next((depth for depth in depths if high < 1 << depth), bits)) - 1)
