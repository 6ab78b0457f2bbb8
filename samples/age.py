"""What years and scanners do to a page: faint ink, stains, light, folds, seals, show-through, skew and noise."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from samples.typeset import Pixels

_Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Wear:
    """How a page is worn. ``strength`` 1 is an ordinary old page; ``lean`` is the largest skew, in degrees."""

    strength: float = 1.0
    lean: float = 3.0
    colour: bool = False
    seal: bool = False
    fold: bool = False
    white: bool = False
    """Whether the scanner made the paper white, as office scanners do."""


def age(
    pixels: Pixels,
    rng: np.random.Generator,
    strength: float = 1.0,
    wear: Wear | None = None,
    back: Pixels | None = None,
) -> Pixels:
    """Return a clean page as a scanner would give it after years in a box.

    Args:
        pixels: The clean page, ``(height, width)`` grey.
        rng: The random generator; the same state gives the same page.
        strength: How worn the page is; ignored if ``wear`` is given.
        wear: What is done to it.
        back: What is printed on the other side, of the same size; it shows through.

    Returns:
        ``(height, width)`` grey, or ``(height, width, 3)`` RGB if ``wear.colour`` says so.
    """
    wear = wear or Wear(strength)
    light = _ink(pixels, rng, wear.strength)
    if back is not None:
        through = cv2.GaussianBlur(np.fliplr(back).astype(np.float32) / 255, (0, 0), pixels.shape[1] / 900)
        light *= 1 - (1 - through) * np.float32(0.16 * wear.strength)
    if wear.fold:
        _fold(light, rng, wear.strength)
    seal = _seal(light.shape[:2], rng) if wear.seal else np.zeros_like(light)
    angle = float(rng.uniform(0.3, 1.0) * wear.lean * rng.choice([-1, 1]))
    light, seal = _turn(light, angle, 1.0), _turn(seal, angle, 0.0)
    light *= _paper(light.shape, rng, wear.strength)
    colours = _coloured(light, seal, rng) if wear.colour else (light * (1 - 0.45 * seal))[..., None]
    colours = cv2.GaussianBlur(colours, (0, 0), 0.45 + 0.3 * wear.strength).reshape(colours.shape)
    colours = colours + rng.standard_normal(light.shape, np.float32)[..., None] * np.float32(0.018 * wear.strength)
    if wear.white:
        colours = (colours - 0.12) / 0.6
    whole = np.clip(np.rint(colours * 255), 0, 255).astype(np.uint8)
    return whole if wear.colour else whole[..., 0]


def _ink(pixels: Pixels, rng: np.random.Generator, strength: float) -> _Floats:
    """Lightness of the print, 0 to 1: ink that was applied unevenly."""
    ink = 1 - pixels.astype(np.float32) / 255
    cover = 0.9 - 0.14 * strength * _clouds(pixels.shape, rng, 60)
    return np.asarray(1 - ink * cover, np.float32)


def _paper(shape: tuple[int, ...], rng: np.random.Generator, strength: float) -> _Floats:
    """Lightness of the sheet: its tone, stains, and light from one side."""
    height, width = shape
    slope = rng.uniform(-1, 1, 2) * 0.12 * strength
    down = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None] * np.float32(slope[0])
    across = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None, :] * np.float32(slope[1])
    tone = np.float32(rng.uniform(0.86, 0.93))
    return np.asarray(tone + down + across - 0.08 * strength * _clouds(shape, rng, 9), np.float32)


def _clouds(shape: tuple[int, ...], rng: np.random.Generator, cells: int) -> _Floats:
    """Smooth noise from 0 to 1, with about ``cells`` blots across the page."""
    small = rng.random((round(cells * shape[0] / shape[1]), cells), np.float32)
    return np.asarray(np.clip(cv2.resize(small, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), 0, 1), np.float32)


def _fold(light: _Floats, rng: np.random.Generator, strength: float) -> None:
    """Crease the sheet across: a shadow on one side, and ink worn off along a fine line."""
    height = light.shape[0]
    crease = int(height * rng.uniform(0.4, 0.6))
    reach = height // 60
    shadow = np.linspace(0.12 * strength, 0, reach, dtype=np.float32)[:, None]
    light[crease : crease + reach] *= 1 - shadow
    thick = max(1, height // 1500)
    light[crease - thick : crease] = 1 - (1 - light[crease - thick : crease]) * 0.45


def _seal(shape: tuple[int, ...], rng: np.random.Generator) -> _Floats:
    """How much ink of a round seal is at each place, 0 to 1: two rings, rays and a star, low on the right."""
    height, width = shape
    mask = np.zeros(shape, np.uint8)
    radius = round(width * 0.085)
    centre = (round(width * rng.uniform(0.6, 0.7)), round(height * rng.uniform(0.62, 0.78)))
    thick = max(2, width // 500)
    cv2.circle(mask, centre, radius, 255, 2 * thick, cv2.LINE_AA)
    cv2.circle(mask, centre, round(radius * 0.68), 255, thick, cv2.LINE_AA)
    points = [
        (
            round(centre[0] + radius * (0.42 if n % 2 else 0.17) * np.sin(n * np.pi / 5)),
            round(centre[1] + radius * (0.42 if n % 2 else 0.17) * np.cos(n * np.pi / 5)),
        )
        for n in range(10)
    ]
    cv2.fillPoly(mask, [np.array(points, np.int32)], 255, cv2.LINE_AA)
    for ray in np.linspace(0, 2 * np.pi, 40, endpoint=False):
        inner, outer = (
            (round(centre[0] + radius * far * np.cos(ray)), round(centre[1] + radius * far * np.sin(ray)))
            for far in (0.76, 0.9)
        )
        cv2.line(mask, inner, outer, 255, thick, cv2.LINE_AA)
    worn = 0.55 + 0.45 * _clouds(shape, rng, 80)
    return np.asarray(mask.astype(np.float32) / 255 * worn, np.float32)


def _turn(light: _Floats, angle: float, beyond: float) -> _Floats:
    height, width = light.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
    turned = cv2.warpAffine(light, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=(beyond,))
    return np.asarray(turned, np.float32)


def _coloured(light: _Floats, seal: _Floats, rng: np.random.Generator) -> _Floats:
    """Yellowed paper and a red or blue seal."""
    paper = np.array([1.0, rng.uniform(0.95, 0.98), rng.uniform(0.84, 0.92)], np.float32)
    ink = np.array([[0.15, 0.75, 0.7], [0.75, 0.6, 0.15]][int(rng.integers(2))], np.float32)
    return np.asarray(light[..., None] * paper * (1 - seal[..., None] * ink), np.float32)
