"""The rough results of each stage on a few sample pages: kept in ``stage_outputs.json`` to notice changes.

``python -m tests.page.stage_outputs`` writes the file again. It refuses if a stage finds something else than before
while its version in ``pipeline/page/stages.py``, and those of the stages before it, are still the same.

The results are coarse, and compared with some tolerance: other processors round differently, which moves a box by a
pixel and sometimes changes a symbol. A stage that changes within the tolerance may change a later one by more. So if
one changes by more, the first stage that changes at all is named. Times and confidences are not kept.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rapidfuzz.distance import Levenshtein

from config.settings import load
from models.page import Page, Rect
from pipeline.intake.inspect import inspect
from pipeline.page.job import Candidate, PictureJob, Reading, ScanJob
from pipeline.page.picture import Picture, Pixels
from pipeline.page.read import picture_job
from pipeline.page.stages import PICTURE_STAGES, SCAN_STAGES, versions
from tests.conftest import ROOT

FILE = Path(__file__).with_name("stage_outputs.json")

Outline = Any
"""What a stage found: numbers, texts, truth values, and lists of them."""

Found = dict[str, dict[str, Outline]]
"""The outlines of the stages, by page."""

_BOXES = ROOT / "samples" / "boxes"
_PAGES = (
    ("box-001/letter.webp", 1),
    ("box-001/dossier-A/03-saalakrom.pdf", 3),
    ("ប្រអប់-០០២/ព្រឹត្តិបត្រ.jpg", 1),
    ("ប្រអប់-០០២/សំណុំរឿង-ក/២-បញ្ជីវត្ថុតាង.jp2", 1),
    ("ប្រអប់-០០២/សំណុំរឿង-ក/៩-ច្បាប់ចម្លង.jpg", 1),
    ("ប្រអប់-០០២/សាលក្រម.pdf", 1),
)
_VARIED = "box-001/letter.webp"
"""This page is also read as its negative, and goes as far as the stage “lean” where it is turned by ``_TURNED``."""

_TURNED = (12, -19)
"""Degrees clockwise: a skew within the largest that is searched for, and one beyond it, which shows the limit."""

_WRONG = 0.003
"""The share of the symbols of a text that another processor may read differently."""


def find() -> Found:
    """Take the pages through the stages."""
    settings = load()
    found: Found = {}
    for name, number in _PAGES:
        kind, _ = inspect(_BOXES / name, settings.limits, settings.page.dpi)
        job = ScanJob(_BOXES / name, kind, "", number, settings.page, settings.limits.page_seconds)
        found[f"{name}, {number}"] = dict(_of_scan(job))
        if name == _VARIED:
            found[f"{name}, negative"] = dict(_of_picture(job, job.picture.showing(255 - job.picture.pixels)))
            for degrees in _TURNED:
                turned = job.picture.showing(_turned(job.picture.pixels, degrees))
                found[f"{name}, turned by {degrees}°"] = dict(_of_picture(job, turned, last="lean"))
    return found


def first_changes(kept: Found, found: Found) -> dict[str, tuple[str, str]]:
    """Return where the stages find something else on the kept pages.

    Returns:
        For each page, the first stage that finds anything else, and the first that differs by more than the tolerance.
        They may be the same. Pages on which nothing is beyond the tolerance are left out.
    """
    changes = {}
    for page, stages in found.items():
        if page not in kept:
            continue
        before = kept[page]
        beyond = [name for name in stages if name not in before or not _alike(before[name], stages[name])]
        if beyond:
            # As it is in the file: tuples are lists there.
            now = json.loads(json.dumps(stages))
            changes[page] = next(name for name in stages if name not in before or before[name] != now[name]), beyond[0]
    return changes


def unraised(kept: Found, found: Found, before: Mapping[str, int], now: Mapping[str, int]) -> dict[str, str]:
    """Return the stage whose version must be raised, by the page that shows it.

    A stage may find something else if its version is raised, or that of a stage before it: then pages are read again.
    """
    missing = {}
    for page, (first, beyond) in first_changes(kept, found).items():
        order = list(found[page])
        if all(before.get(name) == now[name] for name in order[: order.index(beyond) + 1]):
            missing[page] = first
    return missing


def read_kept() -> tuple[Mapping[str, int], Found]:
    """Return the versions of the stages for which outlines are kept, and the outlines."""
    kept = json.loads(FILE.read_text("utf-8"))
    return kept["versions"], kept["pages"]


def _of_scan(job: ScanJob) -> Iterator[tuple[str, Outline]]:
    for stage in SCAN_STAGES[:-1]:
        page = stage.run(job)
        yield stage.name, _OF_SCAN[stage.name](job, page)
        if page:
            return
    # The last stage takes the picture through the others.
    yield from _of_picture(job, job.picture)


def _of_picture(scan: ScanJob, picture: Picture, last: str = "") -> Iterator[tuple[str, Outline]]:
    job = picture_job(picture, scan.settings, scan.seconds)
    for stage in PICTURE_STAGES:
        reading = stage.run(job)
        yield stage.name, _OF_PICTURE[stage.name](job, reading)
        if reading or stage.name == last:
            return


def _turned(pixels: Pixels, degrees: float) -> Pixels:
    """Return a page turned clockwise on white, with the same size."""
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1)
    return np.asarray(cv2.warpAffine(pixels, turn, (width, height), borderValue=(255, 255, 255)), np.uint8)


def _permille(box: Rect, size: tuple[int, int]) -> list[int]:
    width, height = size
    return [round(1000 * edge / side) for edge, side in zip(box, (width, height, width, height), strict=True)]


def _text_layer(job: ScanJob, page: Page | None) -> Outline:
    if page is None:
        return None
    boxes = [_permille(block.box, (page.width, page.height)) for block in page.blocks]
    return [list(job.unread), page.turn, _lines(page), boxes]


def _lines(page: Page | Reading) -> list[str]:
    lines = chain.from_iterable(block.lines for block in page.blocks)
    return [" ".join(word.text for word in line.words) for line in lines]


def _rendered(job: ScanJob, _: Page | None) -> Outline:
    return [*job.picture.pixels.shape, round(job.picture.dpi)]


_OF_SCAN: Mapping[str, Callable[[ScanJob, Page | None], Outline]] = {
    "render": _rendered,
    "attachments": lambda job, _: list(job.unread),
    "separator": lambda _, page: page.sheet if page else None,
    "text layer": _text_layer,
}


def _polarity(job: PictureJob, _: Reading | None) -> Outline:
    positive = job.positive
    return positive and [positive.mostly, round(100 * float(np.mean(positive.mask > 0)))]


def _lean(job: PictureJob, _: Reading | None) -> Outline:
    # In steps of 0.05°: on another processor a page may be one step from here.
    return [[turn, round(20 * skew)] for turn, skew in job.views[0].directions]


def _clean(one: Candidate) -> Outline:
    page = one.page
    rules = [round(1000 * float(np.mean(mask > 0))) for mask in (page.rules.across, page.rules.down)]
    return [one.turn, round(page.letter), len(page.chosen), page.faint, rules]


def _layout(one: Candidate) -> Outline:
    height, width = one.page.even.pixels.shape
    return [
        [
            _permille(block.box, (width, height)),
            len(block.lines),
            *(block.cell.model_dump().values() if block.cell else ()),
        ]
        for block in one.page.blocks
    ]


def _upright(job: PictureJob, _: Reading | None) -> Outline:
    lies = job.orientation
    return [lies.turn, round(10 * lies.skew), lies.latin, list(lies.notes), len(job.page.lines)]


def _recognised(job: PictureJob, _: Reading | None) -> Outline:
    return ["".join(symbol.text for symbol in symbols) for symbols in job.readings]


def _words(job: PictureJob, reading: Reading | None) -> Outline:
    """Return the boxes of the blocks, and the lines whose text differs, apart from spaces, from the symbols read."""
    assert reading
    size = reading.width, reading.height
    lines = _lines(reading)
    symbols = {"".join(symbol.text for symbol in one) for one in job.readings}
    changed = [line for line in lines if line.replace(" ", "") not in symbols]
    words = sum(len(line.split()) for line in lines)
    return [[_permille(block.box, size) for block in reading.blocks], len(lines), words, changed, list(reading.notes)]


_OF_PICTURE: Mapping[str, Callable[[PictureJob, Reading | None], Outline]] = {
    "polarity": _polarity,
    "lean": _lean,
    "clean": lambda job, _: [_clean(one) for one in job.candidates if one.view == 0],
    "layout": lambda job, _: [_layout(one) for one in job.candidates if one.view == 0],
    "upright": _upright,
    "curl": lambda job, _: [job.page.curl is not None, len(job.page.lines)],
    "light ink": lambda job, _: [job.page.light, len(job.page.lines)],
    "blank": lambda _, reading: reading and [reading.blank, list(reading.notes)],
    "recognise": _recognised,
    "negatives": lambda job, _: [list(job.notes), [number for number, one in enumerate(job.readings) if not one]],
    "handwriting": lambda job, _: [_permille(place, job.size) for place in job.handwriting],
    "words": _words,
}


def _alike(one: Outline, other: Outline) -> bool:
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        if all(isinstance(item, str) for item in chain(one, other)):
            return _alike("\n".join(one), "\n".join(other))
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, str) and isinstance(other, str):
        return Levenshtein.distance(one, other) <= _WRONG * len(one)
    if type(one) is int and type(other) is int:
        return abs(one - other) <= max(1, 0.01 * abs(one))
    return bool(one == other)


def main() -> None:
    """Write the outlines, unless a stage finds something else and neither it nor one before it has a new version."""
    found = find()
    if FILE.exists():
        before, kept = read_kept()
        missing = unraised(kept, found, before, versions())
        if missing:
            named = "\n".join(f"  {stage}, on {page}" for page, stage in sorted(missing.items()))
            sys.exit(f"These stages find something else; raise their versions in pipeline/page/stages.py:\n{named}")
    write = partial(json.dumps, ensure_ascii=False)
    pages = [
        f" {write(page)}: {{\n" + ",\n".join(f"  {write(name)}: {write(one)}" for name, one in stages.items()) + "\n }"
        for page, stages in found.items()
    ]
    FILE.write_text(f'{{"versions": {write(dict(versions()))},\n"pages": {{\n' + ",\n".join(pages) + "\n}}\n", "utf-8")


if __name__ == "__main__":
    main()
