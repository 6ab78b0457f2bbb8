"""Defines a recogniser, which reads the symbols on pictures of lines, and lists the recognisers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from models.settings import PageSettings
from pipeline.page.picture import Pixels

NETWORK = "onnxruntime"
"""The recogniser that reads with our own network."""

RECOGNISERS = {
    "tesserocr": "pipeline.page.recognisers.in_process",
    "pytesseract": "pipeline.page.recognisers.program",
    NETWORK: "pipeline.page.recognisers.own_network",
}
"""The module of each recogniser; it has a class ``Engine``, a :class:`Recogniser`, and a description ``ABOUT``."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """The smallest recognised unit: a letter, a vowel, a subscript with its coeng.

    ``left`` and ``right`` are its columns ``[left, right)`` in the line's picture; those of stacked symbols overlap.
    ``confidence`` is the probability, 0–1, that the symbol is right. ``begins``: the recogniser began a word with it.
    """

    text: str
    left: int
    right: int
    confidence: float
    begins: bool


Symbols = tuple[Symbol, ...]


class Recogniser(Protocol):
    """Reads pictures of single lines."""

    def read(self, lines: Sequence[Pixels], models: str) -> list[Symbols]:
        """Read grey pictures of one line each with the named models; return each line's symbols in text order.

        Raises:
            ScanError: TIMEOUT when the time is up, RECOGNITION when it fails or a model is missing.
        """


class Network(Recogniser, Protocol):
    """Our own network."""

    def glance(self, lines: Sequence[Pixels], models: str) -> list[Symbols]:
        """Read like :meth:`read`, but each line only once: in a third of the time, and large or small print badly."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model of a recogniser: its file, which may not exist, and its Debian package, "" for our own models."""

    name: str
    file: Path
    package: str


class About(Protocol):
    """The description of a recogniser: it is part of the recipe, and `bannasar doctor` checks it.

    ``programs`` are the programs that it runs, each with its Debian package.
    """

    programs: Mapping[str, str]

    def versions(self) -> dict[str, str]:
        """Return the versions of everything that determines what is read.

        Raises:
            ScanError: RECOGNITION if a program is missing.
        """

    def models(self, settings: PageSettings) -> list[Model]:
        """Return the models that the settings name."""


def named(settings: PageSettings) -> list[str]:
    """Return the names of the recognisers that the settings need: the main one first."""
    return [settings.recogniser, *([NETWORK] if settings.network else [])]


def open_recogniser(name: str, settings: PageSettings, seconds: float) -> Recogniser:
    """Return a recogniser by its name; its time limit, ``seconds`` for a whole page, begins now."""
    return cast(Recogniser, import_module(RECOGNISERS[name]).Engine(settings.models_folder, seconds))


def open_network(settings: PageSettings, seconds: float) -> Network | None:
    """Return our own network, None if the settings name none; its time limit begins now."""
    return cast(Network, open_recogniser(NETWORK, settings, seconds)) if settings.network else None


def about(name: str) -> About:
    """Return the description of a recogniser."""
    return cast(About, import_module(RECOGNISERS[name]).ABOUT)
