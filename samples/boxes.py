"""The two sample boxes: which papers are in them, how worn they are, and as which files they were scanned."""

import hashlib
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from samples import papers_km as km
from samples import papers_latin as latin
from samples.age import Wear, age
from samples.born_digital import write_born_digital
from samples.papers_km import Type
from samples.scans import write_scan
from samples.typeset import Block, Pixels, Sheet, draw, lay_out
from samples.words import Facts, draw_facts

SEED = 1964
"""The seed of the boxes in the repository."""


_WORN = Wear()


@dataclass(frozen=True, slots=True)
class Item:
    """One scan to make: its place in its box, the papers in it one after another, and how they became files.

    ``turn`` is in quarter turns counter-clockwise; ``levels`` is how many greys the scanner kept; ``backs`` adds the
    empty back of the last sheet, through which its front shows; no ``wear`` means a born-digital PDF.
    """

    path: str
    papers: tuple[Callable[[Facts], list[Block]], ...]
    year: int
    wear: Wear | None = _WORN
    dpi: int = 200
    turn: int = 0
    levels: int = 256
    backs: bool = False
    quality: int = 50


def _khmer(
    paper: Callable[[Facts, Type], list[Block]], face: str, size: float = 11.5
) -> Callable[[Facts], list[Block]]:
    return lambda facts: paper(facts, Type(face, size))


BOXES: dict[str, tuple[Item, ...]] = {
    "box-001": (
        Item("dossier-A/01-plainte.jpg", (_khmer(km.complaint, "Khmer OS Siemreap", 12),), 1998, Wear(fold=True)),
        Item("dossier-A/02-audition.tif", (_khmer(km.interview, "Khmer OS Battambang"),), 1998,
             Wear(0.5, white=True), 300, levels=2),
        Item("dossier-A/03-saalakrom.pdf", (_khmer(km.judgment, "Khmer OS Content"),), 1998,
             Wear(seal=True, colour=True), backs=True, quality=40),
        Item("dossier-A/04-lettre.png", (_khmer(km.letter, "Khmer OS"),), 1998, Wear(0.6, 1.5, white=True), levels=16),
        Item("jugement-1964.jpg", (latin.judgment_fr,), 1964, Wear(1.2, seal=True), turn=2),
        Item("PV 1963.pdf", (latin.record_fr, latin.judgment_fr), 1963, Wear(fold=True, colour=True), quality=40),
        Item("letter.webp", (latin.letter_en,), 1999, Wear(0.8)),
    ),
    "ប្រអប់-០០២": (
        Item("សំណុំរឿង-ក/១-ពាក្យបណ្តឹង.jpg", (_khmer(km.complaint, "Khmer OS Battambang"),), 2001, turn=1),
        Item("សំណុំរឿង-ក/២-បញ្ជីវត្ថុតាង.jp2", (_khmer(km.exhibits, "Khmer OS Siemreap"),), 2001, Wear(0.7, 1.5)),
        Item("សំណុំរឿង-ក/៣-កំណត់ហេតុ.pdf", (_khmer(km.interview, "Khmer OS Bokor", 12.5),), 2001, Wear(0.9), quality=45),
        Item("សំណុំរឿង-ក/៤-លិខិតបញ្ជូន.tif", (_khmer(km.transmittal, "Khmer OS Siemreap"),
             _khmer(km.letter, "Khmer OS Content")), 2001, Wear(0.6, 1.5, white=True), levels=16),
        Item("សាលក្រម.pdf", (_khmer(km.judgment, "Khmer OS Battambang"), _khmer(km.transmittal, "Khmer OS")), 2004,
             None),
        Item("ព្រឹត្តិបត្រ.jpg", (_khmer(km.gazette, "Khmer OS Content", 12.5),), 2003, Wear(0.8), 250, quality=45),
    ),
}  # fmt: skip

