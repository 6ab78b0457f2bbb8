"""The features of a page for the classifiers: which words are on it and where, and how it is laid out.

A feature is a name with a weight. Names are made of the units that searches use (``pipeline.text.units``): single
clusters are too common to be of use, so pairs and triples of them are used for Khmer, words and pairs of words for
Latin script. Numbers say nothing about the kind, and are left out.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import log1p

from rapidfuzz import fuzz, process

from models.page import Page
from pipeline.document.glossary import letters
from pipeline.document.sketch import Seen, Sketch

Features = Mapping[str, float]

# The part of a page where papers say what they are, in shares of its height, and the longest line that may say so.
_HEAD = 0.45
_LONGEST = 50
# Made papers always have a title of their kind at their head, and look as their maker set them; real ones need not.
# So heads and looks weigh less than bodies; see docs/decisions/0006-kinds.md.
_HEADS_WEIGHT = 0.5
_LOOKS_WEIGHT = 0.1
# Lines at a page's head and foot that show whether a document begins or has ended.
_EDGE = 6
_SHORT_LINES = 3
# Below this a line is not like a letterhead, in hundredths.
_LEAST_LIKE = 70
# The head of the first page of an official paper, and of no other page.
_LETTERHEADS = [
    letters(line)
    for line in (
        "ព្រះរាជាណាចក្រកម្ពុជា",
        "ជាតិ សាសនា ព្រះមហាក្សត្រ",
        "រដ្ឋកម្ពុជា",
        "សាធារណរដ្ឋប្រជាមានិតកម្ពុជា",
        "សាធារណរដ្ឋខ្មែរ",
        "Royaume du Cambodge",
        "République khmère",
        "Kingdom of Cambodia",
        "Nation Religion King",
        "Nation Religion Roi",
    )
]


def kind_features(pages: Sequence[Sketch]) -> Features:
    """Return the features for the kind of a document: head, body and look of its first written page."""
    first = next((page for page in pages if page.lines), pages[0])
    # The short end of a paragraph is not a heading.
    after = [None, *first.lines]
    headings = [
        seen
        for seen, before in zip(first.lines, after, strict=False)
        if is_heading(seen, first.page) and not (before and _is_wide(before, first.page))
    ]
    head = _bag("head", headings)
    found = _bag("body", first.lines) | {name: _HEADS_WEIGHT * value for name, value in head.items()}
    found |= dict.fromkeys(_look(first), _LOOKS_WEIGHT)
    found["look pages"] = _LOOKS_WEIGHT * log1p(len(pages))
    return found


def begin_features(before: Sketch, page: Sketch) -> Features:
    """Return the features for whether a document begins on a page, given the page before it in its scan."""
    top, end = page.lines[:_EDGE], before.lines[-_EDGE:]
    found = _bag("top", top) | _bag("end", end)
    found["letterhead"] = 3 * max((_letterhead(seen) for seen in top), default=0.0)
    found["title"] = 3 * max((likeness for likeness, _ in page.titles), default=0.0)
    found["first"] = 2.0 * (page.number == 1)
    found["later"] = 3.0 * (page.number is not None and page.number > 1)
    found["numbered before"] = float(before.number is not None)
    found["filled before"] = 2 * end[-1].line.box.bottom / before.page.height if end else 0.0
    found["filled"] = page.lines[-1].line.box.bottom / page.page.height if top else 0.0
    found["white above"] = 3 * top[0].line.box.top / page.page.height if top else 0.0
    found["indented"] = float(bool(top) and top[0].line.box.left > 0.25 * page.page.width)
    found["empty"] = float(not top)
    found["empty before"] = float(not end)
    found["other size"] = float(_size(page.page) != _size(before.page))
    found["other script"] = 2.0 * bool(top and end and _is_khmer(page.lines) != _is_khmer(before.lines))
    # Lines of signatures, letterheads and titles are short; running text is not.
    found["short end"] = 2 * _short(end[-_SHORT_LINES:], before.page)
    found["short top"] = 2 * _short(top[:_SHORT_LINES], page.page)
    found["centred"] = float(sum(is_heading(seen, page.page) and is_centred(seen, page.page) for seen in top))
    return found


def is_heading(seen: Seen, page: Page) -> bool:
    """Whether a line may be part of a page's head."""
    return seen.line.box.top < _HEAD * page.height and len(seen.text) <= _LONGEST


def is_centred(seen: Seen, page: Page) -> bool:
    """Whether a line is centred, with white on both sides."""
    left, right = seen.line.box.left, page.width - seen.line.box.right
    return abs(left - right) < 0.08 * page.width and left > 0.2 * page.width


def _bag(zone: str, lines: Iterable[Seen]) -> dict[str, float]:
    """Return what is written on some lines, weighted by the logarithm of its counts, of length 1 together."""
    counts: Counter[str] = Counter()
    for seen in lines:
        clusters = [unit.text for unit in seen.units if unit.run >= 0]
        words = [unit.text for unit in seen.units if unit.run < 0 and unit.text.isalpha()]
        counts.update(map("".join, pairwise(clusters)))
        counts.update(map("".join, zip(clusters, clusters[1:], clusters[2:], strict=False)))
        counts.update(f"{word} " for word in words if len(word) > 2)
        counts.update(map(" ".join, pairwise(words)))
    length = sum(log1p(count) ** 2 for count in counts.values()) ** 0.5
    return {f"{zone} {name}": log1p(count) / length for name, count in counts.items()}


def _look(sketch: Sketch) -> Iterator[str]:
    """Yield how a page looks, in words."""
    if any(block.cell and block.cell.row for block in sketch.page.blocks):  # a single row may be a running head
        yield "look table"
    yield f"look lines {min(len(sketch.lines) // 8, 5)}"
    yield "look khmer" if _is_khmer(sketch.lines) else "look latin"
    centred = sum(is_centred(seen, sketch.page) for seen in sketch.lines if is_heading(seen, sketch.page))
    yield f"look centred {min(centred, 5)}"


def _is_khmer(lines: Sequence[Seen]) -> bool:
    text = "".join(seen.text for seen in lines)
    return 2 * sum("\u1780" <= character <= "\u17ff" for character in text) > len(text)


def _size(page: Page) -> tuple[int, int]:
    """Return a page's size in steps of two centimetres, the narrow side first."""
    narrow, wide = sorted((page.width, page.height))
    return round(1.27 * narrow / page.dpi), round(1.27 * wide / page.dpi)


def _is_wide(seen: Seen, page: Page) -> bool:
    """Whether a line goes over more than half of its page, as running text does."""
    return seen.line.box.right - seen.line.box.left > page.width / 2


def _short(lines: Sequence[Seen], page: Page) -> float:
    """Return the share of some lines that is not wide."""
    return sum(not _is_wide(seen, page) for seen in lines) / max(1, len(lines))


def _letterhead(seen: Seen) -> float:
    """Return how similar a line is to a letterhead, 0–1; 0 if it is not similar."""
    match = process.extractOne(letters(seen.text), _LETTERHEADS, scorer=fuzz.ratio, score_cutoff=_LEAST_LIKE)
    return match[1] / 100 if match else 0.0
