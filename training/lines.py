"""Random lines: a text, set in a face, aged, and cut as ``pipeline.page`` cuts lines out of pages."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from PIL import Image, ImageDraw

from pipeline.page.network.picture import fitted
from pipeline.page.picture import Pixels
from training import wear
from training.faces import Face, Faces
from training.tokens import to_numbers

_CLUSTER = re.compile("[\u1780-\u17b3](?:\u17d2[\u1780-\u17b3]|[\u17b6-\u17d1])*|.", re.DOTALL)
_KHMER = re.compile("[\u1780-\u17ff]")

_WIDEST = 1000
"""Columns of the widest picture that is made: wider ones slow a whole batch."""


@dataclass(frozen=True, slots=True)
class Line:
    """A made line: its picture as the network takes it, and its text."""

    pixels: Pixels
    text: str
    face: str


class Texts(Protocol):
    """Where the texts of lines come from: :class:`training.texts.LineWriter`."""

    def restart(self, rng: np.random.Generator) -> None:
        """Continue with another generator."""

    def text(self) -> str:
        """Write the text of one line, in its printed form."""


class LineMaker:
    """Makes lines, which depend only on the seed and the number of their block."""

    def __init__(self, texts: Texts, khmer: Faces, latin: Faces, seed: int) -> None:
        """Take the parts of lines.

        Args:
            texts: Their texts.
            khmer: Faces for lines with Khmer.
            latin: Faces for the others, and for the Latin parts of Khmer lines.
            seed: The seed of all random choices.
        """
        self._texts, self._khmer, self._latin, self._seed = texts, khmer, latin, seed

    def make(self, block: int, count: int) -> list[Line]:
        """Make the lines of one block: the same ones whenever it is made."""
        rng = np.random.default_rng([self._seed, block])
        self._texts.restart(rng)
        made: list[Line] = []
        while len(made) < count:
            line = self._line(rng)
            if line is not None and _readable(line):
                made.append(line)
        return made

    def _line(self, rng: np.random.Generator) -> Line | None:
        text = self._texts.text()
        khmer, latin = self._khmer.draw(rng), self._latin.draw(rng)
        # Figures alone are on pages of either script.
        own = _KHMER.search(text) is not None or (not any(map(str.isalpha, text)) and rng.random() < 0.75)
        # Khmer pages set their Latin in the Khmer face's own letters, or in any other.
        order = [khmer, latin] if own and rng.random() < 0.45 else [latin, khmer]
        main = khmer if own else latin
        # Sometimes a line begins in another face, such as bold.
        second = self._khmer.draw(rng) if rng.random() < 0.05 else None
        letter = float(np.exp(rng.uniform(np.log(12), np.log(32))))
        size = letter / main.letter
        ink, baseline = _set(text, order, size, rng, match=rng.random() < 0.6, second=second)
        if ink is None:
            return None
        other = None
        if rng.random() < 0.16:
            other, _ = _set(self._texts.text(), order, size, rng, match=True)
        ink = wear.bent(ink, rng, letter, baseline)
        ink = _cut(ink, rng, letter)
        ink = wear.printed(wear.with_strangers(ink, rng, letter, other), rng, letter, khmer=own)
        pixels = wear.scanned(ink, rng, letter)
        # The letter height that the layout measures for the page is not that of each line: headings are bigger.
        taken = letter * float(np.exp(rng.normal(0.05 if own else 0.15, 0.17)))
        return Line(fitted(pixels, taken).pixels, text, main.name)


def _readable(line: Line) -> bool:
    """Return whether the line has room for its symbols and is not too wide."""
    frames = line.pixels.shape[1] / 4
    return bool(line.pixels.shape[1] <= _WIDEST and frames > 1.1 * len(to_numbers(line.text)) + 1)


def _set(
    text: str,
    order: Sequence[Face],
    size: float,
    rng: np.random.Generator,
    *,
    match: bool,
    second: Face | None = None,
) -> tuple[wear.Floats | None, int]:
    """Return the ink of a text, 0 to 1, and the row of its baseline; None if no face has one of its characters."""
    if second is None:
        runs = _runs(text, order)
    else:
        words = text.split(" ")
        cut = int(rng.integers(1, len(words) + 1))
        order = [*order, second]
        before, after = _runs(" ".join(words[:cut]) + " ", [second, *order]), _runs(" ".join(words[cut:]), order)
        runs = before + after if before is not None and after is not None else None
    if runs is None:
        return None, 0
    spaced = float(rng.uniform(0.03, 0.25)) * size if rng.random() < 0.16 else 0.0
    gap = float(rng.uniform(1.2, 3)) if rng.random() < 0.3 else 1.0
    unsteady = size * float(rng.uniform(0.01, 0.05)) if rng.random() < 0.07 else 0.0
    khmer = next((face for face in order if face.covers.issuperset(map(ord, "កខ"))), order[0])
    scale = {face.name: 1.0 for face in order}
    if match:
        for face in order:
            # A Latin face of a size that fits the Khmer one: its small letters are lower than Khmer ones.
            if face is not khmer and face is not second:
                scale[face.name] = min(1.4, float(rng.uniform(0.5, 0.85)) * khmer.letter / face.letter)
    fonts = {face.name: face.at(size * scale[face.name]) for face in order}
    pieces: list[tuple[str, str, float]] = []
    x = 0.0
    for face, run in runs:
        font = fonts[face.name]
        for part in re.split("( +)", run):
            clusters = _CLUSTER.findall(part) if spaced or unsteady else [part]
            for cluster in clusters:
                if not cluster.isspace() and cluster:
                    pieces.append((face.name, cluster, x))
                x += font.getlength(cluster) * (gap if cluster.isspace() else 1) + spaced
    margin = round(size)
    baseline = round(2.0 * size)
    picture = Image.new("L", (int(x) + 2 * margin, round(3.6 * size)), 0)
    pen = ImageDraw.Draw(picture)
    for name, cluster, left in pieces:
        jitter = round(float(rng.normal(0, unsteady))) if unsteady else 0
        pen.text((margin + left, baseline + jitter), cluster, fill=255, font=fonts[name], anchor="ls")
    ink = np.asarray(picture, np.float32) / np.float32(255)
    return (ink, baseline) if ink.max() > 0.5 else (None, 0)


def _runs(text: str, order: Sequence[Face]) -> list[tuple[Face, str]] | None:
    """Cut a text where its face changes: each character is in the first face that has it, marks with their letter."""
    runs: list[tuple[Face, str]] = []
    for cluster in _CLUSTER.findall(text):
        if cluster == " " and runs:
            runs[-1] = (runs[-1][0], runs[-1][1] + cluster)
            continue
        face = next((face for face in order if face.covers.issuperset(map(ord, cluster))), None)
        if face is None:
            return None
        if runs and runs[-1][0] is face:
            runs[-1] = (face, runs[-1][1] + cluster)
        else:
            runs.append((face, cluster))
    return runs


def _cut(ink: wear.Floats, rng: np.random.Generator, letter: float) -> wear.Floats:
    """Cut the line out round its ink, with a small margin, or too close at the top or the bottom."""
    rows, columns = np.flatnonzero(ink.max(axis=1) > 0.3), np.flatnonzero(ink.max(axis=0) > 0.3)
    if not len(rows):
        return ink
    close = rng.random(2) < 0.05
    room = np.where(close, -rng.uniform(0.03, 0.22, 2), rng.uniform(0.05, 0.3, 2)) * letter
    if max(room) < 0 and rows[-1] - rows[0] < letter:
        room = np.abs(room)
    top, bottom = max(0, int(rows[0] - room[0])), int(rows[-1] + 1 + room[1])
    side = max(1, int(0.15 * letter))
    left, right = max(0, columns[0] - side), columns[-1] + 1 + side
    return np.asarray(
        cv2.copyMakeBorder(ink[top:bottom, left:right], 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(0,)), np.float32
    )
