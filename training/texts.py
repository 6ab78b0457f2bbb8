"""The texts of made lines: the project's own papers, Debian's translations, words, laws and offices from a grammar."""

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from pipeline.page.network.symbols import SYMBOLS
from samples.training.texts import KHMER_DIGITS, Writer
from training.tokens import can_say, printed_form

_PAPERS = Path(__file__).parents[1] / "samples" / "papers"
_LAW = Path(__file__).with_name("law.toml")
_MONTHS = ["មករា", "កុម្ភៈ", "មីនា", "មេសា", "ឧសភា", "មិថុនា", "កក្កដា", "សីហា", "កញ្ញា", "តុលា", "វិច្ឆិកា", "ធ្នូ"]
_LETTERS = "កខគឃងចឆជឈញដឋឌឍណតថទធនបផពភមយរលវសហឡអ"

_FIGURES = (
    "{money}",
    "{money}",
    "{n}.{s}",
    "{d}.{s}%",
    "{n}",
    "{d}",
    "{d},{s}",
    "{n}{z}",
    "{y}",
    "{d}/{d}/{y}",
    "0{n} {z}",
)
"""Figures of the cells of a table."""


class LineWriter(Writer):
    """Writes random texts of lines; the same state of the generator gives the same texts."""

    def __init__(self, rng: np.random.Generator, khmer_words: Path) -> None:
        """Collect the parts of lines.

        Args:
            rng: The random generator.
            khmer_words: The word list of Debian's Khmer model, a word a line.
        """
        super().__init__(rng, khmer_words, frozenset("".join(SYMBOLS)))
        self._law_phrases: dict[str, list[str]] = tomllib.loads(_LAW.read_text("utf-8"))
        self._papers = _own_papers("km*.toml")
        self._latin_papers = _own_papers("en*.toml") + _own_papers("fr*.toml")

    def restart(self, rng: np.random.Generator) -> None:
        """Continue with another generator."""
        self._rng = rng

    def text(self) -> str:
        """Write the text of one line, in its printed form."""
        while True:
            text = printed_form(self._raw())
            if len(text) > 1 and can_say(text):
                return text

    def _raw(self) -> str:
        rng = self._rng
        if self._chance(0.06):
            return self._figures()
        longest = int(rng.integers(3, 16) if rng.random() < 0.22 else rng.integers(16, 78))
        kind = rng.random()
        if kind < 0.18:
            pieces = self._paper()
        elif kind < 0.29:
            pieces = self._law()
        elif kind < 0.42:
            pieces = self._from_sentence()
        elif kind < 0.59:
            pieces = self._salad(0.03)
        elif kind < 0.65:
            pieces = self._nonsense()
        elif kind < 0.75:
            pieces = self._latin_line()
        elif kind < 0.89:
            pieces = self._latin_paper()
        else:
            pieces = self._case_line()
        text = (
            self.fill(self._pick(self._law_phrases["items"]), khmer=not self._chance(0.2)) if self._chance(0.09) else ""
        )
        for piece in pieces:
            if len(text) + len(piece) > longest and len(text) > 1:
                break
            text += piece
        text = text.strip()[: 2 * longest + 8]
        if self._chance(0.12) and re.search("[\u1780-\u17d3]$", text):
            text += self._pick(self._law_phrases["ends"])
        return text

    def _figures(self) -> str:
        """Return the figures of a cell or two of a table."""
        khmer = self._chance(0.5)
        return "  ".join(self.fill(self._pick(_FIGURES), khmer=khmer) for _ in range(int(self._rng.integers(1, 4))))

    def _paper(self) -> Iterator[str]:
        """Yield the words of a Khmer court paper, from a random place on."""
        return self._from_papers(self._papers)

    def _latin_paper(self) -> Iterator[str]:
        """Yield the words of an English or French court paper, sometimes in capitals."""
        capitals = self._chance(0.12)
        for piece in self._from_papers(self._latin_papers):
            yield piece.upper() if capitals else piece

    def _from_papers(self, papers: Sequence[str]) -> Iterator[str]:
        while True:
            text = self._pick(papers)
            latin = not re.search("[\u1780-\u17d3]", text)
            pieces = re.findall(r"\{\w+\}|[^{| \u200b]+[| \u200b]?|[| \u200b]", text)
            start = int(self._rng.integers(len(pieces))) if len(pieces) > 10 and self._chance(0.7) else 0
            for piece in pieces[start:]:
                yield self._slot(latin=latin) if piece.startswith("{") else piece.replace("|", "")
            yield " "

    def _slot(self, *, latin: bool) -> str:
        if latin:
            return self.fill(self._pick(("{n}", "{d} {mois} {y}", "{w}", "{A}{w}", "{n}/{s}", "{money}")), khmer=False)
        text = self._pick(("{n}", "{d}", "{y}", "ថ្ងៃទី{dd} ខែ{month} ឆ្នាំ{y}", "{name}", "{name}", "{ref}", "{money}"))
        return self._filled(text)

    def _law(self) -> Iterator[str]:
        """Yield phrases of laws and offices."""
        if self._chance(0.45):
            yield self._filled(self._pick(self._law_phrases["heads"])) + " "
        while True:
            yield self._pick(self._law_phrases["bodies"])
            yield self._pick(self._law_phrases["musts"])
            yield self._pick(self._law_phrases["deeds"])
            for _ in range(int(self._rng.integers(0, 3))):
                yield (" " if self._chance(0.5) else "") + self._filled(self._pick(self._law_phrases["whens"]))
            yield self._pick(("។ ", " ។ ", " ", "និង", "ឬ", "៖ ", ", "))
            if self._chance(0.25):
                yield self._filled(self._pick(self._law_phrases["heads"])) + " "

    def _filled(self, template: str) -> str:
        """Fill the slots of this module, then the others."""
        own: dict[str, Callable[[], str]] = {
            "{body}": lambda: self._pick(self._law_phrases["bodies"]),
            "{ref}": lambda: self._pick(self._law_phrases["references"]),
            "{dd}": lambda: f"{int(self._rng.integers(1, 32)):02}".translate(KHMER_DIGITS),
            "{month}": lambda: self._pick(_MONTHS),
            "{k1}": lambda: self._pick(_LETTERS),
            "{name}": lambda: self._pick(self._words) + " " + self._pick(self._words),
        }
        for _ in range(2):
            for slot, draw in own.items():
                while slot in template:
                    template = template.replace(slot, draw(), 1)
        return self.fill(template, khmer=not self._chance(0.06))


def _own_papers(files: str) -> list[str]:
    """Return the texts of the project's made papers in the files of a pattern; the names of kinds are not text."""
    texts: set[str] = set()
    for path in sorted(_PAPERS.glob(files)):
        texts.update(_texts(tomllib.loads(path.read_text("utf-8"))))
    return sorted(text for text in texts if " " in text or re.search("[\u1780-\u17d3]", text))


def _texts(node: object) -> Iterator[str]:
    match node:
        case str():
            yield node
        case dict():
            for value in node.values():
                yield from _texts(value)
        case list():
            for value in node:
                yield from _texts(value)
        case _:
            pass
