"""Any number of invented pages, for measuring searches: text only, no pictures.

Words are drawn with the frequencies of Zipf's law: first those of the sample papers, then invented ones of the same
clusters. A line is a row of words without spaces, as Khmer is written; some lines are French, some hold numbers.
"""

import inspect
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache

import numpy as np
import numpy.typing as npt

from models.case import CaseFile, Document
from models.fact import Fact, FactName
from models.page import Block, Line, Page, PageRef, Rect, Word
from models.scan import Kind, Scan
from samples import papers_km, papers_latin
from samples.typeset import clusters

Numbers = npt.NDArray[np.float64]

_COURTS = ("សាលាដំបូងខេត្តកំពត", "សាលាដំបូងខេត្តតាកែវ", "សាលាឧទ្ធរណ៍ភ្នំពេញ", "តុលាការកំពូល")
_KINDS = ("judgment", "complaint", "interview_record", "transmittal", "unknown")
_KHMER = re.compile(r"[\u1780-\u17d3]+")
LINES = 24
WORDS_A_LINE = 9
PAGES_A_CASE = 20
PAGES_A_DOCUMENT = 4


@cache
def vocabulary(size: int, seed: int = 1) -> tuple[str, ...]:
    """Return words, the frequent ones first: those of the sample papers, then invented ones."""
    rng = np.random.default_rng(seed)
    source = "".join(re.findall(r'"([^"]*)"', inspect.getsource(papers_km)))
    real = list(dict.fromkeys(word for word in re.findall(_KHMER, source) if 2 <= len(clusters(word)) <= 5))
    pool = [cluster for word in real for cluster in clusters(word)]
    rng.shuffle(real)
    words = dict.fromkeys(real)
    while len(words) < size:
        count = int(rng.choice([2, 3, 4, 5], p=[0.35, 0.4, 0.17, 0.08]))
        words["".join(pool[at] for at in rng.integers(len(pool), size=count))] = None
    return tuple(words)


@cache
def frequencies(size: int) -> Numbers:
    """Return how often each word occurs, by Zipf and Mandelbrot."""
    weights = 1 / (np.arange(size) + 2.7) ** 1.05
    return np.asarray(weights / weights.sum())


@cache
def latin() -> tuple[str, ...]:
    """Return the words of French lines."""
    source = " ".join(re.findall(r'"([^"]*)"', inspect.getsource(papers_latin)))
    return tuple(dict.fromkeys(re.findall(r"[A-Za-zéèêàçôûî]{3,}", source)))


def text(number: int, words: int = 20_000) -> list[list[str]]:
    """Return the words of each line of a page; a line in French has spaces between its words when it is written."""
    rng = np.random.default_rng((7, number))
    known = vocabulary(words)
    ranks = rng.choice(words, size=LINES * WORDS_A_LINE, p=frequencies(words))
    lines = [
        [known[rank] for rank in ranks[start : start + WORDS_A_LINE]] for start in range(0, len(ranks), WORDS_A_LINE)
    ]
    lines.insert(2, ["លេខ", f"{rng.integers(1, 999)}/{rng.integers(60, 99)}"])
    french = latin()
    lines += [[french[at] for at in rng.integers(len(french), size=7)] for _ in range(2)]
    return lines


def written(line: list[str]) -> str:
    """Return a line as it is on the page."""
    return ("" if _KHMER.match(line[0]) else " ").join(line)


def page(scan: str, number: int, lines: list[str]) -> Page:
    """Return the record of a page with these lines, each one word to the recogniser if it has no space."""
    made = []
    for row, line in enumerate(lines):
        left, top, words = 200, 200 + 90 * row, []
        for part in line.split(" "):
            right = left + 22 * len(part)
            words.append(
                Word.model_construct(text=part, box=Rect(left, top, right, top + 60), confidence=0.9, space=True)
            )
            left = right + 20
        made.append(Line.model_construct(words=tuple(words), box=Rect(200, top, left, top + 60), confidence=0.9))
    block = Block.model_construct(lines=tuple(made), box=Rect(200, 200, 2300, 3300), cell=None)
    return Page(scan=scan, number=number, recipe="made", width=2480, height=3508, dpi=300.0, blocks=(block,))


def cases(pages: int, spoilt: float = 0.0, words: int = 20_000) -> Iterator[tuple[CaseFile, list[Page]]]:
    """Yield case files with this many pages in all; a part of their characters is wrong."""
    for first in range(0, pages, PAGES_A_CASE):
        rng = np.random.default_rng((11, first))
        count = min(PAGES_A_CASE, pages - first)
        scan = f"{first:064x}"
        made = []
        for number in range(count):
            lines = [written(line) for line in text(first + number, words)]
            made.append(page(scan, number + 1, [spoil(line, spoilt, rng) for line in lines] if spoilt else lines))
        yield case_file(first, scan, count, rng), made


def spoil(line: str, share: float, rng: np.random.Generator) -> str:
    """Return a line with a part of its Khmer characters changed for others."""
    pool = "".join(vocabulary(500))
    return "".join(
        pool[rng.integers(len(pool))] if "\u1780" <= character <= "\u17d3" and rng.random() < share else character
        for character in line
    )


def case_file(
    first: int, scan: str, count: int, rng: np.random.Generator, pages_a_document: int = PAGES_A_DOCUMENT
) -> CaseFile:
    """Return the record of a case file.

    Args:
        first: the number of its first page among all pages; it gives the case file its name.
        scan: the SHA-256 of its scan.
        count: how many pages the scan has.
        rng: draws what is read in its documents.
        pages_a_document: how many pages each document has, but the last.
    """
    documents = []
    for number, start in enumerate(range(1, count + 1, pages_a_document), 1):
        day = f"{rng.integers(1950, 1975)}-{rng.integers(1, 13):02}-{rng.integers(1, 29):02}"
        values = {
            FactName.COURT: _COURTS[rng.integers(len(_COURTS))],
            FactName.DATE: day,
            FactName.CASE_NUMBER: f"{rng.integers(1, 999)}/{day[2:4]}",
        }
        facts = tuple(
            Fact(name=name, value=value, text=value, scan=scan, page=start, boxes=(), confidence=0.9)
            for name, value in values.items()
        )
        refs = tuple(PageRef(scan=scan, number=at) for at in range(start, min(start + pages_a_document, count + 1)))
        kind = _KINDS[rng.integers(len(_KINDS))]
        documents.append(Document(number=number, title=kind, pages=refs, kind=kind, kind_confidence=0.9, facts=facts))
    return CaseFile(
        id=f"box-{first // 10_000:03}_case-{first:06}",
        box=f"box-{first // 10_000:03}",
        title=f"case {first}",
        folder=f"case-{first:06}",
        scans=(Scan(path=f"case-{first:06}/scan.pdf", sha256=scan, size=1, kind=Kind.PDF, pages=count),),
        documents=tuple(documents),
        created=datetime(2026, 1, 1, tzinfo=UTC),
        software={"bannasar": "bench"},
    )
