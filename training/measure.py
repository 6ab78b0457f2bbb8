"""How much of the text of real lines the network reads: crops with their texts, compared symbol by symbol.

A folder of crops has a ``labels.tsv``: the file of each crop, its page, its text; the crops are as
``PreparedPage.picture_of`` gives them (see :mod:`training.crops`).
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from rapidfuzz.distance import Levenshtein

from pipeline.page.network.picture import batch, fitted
from pipeline.page.network.reading import Scorer
from pipeline.page.picture import Pixels
from pipeline.page.prepared_page import LETTER
from training.tokens import printed_form, to_text

_COLUMNS = 20000


@dataclass(frozen=True, slots=True)
class Crop:
    """A line cut out of a real page, its true text, and its picture as the network takes it."""

    name: str
    page: str
    text: str
    pixels: Pixels


def crops_of(folder: Path) -> list[Crop]:
    """Return the crops of a folder."""
    with (folder / "labels.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    found = []
    for row in rows:
        grey = np.asarray(cv2.imread(str(folder / row["file"]), cv2.IMREAD_GRAYSCALE), np.uint8)
        found.append(Crop(row["file"], row["page"], row["text"], fitted(grey, LETTER).pixels))
    return found


def read(pictures: Sequence[Pixels], scores: Scorer) -> list[str]:
    """Return the texts of pictures, read a batch of similar widths at a time."""
    texts = [""] * len(pictures)
    for group in _groups([picture.shape[1] for picture in pictures]):
        best = scores(batch([pictures[number] for number in group])).argmax(axis=2).T
        for number, frames in zip(group, best, strict=True):
            texts[number] = to_text(frames[: -(-pictures[number].shape[1] // 4)].tolist()).strip()
    return texts


def _groups(widths: Sequence[int]) -> Iterator[list[int]]:
    group: list[int] = []
    for number in sorted(range(len(widths)), key=lambda number: widths[number]):
        if group and widths[number] * (len(group) + 1) > _COLUMNS:
            yield group
            group = []
        group.append(number)
    if group:
        yield group


def compared(text: str) -> str:
    """Return the form in which a reading is compared: no spaces."""
    return printed_form(text).replace(" ", "")


def error(texts: Sequence[str], truths: Sequence[str]) -> float:
    """Return the share of wrong code points, without spaces."""
    wrong = sum(
        Levenshtein.distance(compared(text), compared(truth)) for text, truth in zip(texts, truths, strict=True)
    )
    return wrong / max(1, sum(len(compared(truth)) for truth in truths))