# The copy comes after its original in the order of paths, so that the original is found first.
_COPIES = {"ប្រអប់-០០២": {"សំណុំរឿង-ក/១-ពាក្យបណ្តឹង.jpg": "សំណុំរឿង-ក/៩-ច្បាប់ចម្លង.jpg"}}
_LITTER = {"ប្រអប់-០០២": {"Thumbs.db": b"left by a file manager", "សំណុំរឿង-ក/.DS_Store": b"left by another"}}


def make_box(name: str, boxes: Path, truth: Path, seed: int = SEED) -> Iterator[Path]:
    """Make a box in ``boxes`` and the ground truth of its scans in ``truth``, and yield each scan as it is written.

    Raises:
        KeyError: There is no box of that name.
        MissingFontError: A font is not installed.
    """
    items = BOXES[name]
    names = truth_names([item.path for item in items])
    for item in items:
        path = boxes / name / item.path
        path.parent.mkdir(parents=True, exist_ok=True)
        # The papers of one case file are about one case.
        facts = draw_facts(np.random.default_rng(_seed(seed, name, str(_case(item)))), item.year)
        lines = _make_item(item, facts, path, np.random.default_rng(_seed(seed, name, item.path)))
        text = truth / name / names[item.path]
        text.parent.mkdir(parents=True, exist_ok=True)
        text.write_text("\f".join("".join(f"{line}\n" for line in page) for page in lines), "utf-8", newline="\n")
        yield path
    for first, second in _COPIES.get(name, {}).items():
        yield Path(shutil.copyfile(boxes / name / first, boxes / name / second))
    for litter, content in _LITTER.get(name, {}).items():
        (boxes / name / litter).write_bytes(content)


def truth_names(paths: list[str]) -> dict[str, str]:
    """Return the name of the truth of each scan: ``.txt`` for its suffix, or after it if two would have one name."""
    short = {path: str(PurePosixPath(path).with_suffix(".txt")) for path in paths}
    count = Counter(short.values())
    return {path: name if count[name] == 1 else f"{path}.txt" for path, name in short.items()}


def _case(item: Item) -> PurePosixPath:
    path = PurePosixPath(item.path)
    return path.parent if path.parent.name else path


def _make_item(item: Item, facts: Facts, path: Path, rng: np.random.Generator) -> list[tuple[str, ...]]:
    """Write one scan and return the lines of each of its pages."""
    sheets = [sheet for paper in item.papers for sheet in lay_out(paper(facts), item.dpi, numbered=True)]
    if item.wear is None:
        write_born_digital(sheets, path, path.stem)
        return [sheet.lines for sheet in sheets]
    pages = _worn(item, sheets, item.wear, rng)
    write_scan(pages, path, item.dpi, item.quality)
    return [sheet.lines for sheet in sheets] + [()] * (len(pages) - len(sheets))


def _worn(item: Item, sheets: list[Sheet], wear: Wear, rng: np.random.Generator) -> list[Pixels]:
    fronts = [draw(sheet) for sheet in sheets]
    # The seal is on the signed sheet, the last. On a sheet printed on both sides the other side shows through.
    backs = [fronts[n ^ 1] if (n ^ 1) < len(fronts) else None for n in range(len(fronts))]
    if item.backs:
        backs[-1] = None if len(fronts) % 2 else backs[-1]
        fronts, backs = [*fronts, np.full_like(fronts[-1], 255)], [*backs, fronts[-1]]
    pages = [
        age(front, rng, wear=wear if n == len(sheets) - 1 else replace(wear, seal=False), back=back)
        for n, (front, back) in enumerate(zip(fronts, backs, strict=True))
    ]
    return [np.ascontiguousarray(np.rot90(_levels(page, item.levels), item.turn)) for page in pages]


def _levels(page: Pixels, levels: int) -> Pixels:
    """Keep so many greys."""
    if levels == 256:
        return page
    steps = np.rint(page.astype(np.float32) / 255 * (levels - 1))
    return np.rint(steps * 255 / (levels - 1)).astype(np.uint8)


def _seed(seed: int, *names: str) -> list[int]:
    """A separate seed for each scan, so that an added scan changes no other."""
    return [seed, int.from_bytes(hashlib.sha256("/".join(names).encode()).digest()[:8])]
