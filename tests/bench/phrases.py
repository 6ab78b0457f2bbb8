"""How often a page is among the first ten hits for what is printed on it: short phrases, as people type them."""

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from models.page import Page
from pipeline.index.entry import analysed
from pipeline.index.language import parse
from pipeline.index.sqlite import SqliteStore
from pipeline.index.store import View
from samples.typeset import clusters
from tests.bench import contestants
from tests.bench.recognition import pictures_in
from tests.bench.search_recall import form, holding, real_documents
from tests.conftest import EVERYTHING, Maker

_SHORTEST, _LONGEST = 6, 18
_FOR_EACH_PAGE = 60
_FIRST = 10
# A run of Khmer, or words in Latin letters with spaces between them.
_RUN = re.compile("[\u1780-\u17d3]+|[^\\W\\d_\u1780-\u17ff]+(?: [^\\W\\d_\u1780-\u17ff]+)*")

Found = list[tuple[bool, bool]]
"""For each phrase, whether its page is found, and whether it is found in quotes."""


def measure(folder: Path) -> None:
    """Read a folder of pages with their ground truth, search them among other documents, and print what is found."""
    with tempfile.TemporaryDirectory(prefix="bannasar-bench-") as work:
        pages = contestants.bannasar(pictures_in(folder), Path(work, "ours")).pages
        truth = {name: (folder / f"{name}.txt").read_text("utf-8") for name in pages}
        Console().print(table(found_in(Path(work, "index.db"), pages, truth)))


def found_in(file: Path, pages: Mapping[str, Page], truth: Mapping[str, str]) -> dict[str, Found]:
    """Search an index of pages, and of thousands of documents of real Khmer sentences, for phrases of each page.

    A page is found if it is among the first ten, or if these are all pages that have the phrase.

    Args:
        file: The index, which is made.
        pages: The pages by name.
        truth: What is printed on them.
    """
    rng = np.random.default_rng(19)
    others = real_documents(np.random.default_rng(5))
    read = [*pages.values(), *(Maker().page(text.split("\n"), number=1, scan=f"{n:064x}") for n, text in
                               enumerate(others, len(pages)))]  # fmt: skip
    forms = [*map(form, (truth[name] for name in pages)), *map(form, others)]
    numbers = {page.scan: number for number, page in enumerate(read)}
    cases = [(Maker().case(page, case_id=f"box_{number:06}"), [page]) for number, page in enumerate(read)]
    with SqliteStore(file) as store:
        store.rebuild(analysed(cases))

        def is_found(query: str, own: int, true: set[int]) -> bool:
            hits = [numbers[hit.scan] for hit in store.search(parse(query), View(), EVERYTHING).hits][:_FIRST]
            return own in hits or len(true.intersection(hits)) == _FIRST

        found: dict[str, Found] = {}
        for own, name in enumerate(pages):
            for phrase in phrases(truth[name], rng):
                true = holding(phrase, forms)
                both = is_found(phrase, own, true), is_found(f'"{phrase}"', own, true)
                found.setdefault(name, []).append(both)
    return found


def phrases(printed: str, rng: np.random.Generator) -> Iterator[str]:
    """Yield phrases of 6 to 18 characters of the lines of a page, cut between Khmer clusters or Latin words."""
    lines = printed.replace("\u200b", "").split("\n")
    runs = [run for line in lines for run in _RUN.findall(line) if len(run) >= _SHORTEST]
    if not runs:
        return
    lengths = np.array([len(run) for run in runs], float)
    given = 0
    while given < _FOR_EACH_PAGE:
        run = runs[rng.choice(len(runs), p=lengths / lengths.sum())]
        parts = re.findall(r"\S+ ?", run) if run.isascii() or " " in run else clusters(run)
        wanted = int(rng.integers(_SHORTEST, _LONGEST + 1))
        phrase = _begun(parts[int(rng.integers(len(parts))) :], wanted).strip()
        if len(phrase) >= _SHORTEST:
            given += 1
            yield phrase


def _begun(parts: Sequence[str], wanted: int) -> str:
    text = ""
    for part in parts:
        if len(text) >= wanted or len(text + part) > _LONGEST:
            break
        text += part
    return text


def table(found: Mapping[str, Found]) -> Table:
    """Return the shares that are found, by page and in all."""
    made = Table("", "phrases", f"among the first {_FIRST}", "in quotes", box=None, header_style="bold")
    for name, own in [*found.items(), ("ALL", [both for one in found.values() for both in one])]:
        shares = [sum(both[way] for both in own) / len(own) for way in (0, 1)]
        made.add_row(name, str(len(own)), *(f"{share:.3f}" for share in shares))
    return made
