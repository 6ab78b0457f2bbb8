"""The exported network and Tesseract on the same real lines: errors, time, and the benefit of two readers."""

import csv
import time
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path

import cv2
import numpy as np
from rapidfuzz.distance import Levenshtein
from tesserocr import OEM, PSM, PyTessBaseAPI

from models.settings import PageSettings
from pipeline.page.merge import merged
from pipeline.page.network.reading import read, scorer
from pipeline.page.picture import Pixels
from pipeline.page.readers import Readers
from pipeline.page.recognise import read_lines
from pipeline.page.recogniser import NETWORK, Symbols, open_recogniser
from pipeline.page.recognisers.model_files import folder_of
from training.crops import text_of
from training.measure import compared, error

_SECONDS = 3600.0

Readings = dict[str, list[Symbols]]


def compare(model: Path, real: Path, settings: PageSettings) -> Iterator[str]:
    """Yield lines of text: for each folder of pages, each reader's error, and how often agreement is right.

    Args:
        model: The exported network.
        real: Lines that :mod:`training.crops` has cut.
        settings: How the product reads.
    """
    with (real / "labels.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    lines = [np.asarray(cv2.imread(str(real / row["file"]), cv2.IMREAD_GRAYSCALE), np.uint8) for row in rows]
    kinds = [row["page"].split("-")[0] for row in rows]
    tesseract = open_recogniser(settings.recogniser, settings, _SECONDS)
    start = time.process_time()
    scores = scorer(model)
    network = [read(line, scores) for line in lines]
    middle = time.process_time()
    first = tesseract.read(lines, settings.first_languages)
    each = 1000 / len(lines)
    yield (
        f"milliseconds of processor time a line: network {each * (middle - start):.1f}, "
        f"{settings.first_languages} {each * (time.process_time() - middle):.1f}"
    )
    product = _product(lines, kinds, settings)
    readings: Readings = {
        "network": network,
        "first, psm 7": first,
        "product": product,
        "first + network": [merged(one, other) for one, other in zip(first, network, strict=True)],
    }
    raw = _raw(lines, settings)
    for kind in sorted(set(kinds)):
        mine = [number for number, one in enumerate(kinds) if one == kind]
        truths = [rows[number]["text"] for number in mine]
        texts = {name: [text_of(some[number]) for number in mine] for name, some in readings.items()}
        texts["first, psm 13"] = [raw[number] for number in mine]
        yield f"{kind}, {len(mine)} lines"
        for name, some in texts.items():
            yield f"  {name:18} {error(some, truths):.4f}"
        for name in ("first, psm 7", "product"):
            yield from _agreement(texts["network"], texts[name], truths, name)
        yield from _pages([rows[number]["page"] for number in mine], truths, texts)


def _product(lines: Sequence[Pixels], kinds: Sequence[str], settings: PageSettings) -> list[Symbols]:
    """Return the product's reading with its own network; the product knows whether a page is Latin."""
    tesseract, network = (open_recogniser(name, settings, _SECONDS) for name in (settings.recogniser, NETWORK))
    readers = Readers(tesseract, network, settings)
    found: dict[int, Symbols] = {}
    for latin in (False, True):
        mine = [number for number, kind in enumerate(kinds) if (kind == "latin") == latin]
        symbols = read_lines([lines[number] for number in mine], readers, latin=latin)
        found.update(zip(mine, symbols, strict=True))
    return [found[number] for number in range(len(lines))]


def _raw(lines: Sequence[Pixels], settings: PageSettings) -> list[str]:
    """Return the reading of the first model if Tesseract takes the picture unchanged (psm 13)."""
    name = settings.first_languages
    texts = []
    folder = folder_of(name, settings.models_folder)
    with PyTessBaseAPI(f"{folder}/", name, psm=PSM.RAW_LINE, oem=OEM.LSTM_ONLY) as engine:
        for line in lines:
            height, width = line.shape
            engine.SetImageBytes(line.tobytes(), width, height, 1, width)
            engine.SetSourceResolution(300)
            texts.append(engine.GetUTF8Text().strip())
    return texts


def _agreement(ones: Sequence[str], others: Sequence[str], truths: Sequence[str], name: str) -> Iterator[str]:
    triples = list(zip(map(compared, ones), map(compared, others), map(compared, truths), strict=True))
    best = [min(one, other, key=lambda text: Levenshtein.distance(text, truth)) for one, other, truth in triples]
    alike = [one == truth for one, other, truth in triples if one == other]
    agree = right = total = 0
    for one, other, truth in triples:
        both, true = _matched(one, other), _matched(one, truth)
        total, agree, right = total + len(one), agree + len(both), right + len(both & true)
    yield f"  network and {name}: always the better line of the two {error(best, truths):.4f};"
    yield f"    agree on {agree / max(1, total):.3f} of the characters, of which {right / max(1, agree):.4f} are right,"
    whole = sum(alike) / max(1, len(alike))
    yield f"    and on {len(alike) / len(triples):.3f} of the lines, of which {whole:.3f} are right"


def _matched(one: str, other: str) -> set[int]:
    """Return the places of the characters of the first that are in the second."""
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return {place for block in blocks for place in range(block.a, block.a + block.size)}


def _pages(pages: Sequence[str], truths: Sequence[str], texts: dict[str, list[str]]) -> Iterator[str]:
    """Yield each page's errors by network, first and product."""
    for page in sorted(set(pages)):
        chosen = [number for number, one in enumerate(pages) if one == page]
        true = [truths[number] for number in chosen]
        rates = [
            error([texts[name][number] for number in chosen], true) for name in ("network", "first, psm 7", "product")
        ]
        yield f"  {page:36} {len(chosen):4}  " + "  ".join(f"{rate:.4f}" for rate in rates)
