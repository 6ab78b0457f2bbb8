"""Where our errors are: clusters mistaken for others, and how far the confidence can be trusted."""

import itertools
from collections import Counter
from collections.abc import Mapping
from difflib import SequenceMatcher
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from pipeline.archive.bag import bags, read_bag
from pipeline.text.units import units
from tests.bench.scoring import edits_within, fold

_BINS = (0.0, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 1.01)
_MOST_CONFUSIONS = 24


def draw_errors(archive: Path, truth: Mapping[str, str], folder: Path) -> None:
    """Draw both into ``recognition-errors.png`` of a folder; ``truth`` is the text of each page by its name."""
    sure: list[tuple[float, int, int]] = []
    confused: Counter[tuple[str, str]] = Counter()
    for bag in bags(archive):
        case, pages = read_bag(bag)
        printed = truth.get(case.scans[0].path.stem, "")
        lines = [line for page in pages for block in page.blocks for line in block.lines]
        texts = ["".join(word.text + " " * word.space for word in line.words) for line in lines]
        whole = fold(printed)
        for line, text in zip(lines, texts, strict=True):
            folded = fold(text)
            sure.append((line.confidence, edits_within(folded, whole), len(folded)))
        confused += _confusions(printed, texts)
    mpl.rcParams["font.family"] = ["DejaVu Sans", "Khmer OS Battambang"]
    figure = Figure(figsize=(13, 5.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    _draw_confidence(left, sure)
    _draw_confusions(right, confused)
    figure.savefig(folder / "recognition-errors.png", dpi=80)


def _confusions(printed: str, texts: list[str]) -> Counter[tuple[str, str]]:
    """Count what was read for what was printed, line by line."""
    found: Counter[tuple[str, str]] = Counter()
    read = [[unit.text for unit in units(text)] for text in texts]
    for line in printed.split("\n"):
        wanted = [unit.text for unit in units(line)]
        if not wanted or not read:
            continue
        best = max(read, key=lambda one: SequenceMatcher(None, wanted, one, autojunk=False).ratio())
        for kind, a, b, c, d in SequenceMatcher(None, wanted, best, autojunk=False).get_opcodes():
            if kind == "replace" and b - a == d - c:
                found.update(zip(wanted[a:b], best[c:d], strict=True))
    return found


def _draw_confidence(axes, sure: list[tuple[float, int, int]]) -> None:  # matplotlib's own
    shares, counts = [], []
    for low, high in itertools.pairwise(_BINS):
        inside = [(edits, length) for confidence, edits, length in sure if low <= confidence < high]
        characters = sum(length for _, length in inside)
        shares.append(100 * sum(edits for edits, _ in inside) / characters if characters else 0.0)
        counts.append(len(inside))
    names = [f"{low:g}–{min(high, 1):g}" for low, high in itertools.pairwise(_BINS)]
    bars = axes.bar(names, shares, color="#4878a8")
    axes.bar_label(bars, [f"{share:.1f} %\n{count} lines" for share, count in zip(shares, counts, strict=True)])
    axes.margins(y=0.15)
    axes.set_title("Errors by the confidence of the line")
    axes.set_ylabel("wrong characters, %")


def _draw_confusions(axes, confused: Counter[tuple[str, str]]) -> None:
    most = confused.most_common(_MOST_CONFUSIONS)[::-1]
    axes.barh([f"{wanted}  →  {read}" for (wanted, read), _ in most], [count for _, count in most], color="#b0603c")
    axes.set_title("Printed  →  read, most often")
