"""Where our errors are: clusters mistaken for others."""

from collections import Counter
from collections.abc import Mapping
from difflib import SequenceMatcher
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from models.page import Page
from pipeline.text.units import units

_MOST_CONFUSIONS = 24


def draw_errors(pages: Mapping[str, Page], truth: Mapping[str, str], folder: Path) -> None:
    """Draw them into ``recognition-errors.png`` of a folder; the pages and their ground truth by name."""
    confused: Counter[tuple[str, str]] = Counter()
    for name, page in pages.items():
        lines = [line for block in page.blocks for line in block.lines]
        texts = ["".join(word.text + " " * word.space for word in line.words) for line in lines]
        confused += _confusions(truth.get(name, ""), texts)
    mpl.rcParams["font.family"] = ["DejaVu Sans", "Khmer OS Battambang"]
    figure = Figure(figsize=(6.5, 5.5), layout="constrained")
    _draw_confusions(figure.subplots(), confused)
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


def _draw_confusions(axes, confused: Counter[tuple[str, str]]) -> None:
    most = confused.most_common(_MOST_CONFUSIONS)[::-1]
    axes.barh([f"{wanted}  →  {read}" for (wanted, read), _ in most], [count for _, count in most], color="#b0603c")
    axes.set_title("Printed  →  read, most often")
