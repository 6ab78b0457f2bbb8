"""A million invented pages in the time that a session has: put together from words that are analysed once.

The pages are like those of ``made_pages``, without pictures, PDFs or bags: each has 24 lines of nine words by Zipf's
law, a number and two lines of French, and each word has a box of its own. What is left out is to read a bag and to find
the units in a text; tokens, packing and all that a store does are the pipeline's own code.
``tests/test_scale_pages.py`` compares such pages with pages that were analysed as a whole.
"""

import itertools
import os
from collections import deque
from collections.abc import Collection, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cache

import numpy as np

from models.case import CaseFile
from models.page import Block, Line, Page, Rect, Word
from pipeline.index.entry import Analysed, Read, entries_of
from pipeline.index.marking import Place
from pipeline.text.units import Columns, units
from tests.bench.made_pages import LINES, PAGES_A_CASE, WORDS_A_LINE, case_file, frequencies, latin, vocabulary, written

_WORDS = 20_000
_CASES_AT_ONCE = 20
_AHEAD = 2


def rows(number: int) -> list[list[str]]:
    """Return the words of each line of a page."""
    rng = np.random.default_rng((37, number))
    known, french = vocabulary(_WORDS), latin()
    ranks = np.searchsorted(frequencies(_WORDS).cumsum(), rng.random(LINES * WORDS_A_LINE))
    words = [known[min(rank, _WORDS - 1)] for rank in ranks]
    lines = [words[start : start + WORDS_A_LINE] for start in range(0, len(words), WORDS_A_LINE)]
    lines.insert(2, ["លេខ", f"{rng.integers(1, 999)}/{rng.integers(60, 99)}"])
    return lines + [[french[at] for at in rng.integers(len(french), size=7)] for _ in range(2)]


def case_of(first: int) -> CaseFile:
    """Return the record of the case file that begins with a page."""
    return case_file(first, f"{first:064x}", PAGES_A_CASE, np.random.default_rng((41, first)))


def read(first: int, at: int) -> Read:
    """Return what is read on a page of a case file, counted from 0: its words, put together."""
    pieces, places = [], []
    texts, starts, ends, runs = [], [], [], []
    length, run, is_running = 0, 0, False
    lines = rows(first + at)
    for words, boxes in zip(lines, _boxes(first + at, lines), strict=True):
        between = " " if " " in written(words) else ""
        for number, (word, box) in enumerate(zip(words, boxes, strict=True)):
            if number and between:
                pieces.append(between)
                length += 1
            for text, start, end, is_khmer in _units_of(word):
                run += is_khmer and not is_running
                is_running = is_khmer
                texts.append(text)
                starts.append(length + start)
                ends.append(length + end)
                runs.append(run if is_khmer else -1)
            places.append(Place(length, length + len(word), box))
            pieces.append(word)
            length += len(word)
        pieces.append("\n")
        length += 1
    columns = Columns(texts, starts, ends, runs, [0] * len(texts))
    return Read(f"{first:064x}", at + 1, "".join(pieces[:-1]), columns, places)


def page(first: int, at: int) -> Page:
    """Return the same page as a record, for those who want to analyse it as a whole."""
    lines = []
    read_as = rows(first + at)
    for words, boxes in zip(read_as, _boxes(first + at, read_as), strict=True):
        space = " " in written(words)
        made = tuple(
            Word(text=word, box=box, confidence=0.9, space=space) for word, box in zip(words, boxes, strict=True)
        )
        lines.append(Line(words=made, box=Rect(0, made[0].box.top, 1, made[0].box.bottom), confidence=0.9))
    block = Block(lines=tuple(lines), box=Rect(200, 200, 2300, 3300))
    return Page(scan=f"{first:064x}", number=at + 1, recipe="made", width=2480, height=3508, dpi=300.0, blocks=(block,))


def analysed_cases(pages: int, kept: Collection[str] = ()) -> Iterator[Analysed]:
    """Yield case files with so many pages in all, made by all processors, without those that are kept."""
    step = _CASES_AT_ONCE * PAGES_A_CASE
    missing = [first for first in range(0, pages, PAGES_A_CASE) if not kept or case_of(first).id not in kept]
    starts = iter(list(dict.fromkeys(first // step * step for first in missing)))
    waiting: deque[Future[list[Analysed]]] = deque()
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(workers) as pool:
        while True:
            for start in itertools.islice(starts, _AHEAD * workers - len(waiting)):
                waiting.append(pool.submit(_some, start, min(start + step, pages)))
            if not waiting:
                return
            yield from (one for one in waiting.popleft().result() if one[0].id not in kept)


def _some(start: int, end: int) -> list[Analysed]:
    found = []
    for first in range(start, end, PAGES_A_CASE):
        case = case_of(first)
        pages = (read(first, at) for at in range(PAGES_A_CASE))
        found.append((case, list(entries_of(case, pages, case.levels(None)))))
    return found


@cache
def _units_of(word: str) -> list[tuple[str, int, int, bool]]:
    return [(unit.text, unit.start, unit.end, unit.run >= 0) for unit in units(word)]


def _boxes(number: int, lines: list[list[str]]) -> list[list[Rect]]:
    """Return a box for each word: lines are not quite straight, as on paper."""
    rng = np.random.default_rng((43, number))
    found = []
    for row, words in enumerate(lines):
        left, made = 200, []
        for word, (up, down, gap) in zip(words, rng.integers(0, 5, size=(len(words), 3)).tolist(), strict=True):
            right = left + 22 * len(word)
            made.append(Rect(left, 200 + 110 * row + up, right, 270 + 110 * row + down))
            left = right + gap + 16 * (" " in written(words))
        found.append(made)
    return found
