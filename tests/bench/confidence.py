"""How far the confidence of a line can be trusted: the errors of lines by their confidence, on real and made pages."""

import itertools
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from models.page import Page
from tests.bench import contestants
from tests.bench.recognition import pictures_in
from tests.bench.scoring import Rate, answered
from tests.conftest import ROOT

_BINS = (0.0, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
_SURE, _GOAL = 0.9, 0.01
"""Of lines with this confidence and more, at most this share of the characters may be wrong."""

_STRETCH = 20
"""A confidence is the probability that so many symbols are right."""

Lines = Sequence[tuple[float, Rate]]
"""The confidences of the lines of some pages, with their edits."""


def measure(folders: Sequence[Path], *, write: bool) -> None:
    """Read folders of pages with their ground truth, print the errors by confidence, and draw them if asked.

    Args:
        folders: The folders, each a row and a colour.
        write: Whether ``docs/confidence.png`` is drawn.
    """
    found: dict[str, Lines] = {}
    for folder in folders:
        with tempfile.TemporaryDirectory(prefix="bannasar-bench-") as work:
            pages = contestants.bannasar(pictures_in(folder), Path(work, "ours")).pages
        truth = {name: (folder / f"{name}.txt").read_text("utf-8") for name in pages}
        found["/".join(folder.absolute().parts[-2:])] = compared(truth, pages)
    Console().print(table(found))
    if write:
        draw(found, ROOT / "docs" / "confidence.png")


def compared(truth: Mapping[str, str], pages: Mapping[str, Page]) -> Lines:
    """Return the lines of pages that the ground truth has; both by the names of the pages."""
    found: list[tuple[float, Rate]] = []
    for name, page in pages.items():
        lines = [line for block in page.blocks for line in block.lines]
        texts = ["".join(word.text for word in line.words) for line in lines]
        rates = answered(truth[name], texts)
        found += [(line.confidence, rate) for line, rate in zip(lines, rates, strict=True) if rate]
    return found


def table(found: Mapping[str, Lines]) -> Table:
    """Return the shares of wrong characters, and how many lines there are, by confidence."""
    made = Table("", *_names(), f"from {_SURE} on", box=None, header_style="bold")
    for name, lines in found.items():
        bins = [*itertools.pairwise(_BINS), (_SURE, 1.0)]
        rates = [_within(lines, low, high) for low, high in bins]
        made.add_row(name, *(f"{rate.share:.4f} ({count})" if count else "" for rate, count in rates))
    return made


def draw(found: Mapping[str, Lines], file: Path) -> None:
    """Draw the same, with what the confidences say and the goal."""
    figure = Figure(figsize=(11, 5), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / len(found)
    for place, (name, lines) in enumerate(found.items()):
        rates = [_within(lines, low, high) for low, high in itertools.pairwise(_BINS)]
        at = [number + (place - (len(found) - 1) / 2) * width for number in range(len(rates))]
        bars = axes.bar(at, [100 * rate.share for rate, _ in rates], width, label=name)
        axes.bar_label(bars, [str(count) if count else "" for _, count in rates], fontsize=7)
    for number, (low, high) in enumerate(itertools.pairwise(_BINS)):
        said = 100 * (1 - (max(low, 0.05) * high) ** (0.5 / _STRETCH))
        axes.plot(
            [number - 0.42, number + 0.42], [said, said], "k-", label="" if number else "what the confidence says"
        )
    axes.axhline(100 * _GOAL, color="red", linestyle=":", label=f"the goal from {_SURE} on")
    axes.set_xticks(range(len(_BINS) - 1), _names())
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("confidence of the line; above the bars: how many lines")
    axes.set_ylabel("wrong characters, %")
    axes.set_title("How far the confidence of a line can be trusted")
    axes.legend()
    figure.savefig(file, dpi=80)


def _within(lines: Lines, low: float, high: float) -> tuple[Rate, int]:
    """Return the rate of the lines from a confidence up to another, which counts only if it is 1, and their number."""
    own = [rate for confidence, rate in lines if low <= confidence and (confidence < high or high == 1)]
    return Rate(sum(rate.edits for rate in own), sum(rate.characters for rate in own)), len(own)


def _names() -> list[str]:
    return [f"{low:g}–{high:g}" for low, high in itertools.pairwise(_BINS)]
