"""Handwriting, as there is no free corpus: faces that imitate a hand, made unsteady, and strokes drawn at random."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from samples.faces import FONTS, MissingFontError, load_face
from samples.typeset import Pixels

HANDS = {
    "Breip": ("fonts-breip", "truetype/breip/Breip.ttf"),
    "DKG": ("fonts-dkg-handwriting", "truetype/fifthhorseman/dkg.ttf"),
    "Kristi": ("fonts-kristi", "truetype/kristi/Kristi.ttf"),
}
"""Latin faces that imitate a hand: their Debian package, and their file under the folder of fonts."""

_Floats = NDArray[np.float32]


def put(page: Pixels, ink: Pixels, left: int, top: int) -> None:
    """Write ink, 0 to 255, onto a page of paper white; ink beyond the page is cut off."""
    part = page[top : top + ink.shape[0], left : left + ink.shape[1]]
    part[:] = np.minimum(part, 255 - ink[: part.shape[0], : part.shape[1]])


def written(text: str, face: str, pixels: float, rng: np.random.Generator, unrest: float = 1.0) -> Pixels:
    """Return a line of text as an unsteady hand writes it, ink 255 on 0, ``(height, width)``.

    Each word has its own size, slant and height, and the whole is warped, so that no letter is the same twice.

    Args:
        text: The text to write.
        face: One of :data:`HANDS`, a file of a face, or a face of the samples.
        pixels: Pixels an em.
        rng: The random generator.
        unrest: How unsteady the hand is; 0 gives the face as it is.

    Raises:
        MissingFontError: The face is not installed.
    """
    ink = np.zeros((round(3 * pixels), round(pixels * (len(text) + 4))), np.uint8)
    at, rise = pixels, 0.0
    for word in text.split():
        font = _font(face, pixels * (1 + unrest * rng.uniform(-0.1, 0.1)))
        rise = 0.6 * rise + unrest * pixels * rng.uniform(-0.1, 0.1)
        wide = round(font.getlength(word) + 2 * pixels)
        own = Image.new("L", (wide, ink.shape[0]), 0)
        ImageDraw.Draw(own).text((pixels, 1.8 * pixels + rise), word, fill=255, font=font, anchor="ls")
        own = own.rotate(unrest * rng.uniform(-3, 3), Image.Resampling.BICUBIC, center=(pixels, 1.8 * pixels))
        left = round(at - pixels)
        part = ink[:, left : left + wide]
        part[:] = np.maximum(part, np.asarray(own)[:, : part.shape[1]])
        at += font.getlength(word) + pixels * rng.uniform(0.25, 0.6)
    return _trimmed(_warped(ink, pixels, rng, unrest))


def scrawl(letters: int, pixels: float, rng: np.random.Generator, slant: float | None = None) -> Pixels:
    """Return a line of cursive that means nothing, ink 255 on 0: a random loop a letter, high, low or below the line.

    Args:
        letters: How many pseudo-letters.
        pixels: Height of a small letter.
        rng: The random generator.
        slant: Shift to the right a pixel of height; by chance where it is not given.
    """
    slant = float(rng.uniform(-0.1, 0.5)) if slant is None else slant
    size = (round(5 * pixels), round(pixels * (1.4 * letters + 4)))
    ink = np.zeros(size, np.uint8)
    thick = max(1.0, pixels * rng.uniform(0.08, 0.16))
    base, at, rise = 3.0 * pixels, 1.5 * pixels, 0.0
    left = letters
    while left > 0:
        count = min(left, int(rng.integers(2, 8)))
        left -= count
        points = [(at, base + rise)]
        for _ in range(count):
            rise = 0.8 * rise + pixels * rng.uniform(-0.08, 0.08)
            wide = pixels * rng.uniform(0.7, 1.3)
            high = pixels * rng.choice([0.8, 1.0, 1.9, -0.9], p=[0.4, 0.3, 0.2, 0.1])
            middle = (at + 0.5 * wide, base + rise - 0.5 * high)
            begin, turn = rng.uniform(2.0, 4.5), rng.uniform(2.5, 7.0) * rng.choice([-1, 1])
            for angle in begin + turn * np.linspace(0, 1, 6):
                reach = rng.uniform(0.85, 1.15)
                x, y = 0.5 * wide * np.cos(angle), 0.5 * high * np.sin(angle)
                points.append((middle[0] + reach * x, middle[1] - reach * y))
            points.append((at + wide, base + rise))
            at += wide
        curve = _spline(np.array(points))
        curve[:, 0] += slant * (base - curve[:, 1])
        press = np.interp(np.arange(len(curve)), np.linspace(0, len(curve), 12), rng.uniform(0.7, 1.3, 12))
        for number in range(len(curve) - 1):
            start, end = (np.rint(curve[n] * 16).astype(int).tolist() for n in (number, number + 1))
            cv2.line(ink, start, end, 255, max(1, round(thick * press[number])), cv2.LINE_AA, 4)
        at += pixels * rng.uniform(0.5, 1.1)
    return _trimmed(ink)


def signature(pixels: float, rng: np.random.Generator) -> Pixels:
    """Return a signature: a scrawl with a flourish under it."""
    name = scrawl(int(rng.integers(5, 9)), pixels, rng, 0.4)
    height, width = name.shape
    ink = np.zeros((height + round(1.5 * pixels), width + round(2 * pixels)), np.uint8)
    ink[:height, :width] = name
    across = np.linspace(0, 1, 6)
    points = np.stack([width * across, height + pixels * rng.uniform(-0.5, 0.8, 6)], axis=1)
    cv2.polylines(ink, [np.rint(_spline(points)).astype(np.int32)], False, 255, max(1, round(pixels / 8)), cv2.LINE_AA)
    return _trimmed(ink)


def _font(face: str, pixels: float) -> ImageFont.FreeTypeFont:
    if face not in HANDS and not Path(face).is_file():
        return load_face(face, round(pixels, 1))
    package, name = HANDS.get(face, ("", face))
    if not (FONTS / name).is_file():
        raise MissingFontError(f"The font “{face}” is missing. Install it: apt-get install {package}")
    return ImageFont.truetype(str(FONTS / name), pixels, layout_engine=ImageFont.Layout.RAQM)


def _spline(points: _Floats) -> _Floats:
    """Return a smooth curve through points (Catmull and Rom 1974), eight steps from each to the next."""
    ends = np.concatenate([points[:1], points, points[-1:]])
    steps = np.linspace(0, 1, 8, endpoint=False)[:, np.newaxis]
    parts = []
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        parts.append(
            0.5
            * (2 * b + (c - a) * steps + (2 * a - 5 * b + 4 * c - d) * steps**2 + (3 * b - a - 3 * c + d) * steps**3)
        )
    return np.concatenate([*parts, points[-1:]])


def _warped(ink: Pixels, pixels: float, rng: np.random.Generator, unrest: float) -> Pixels:
    """Move every spot a little, neighbours alike: by a twentieth of the letters, and slowly up and down the line."""
    height, width = ink.shape
    across, down = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))

    def noise(cells: float, reach: float) -> _Floats:
        small = (max(2, round(height / pixels / cells)), max(2, round(width / pixels / cells)))
        moved = cv2.resize(rng.standard_normal(small, np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
        return np.asarray(moved * np.float32(unrest * reach * pixels), np.float32)

    across += noise(0.5, 0.05)
    down += noise(0.5, 0.05) + noise(4.0, 0.12)
    return np.asarray(cv2.remap(ink, across, down, cv2.INTER_LINEAR), np.uint8)


def _trimmed(ink: Pixels) -> Pixels:
    rows, columns = np.nonzero(ink > 40)
    return ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].copy()
