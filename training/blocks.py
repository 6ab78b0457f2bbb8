"""Blocks of made lines on disk, made in advance by a separate process while the network learns from earlier ones."""

import multiprocessing
import os
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from training import faces
from training.lines import Line, LineMaker
from training.texts import LineWriter

LINES = 2048
"""Lines of a block."""

_AHEAD = 3
_WAIT = 2.0


def line_maker(words: Path, fontsource: Path, seed: int) -> LineMaker:
    """Return the maker of the lines of all blocks; see :class:`LineWriter` and :func:`faces.load`."""
    khmer, latin = (faces.load(faces.KHMER, fontsource, khmer=True), faces.load(faces.LATIN, fontsource, khmer=False))
    return LineMaker(LineWriter(np.random.default_rng(seed), words), khmer, latin, seed)


def save(lines: list[Line], file: Path) -> None:
    """Write a block; there is no file before it is complete."""
    part = file.with_suffix(".part")
    with part.open("wb") as out:
        np.savez(
            out,
            pixels=np.concatenate([line.pixels.reshape(-1) for line in lines]),
            widths=np.array([line.pixels.shape[1] for line in lines], np.int32),
            texts=np.array([line.text for line in lines]),
            faces=np.array([line.face for line in lines]),
        )
    part.rename(file)


def load(file: Path) -> list[Line]:
    """Read a block."""
    with np.load(file) as block:
        ends = np.cumsum(block["widths"]) * (len(block["pixels"]) // int(block["widths"].sum()))
        pieces = np.split(block["pixels"], ends[:-1])
        rows = zip(pieces, block["widths"], block["texts"], block["faces"], strict=True)
        return [Line(piece.reshape(-1, width), str(text), str(face)) for piece, width, text, face in rows]


class BlockStore:
    """The blocks of a run, and the process that makes them in advance."""

    def __init__(self, folder: Path, words: Path, fontsource: Path, seed: int) -> None:
        """Set where the blocks are; see :func:`line_maker` for the rest."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._arguments = (folder, words, fontsource, seed)
        self._process: multiprocessing.process.BaseProcess | None = None

    def start(self, block: int) -> None:
        """Start making, from a block on, if it is not being done."""
        if self._process is not None:
            return
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=_make_on, args=(*self._arguments, block), daemon=True)
        self._process.start()

    def take(self, block: int, give_up: Callable[[], bool]) -> list[Line]:
        """Return a block, waiting until it is made, and delete those before it; none if the caller gives up."""
        for old in self._folder.glob("*.npz"):
            if int(old.stem) < block:
                old.unlink()
        file = _file(self._folder, block)
        while not file.is_file():
            if give_up():
                return []
            if self._process is None or not self._process.is_alive():
                raise RuntimeError("the process that makes lines has ended")
            time.sleep(0.2)
        return load(file)


def _file(folder: Path, block: int) -> Path:
    return folder / f"{block:06}.npz"


def _make_on(folder: Path, words: Path, fontsource: Path, seed: int, block: int) -> None:
    """Make block after block, a few in advance, as long as the process that asked for them lives."""
    cv2.setNumThreads(1)
    parent = os.getppid()
    maker = line_maker(words, fontsource, seed)
    while os.getppid() == parent:
        waiting = len(list(folder.glob("*.npz")))
        if waiting >= _AHEAD:
            time.sleep(_WAIT)
            continue
        file = _file(folder, block)
        if not file.is_file():
            save(maker.make(block, LINES), file)
        block += 1
