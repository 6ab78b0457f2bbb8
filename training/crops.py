"""Lines cut out of real pages by the same steps that read pages, each with its true text: for measuring only."""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
from rapidfuzz.distance import Levenshtein

from models.settings import Settings
from pipeline.intake.inspect import inspect
from pipeline.page.picture import Pixels
from pipeline.page.read import picture_job
from pipeline.page.recogniser import Symbols
from pipeline.page.render import render
from pipeline.page.stages import PICTURE_STAGES, run_through
from training.measure import compared

FIELDS = ("file", "page", "text", "product")

_PICTURES = {".png", ".jpg", ".jpeg", ".tif", ".tiff"}
_NEAR = 0.5
"""A crop is a line of the ground truth if its reading has fewer errors than this share of the line's length."""

_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class _Cut:
    pixels: Pixels
    product: str


def cut(pages: Path, out: Path, settings: Settings) -> int:
    """Cut the lines out of pages, find each in the page's ground truth, and write those that were found.

    A line that the layout broke or joined is not found; it does not measure a recogniser.

    Args:
        pages: Pictures of pages, each with a ``NAME.txt`` of its text, one line for each printed line.
        out: The folder for the crops and ``labels.tsv``.
        settings: How pages are read.

    Returns:
        How many lines there are in ``out`` now.
    """
    out.mkdir(parents=True, exist_ok=True)
    labels = out / "labels.tsv"
    rows = []
    if labels.is_file():
        with labels.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    for page in sorted(path for path in pages.iterdir() if path.suffix in _PICTURES):
        truth = [line for line in page.with_suffix(".txt").read_text("utf-8").split("\n") if line.strip()]
        name = f"{pages.name}-{page.stem}"
        for number, (one, text) in enumerate(_found(list(_lines(page, settings)), truth)):
            crop = f"{name}-{number:03}.png"
            cv2.imwrite(str(out / crop), one.pixels)
            rows.append({"file": crop, "page": name, "text": text.replace("\t", " "), "product": one.product})
    with labels.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, FIELDS, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None)
        table.writeheader()
        table.writerows(rows)
    return len(rows)


def _lines(page: Path, settings: Settings) -> Iterator[_Cut]:
    """Yield the lines of a page as the recogniser gets them, and what the stages up to that have read."""
    kind, _ = inspect(page, settings.limits, settings.page.dpi)
    job = picture_job(render(page, kind, 1, settings.page.dpi, _SECONDS), settings.page, _SECONDS)
    last = next(number for number, stage in enumerate(PICTURE_STAGES, 1) if stage.name == "recognise")
    if run_through(PICTURE_STAGES[:last], job) is None:
        for one, symbols in zip(job.lines, job.readings, strict=True):
            yield _Cut(one.pixels, text_of(symbols))


def text_of(symbols: Symbols) -> str:
    """Return the text of symbols, their words separated by spaces."""
    return "".join(f" {symbol.text}" if symbol.begins else symbol.text for symbol in symbols).strip()


def _found(cuts: list[_Cut], truth: list[str]) -> Iterator[tuple[_Cut, str]]:
    """Yield the crops that are lines of the ground truth, the most similar first; each line is taken once."""
    pairs = []
    for number, one in enumerate(cuts):
        reading = compared(one.product)
        for line in truth:
            true = compared(line)
            share = Levenshtein.distance(reading, true) / len(true) if true else 1.0
            if share < _NEAR:
                pairs.append((share, number, line))
    left, used = Counter(truth), set()
    for _, number, line in sorted(pairs):
        if number not in used and left[line]:
            used.add(number)
            left[line] -= 1
            yield cuts[number], line
