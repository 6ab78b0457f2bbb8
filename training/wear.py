"""What print, years and scanners do to a line, on its picture alone: fast enough to make lines while training runs."""

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]


def bent(ink: Floats, rng: np.random.Generator, letter: float, baseline: float) -> Floats:
    """Return a line slanted, stretched, skewed and wavy, by small random amounts.

    Args:
        ink: How much ink is at each place, 0 to 1.
        rng: The random generator.
        letter: Pixels of a letter's height.
        baseline: The row of the baseline.
    """
    height, width = ink.shape
    stretch = float(np.exp(rng.normal(0, 0.11)))
    slant = float(rng.uniform(0.1, 0.3)) if rng.random() < 0.07 else float(rng.normal(0, 0.025))
    lean = float(np.clip(rng.normal(0, 0.0035), -0.012, 0.012)) if rng.random() < 0.6 else 0.0
    # The layout cuts a line with much skew over its length in two.
    lean = float(np.clip(lean, -0.6 * letter / width, 0.6 * letter / width))
    matrix = np.array([[stretch, -slant, slant * baseline], [lean, 1, -lean * width * stretch / 2]], np.float32)
    size = (int(width * stretch) + int(abs(slant) * height) + 2, height)
    ink = np.asarray(cv2.warpAffine(ink, matrix, size, flags=cv2.INTER_LINEAR), np.float32)
    if rng.random() < 0.25:
        ink = _warped(ink, rng, letter)
    if rng.random() < 0.15 and size[0] > 6 * letter:
        columns = np.arange(size[0], dtype=np.float32)
        if rng.random() < 0.6:
            swing = letter * float(rng.uniform(0.03, 0.13))
            wave = swing * np.sin(columns / (letter * float(rng.uniform(6, 40))) + float(rng.uniform(0, 6)))
        else:
            # The page of a book rises towards its spine.
            far = columns / size[0] if rng.random() < 0.5 else 1 - columns / size[0]
            wave = letter * float(rng.uniform(-0.7, 0.7)) * far**3
        rows = np.arange(height, dtype=np.float32)[:, None] + wave[None].astype(np.float32)
        ink = np.asarray(cv2.remap(ink, np.repeat(columns[None], height, 0), rows, cv2.INTER_LINEAR), np.float32)
    return ink


def _warped(ink: Floats, rng: np.random.Generator, letter: float) -> Floats:
    """Return a line whose strokes are a little out of place, each separately: like a face that no file has."""
    reach = letter * float(rng.uniform(0.04, 0.14))
    blot = letter * float(rng.uniform(0.4, 1.2))
    across, down = (reach * (_clouds(ink.shape, rng, blot) - np.float32(0.5)) for _ in range(2))
    columns = np.asarray(across + np.arange(ink.shape[1], dtype=np.float32), np.float32)
    rows = np.asarray(down + np.arange(ink.shape[0], dtype=np.float32)[:, None], np.float32)
    return np.asarray(cv2.remap(ink, columns, rows, cv2.INTER_LINEAR), np.float32)


def printed(ink: Floats, rng: np.random.Generator, letter: float, *, khmer: bool) -> Floats:
    """Return the line as printer and copier leave it: strokes thicker or thinner, filled or broken, faded in places.

    Ink spreads (a blur) and covers only above a threshold: a low one fills the shapes, a high one breaks them.
    """
    noise = np.asarray(rng.standard_normal(ink.shape, np.float32), np.float32)
    # Latin letters are measured lower, and a ribbon spreads more.
    spread = letter * float(rng.uniform(0.02, 0.09) if khmer else rng.uniform(0.03, 0.15))
    soft = cv2.GaussianBlur(ink, (0, 0), spread) if spread > 0.35 else ink
    if rng.random() < 0.15:
        soft = soft * (
            1 - float(rng.uniform(0.15, 0.55)) * _clouds(ink.shape, rng, letter * float(rng.uniform(1.5, 10)))
        )
    low, high = ((0, 0.04), (0.04, 0.1), (0.1, 0.22))[int(rng.choice(3, p=[0.5, 0.37, 0.13]))]
    rough = float(rng.uniform(low, high))
    grain = cv2.GaussianBlur(noise, (0, 0), max(0.5, letter * 0.03)) * (0.5 + letter * 0.06)
    soft = soft + rough * grain
    level = float(np.clip(rng.normal(0.43, 0.1 if khmer else 0.11), 0.2, 0.7))
    hard = float(np.exp(rng.uniform(np.log(3), np.log(40))))
    taken = np.clip((soft - level) * hard + 0.5, 0, 1)
    # Never so thin that most of it disappears, and never so thick that it runs together.
    share = float(taken.sum()) / max(1.0, float(ink.sum()))
    if not 0.55 < share < 1.9:
        taken = np.clip((soft - 0.42) * hard + 0.5, 0, 1)
    if rng.random() < 0.08:
        taken = taken * (noise < float(rng.uniform(1.6, 2.8)))
    return np.asarray(taken, np.float32)


