"""The exported network beside Tesseract on the same real lines: errors, time, and what agreement of two is worth."""

import csv
import os
import time
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path

import cv2
import numpy as np
from rapidfuzz.distance import Levenshtein
from tesserocr import OEM, PSM, PyTessBaseAPI

from models.settings import PageSettings
from pipeline.page.model_files import folder_of
from pipeline.page.picture import Pixels
from pipeline.page.recognise import Tesseract
from training.crops import text_of
from training.measure import Crop, compared, crops_of, error, read
from training.onnx_model import scorer

_SECONDS = 3600.0


def compare(model: Path, real: Path, settings: PageSettings) -> Iterator[str]:
    """Yield lines of text: for each folder of pages, each reader's error, and the worth of agreement."""
    crops = crops_of(real)
    greys = [np.asarray(cv2.imread(str(real / crop.name), cv2.IMREAD_GRAYSCALE), np.uint8) for crop in crops]
    with (real / "labels.tsv").open(encoding="utf-8", newline="") as file:
        product = [row["product"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    start = time.process_time()
    network = read([crop.pixels for crop in crops], scorer(model))
    network_time = time.process_time() - start
    start = time.process_time()
    first = [
        text_of(signs) for signs in Tesseract(settings.models_folder, _SECONDS).read(greys, settings.first_languages)
    ]
    first_time = time.process_time() - start
    raw = _raw(greys, settings)
    each = 1000 / len(crops)
    yield f"milliseconds of processor a line: network {each * network_time:.1f}, first {each * first_time:.1f}"
    for kind in sorted({crop.page.split("-")[0] for crop in crops}):
        mine = [number for number, crop in enumerate(crops) if crop.page.split("-")[0] == kind]
        truths = [crops[number].text for number in mine]
        readers = {"network": network, "first, psm 7": first, "first, psm 13": raw, "product": product}
        readings = {name: [texts[number] for number in mine] for name, texts in readers.items()}
        yield f"{kind}, {len(mine)} lines"
        for name, texts in readings.items():
            yield f"  {name:14} {error(texts, truths):.4f}"
        for name in ("first, psm 7", "product"):
            best = [
                _better(one, other, truth)
                for one, other, truth in zip(readings["network"], readings[name], truths, strict=True)
            ]
            share, right = agreement(readings["network"], readings[name], truths)
            whole, whole_right = _whole_lines(readings["network"], readings[name], truths)
            yield f"  network and {name}: the better line of the two {error(best, truths):.4f};"
            yield f"    agree on {share:.3f} of the characters, of which right {right:.4f};"
            yield f"    on {whole:.3f} of the lines, of which right {whole_right:.3f}"
        yield from _pages(mine, crops, readings)


def _pages(mine: Sequence[int], crops: Sequence[Crop], readings: dict[str, list[str]]) -> Iterator[str]:
    """Yield each page's errors."""
    pages = [crops[number].page for number in mine]
    for page in sorted(set(pages)):
        chosen = [number for number, one in enumerate(pages) if one == page]
        truths = [crops[mine[number]].text for number in chosen]
        rates = (error([texts[number] for number in chosen], truths) for texts in readings.values())
        yield f"  {page:40} {len(chosen):4}  " + "  ".join(f"{rate:.4f}" for rate in rates)


def _raw(lines: Sequence[Pixels], settings: PageSettings) -> list[str]:
    """Return what the first model reads where Tesseract takes the picture as it is (psm 13)."""
    os.environ["OMP_THREAD_LIMIT"] = "1"
    name = settings.first_languages
    texts = []
    with PyTessBaseAPI(
        f"{folder_of(name, settings.models_folder)}/", name, psm=PSM.RAW_LINE, oem=OEM.LSTM_ONLY
    ) as engine:
        for line in lines:
            height, width = line.shape
            engine.SetImageBytes(line.tobytes(), width, height, 1, width)
            engine.SetSourceResolution(300)
            texts.append(engine.GetUTF8Text().strip())
    return texts


def _better(one: str, other: str, truth: str) -> str:
    return min(one, other, key=lambda text: Levenshtein.distance(compared(text), compared(truth)))


def agreement(ones: Sequence[str], others: Sequence[str], truths: Sequence[str]) -> tuple[float, float]:
    """Return the share of the first reader's characters that the other reads, too, and how many of those are right."""
    agreed = right = total = 0
    for one, other, truth in zip(map(compared, ones), map(compared, others), map(compared, truths), strict=True):
        both, true = _matched(one, other), _matched(one, truth)
        total += len(one)
        agreed += len(both)
        right += len(both & true)
    return agreed / max(1, total), right / max(1, agreed)


def _matched(one: str, other: str) -> set[int]:
    """Return the places of the characters of the first that stand in the second."""
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return {place for block in blocks for place in range(block.a, block.a + block.size)}


def _whole_lines(ones: Sequence[str], others: Sequence[str], truths: Sequence[str]) -> tuple[float, float]:
    """Return the share of lines that both read alike, and how many of those are right."""
    alike = [
        one
        for one in zip(map(compared, ones), map(compared, others), map(compared, truths), strict=True)
        if one[0] == one[1]
    ]
    return len(alike) / max(1, len(ones)), sum(one == truth for one, _, truth in alike) / max(1, len(alike))