def with_strangers(ink: Floats, rng: np.random.Generator, letter: float, other: Floats | None) -> Floats:
    """Return the line with other ink: parts of a neighbour, rules, rings of seals, specks."""
    height, width = ink.shape
    ink = ink.copy()
    thick = max(1, round(letter * float(rng.uniform(0.04, 0.14))))
    if other is not None:
        _add_neighbour(ink, rng, letter, other)
    if rng.random() < 0.06:
        row = int(
            rng.choice([rng.uniform(0, 0.1), rng.uniform(0.9, 1), rng.uniform(0, 1)], p=[0.35, 0.5, 0.15]) * height
        )
        start, end = sorted(int(x) for x in rng.integers(0, width, 2)) if rng.random() < 0.5 else (0, width)
        if rng.random() < 0.25:
            ink[row : row + thick, start:end] = np.maximum(
                ink[row : row + thick, start:end], (np.arange(start, end) // max(1, thick) % 2).astype(np.float32)
            )
        else:
            ink[row : row + thick, start:end] = float(rng.uniform(0.6, 1))
    if rng.random() < 0.05:
        for column in rng.choice([0, width - thick, int(rng.integers(width))], int(rng.integers(1, 3))):
            ink[:, column : column + thick] = float(rng.uniform(0.5, 1))
    if rng.random() < 0.05:
        radius = int(letter * rng.uniform(3, 8))
        centre = (int(rng.integers(-radius, width + radius)), int(rng.integers(-radius, height + radius)))
        seal = np.zeros_like(ink)
        cv2.circle(seal, centre, radius, (1.0,), 2 * thick, cv2.LINE_AA)
        cv2.circle(seal, centre, round(radius * 0.7), (1.0,), thick, cv2.LINE_AA)
        ink = np.maximum(ink, seal * float(rng.uniform(0.25, 0.9)))
    if rng.random() < 0.3:
        count = int(rng.integers(1, 12)) if rng.random() < 0.7 else int(rng.integers(10, 60))
        for x, y, size in zip(
            rng.integers(0, width, count),
            rng.integers(0, height, count),
            rng.exponential(0.05 * letter, count),
            strict=True,
        ):
            value = 1.0 if rng.random() < 0.75 else 0.0
            cv2.circle(ink, (int(x), int(y)), min(round(float(size)), round(0.12 * letter)), (value,), -1)
    return np.asarray(ink, np.float32)


def _add_neighbour(ink: Floats, rng: np.random.Generator, letter: float, other: Floats) -> None:
    """Put the lower parts of a line above it, or the upper parts of one below, into its margin; only some pieces."""
    rows = np.flatnonzero(other.max(axis=1) > 0.4)
    if not len(rows):
        return
    other = other[rows[0] : rows[-1] + 1]
    depth = int(min(rng.uniform(0.1, 0.7) * letter, other.shape[0], ink.shape[0] / 3))
    width = min(other.shape[1], ink.shape[1])
    if depth < 1:
        return
    start = int(rng.integers(0, width))
    stop = min(width, start + int(rng.uniform(0.5, 12) * letter))
    if rng.random() < 0.5:
        ink[:depth, start:stop] = np.maximum(ink[:depth, start:stop], other[-depth:, start:stop])
    else:
        ink[-depth:, start:stop] = np.maximum(ink[-depth:, start:stop], other[:depth, start:stop])


def scanned(ink: Floats, rng: np.random.Generator, letter: float) -> Pixels:
    """Return the line as the scanner gives it and as ``pipeline.page`` evens it: grey, dark on nearly white."""
    kind = rng.random()
    if kind < 0.42:
        level = float(rng.uniform(0.35, 0.65))
        pixels = np.where(ink > level, np.float32(0), np.float32(255))
        if rng.random() < 0.12:
            rough = rng.random(ink.shape, np.float32)
            share = float(rng.choice([0.001, 0.004, 0.012]))
            pixels[rough < share] = 0
            pixels[rough > 1 - share] = 255
    else:
        blur = letter * float(rng.uniform(0.01, 0.07))
        ink = np.asarray(cv2.GaussianBlur(ink, (0, 0), blur), np.float32) if blur > 0.35 else ink
        depth = float(rng.uniform(110, 255))
        pixels = 255 - depth * ink
        noise = float(rng.uniform(0, 10)) * float(rng.random())
        pixels = pixels + noise * rng.standard_normal(ink.shape, np.float32)
        if rng.random() < 0.4:
            # The evening makes paper white.
            pixels = (pixels - 127) * float(rng.uniform(1.1, 1.8)) + 127 + float(rng.uniform(0, 25))
    grey = np.asarray(np.clip(pixels, 0, 255), np.uint8)
    if rng.random() < 0.35:
        grey = np.asarray(
            cv2.imdecode(cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 85))])[1], 0),
            np.uint8,
        )
    if rng.random() < 0.1:
        small = (max(6, int(grey.shape[1] * 0.6)), max(8, int(grey.shape[0] * 0.6)))
        grey = np.asarray(
            cv2.resize(
                cv2.resize(grey, small, interpolation=cv2.INTER_AREA), grey.shape[::-1], interpolation=cv2.INTER_CUBIC
            ),
            np.uint8,
        )
    return grey


def _clouds(shape: tuple[int, ...], rng: np.random.Generator, blot: float) -> Floats:
    """Return smooth noise from 0 to 1, with blots of the given width in pixels."""
    cells = (max(2, round(shape[0] / blot)), max(2, round(shape[1] / blot)))
    small = rng.random(cells, np.float32)
    return np.asarray(
        np.clip(cv2.resize(small, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), 0, 1), np.float32
    )
