"""How much of what is printed is found: on recognised pages, and on real text with added errors."""

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk

from models.page import Page
from pipeline.archive.bag import bags, read_bag
from pipeline.index.elastic import ElasticStore
from pipeline.index.entry import analysed
from pipeline.index.language import parse
from pipeline.index.sqlite import SqliteStore
from pipeline.index.store import Sort, Store, View
from pipeline.text.normalise import match_form
from pipeline.text.plain import page_text
from samples.boxes import BOXES, make_box, truth_names
from samples.training.texts import sentences
from tests.bench.made_pages import spoil
from tests.bench.words import by_icu, by_khmercut
from tests.conftest import BANNASAR, EVERYTHING, Maker
from tests.elastic import Server

_SEEDS = (11, 12, 13)
_QUERIES = 300
_DOCUMENT = 700
_SPOILT = 0.05
_KHMER = re.compile("[\u1780-\u17d3]+")
# Characters that may not follow a piece of text, or it would end inside a cluster.
_GOES_ON = re.compile("[\u17b4-\u17d3\u17dd]")
# The result of a query: pages in order, the best first.
Finder = Callable[[str], list[int]]
# Segments texts into words.
_Cutter = Callable[[Sequence[str]], list[str]]


@dataclass(frozen=True, slots=True)
class Score:
    """How well a way of searching did: shares, 0–1, of the phrases of so many words."""

    recall: float
    precision: float


def on_recognised_pages(server: Server, work: Path, folder: Path) -> tuple[int, dict[str, dict[str, Score]]]:
    """Recognise the pages of a folder and of newly made sample boxes, and search them for phrases of the ground truth.

    Returns:
        How many pages, and by way of searching and by number of words ("1", "2", "3", "all") the scores: of all true
        pages of all phrases how many are found, and of all that is found how much is true.
    """
    pages, truth = _recognised(work, folder)
    queries = list(_phrases(truth, np.random.default_rng(3), 3 * _QUERIES))
    with _finders(server, pages, "recognised") as finders:
        scores = {}
        for name, find in finders.items():
            counts: dict[str, list[int]] = {}
            for words, phrase in queries:
                true, found = holding(phrase, truth), set(find(phrase))
                for key in (str(words), "all"):
                    before = counts.get(key, [0, 0, 0])
                    now = [len(true & found), len(true), len(found)]
                    counts[key] = [one + other for one, other in zip(before, now, strict=True)]
            scores[name] = {key: Score(hit / all_true, hit / max(1, all_found)) for key, (hit, all_true, all_found) in
                            sorted(counts.items())}  # fmt: skip
    return len(pages), scores


def on_real_text(server: Server) -> tuple[int, dict[str, dict[str, float]]]:
    """Search real Khmer sentences, clean and with a part of the characters wrong.

    Returns:
        How many documents, and by way of searching recall@10, "clean" and "spoilt": of the ten best, or of as many as
        there are true ones if they are fewer, how many are true; the mean over all phrases.
    """
    rng = np.random.default_rng(5)
    texts = _documents(rng)
    truth = [text.replace("\u200b", "") for text in texts]
    wrong = [spoil(text, _SPOILT, np.random.default_rng((9, number))) for number, text in enumerate(truth)]
    queries = list(_parted_phrases(texts, rng))
    scores: dict[str, dict[str, float]] = {}
    for state, written in (("clean", truth), ("spoilt", wrong)):
        pages = [Maker().page(text.split("\n"), number=1, scan=f"{n:064x}") for n, text in enumerate(written)]
        forms = [form(text) for text in truth]
        with _finders(server, pages, state, ranked=True) as finders:
            for name, find in finders.items():
                shares = []
                for phrase in queries:
                    true = holding(phrase, forms)
                    shares.append(len(true & set(find(phrase)[:10])) / min(10, len(true)))
                scores.setdefault(name, {})[state] = float(np.mean(shares))
    return len(texts), scores


def _recognised(work: Path, folder: Path) -> tuple[list[Page], list[str]]:
    """Return the pages that were read, each with the text printed on it."""
    truth: dict[tuple[str, str, int], str] = {}
    boxes = []
    for seed in _SEEDS:
        for name in BOXES:
            under = work / f"seed-{seed}"
            for _ in make_box(name, under, work / "truth", seed):
                pass
            boxes.append(under / name)
            for scan, text in truth_names([item.path for item in BOXES[name]]).items():
                printed = (work / "truth" / name / text).read_text("utf-8").split("\f")
                truth |= {(f"{name}-{seed}", scan, number): page for number, page in enumerate(printed, 1)}
            boxes[-1] = boxes[-1].rename(boxes[-1].with_name(f"{name}-{seed}"))
    box = work / folder.name
    box.mkdir()
    for picture in folder.glob("*.jpg"):
        (box / picture.name).write_bytes(picture.read_bytes())
        truth[folder.name, picture.name, 1] = picture.with_suffix(".txt").read_text("utf-8")
    command = [*BANNASAR, "run", *map(str, [*boxes, box])]
    subprocess.run([*command, "--archive", str(work / "archive")], check=False, capture_output=True)
    pages, printed = [], []
    for case, read in map(read_bag, bags(work / "archive")):
        paths = {scan.sha256: str(scan.path) for scan in case.scans}
        for page in read:
            text = truth.get((case.box, paths[page.scan], page.number), "")
            if text.strip():
                pages.append(page)
                printed.append(form(text))
    return pages, printed


def form(text: str) -> str:
    """Return a text in the form in which phrases are searched: its match form, without white space."""
    return re.sub(r"\s", "", match_form(text))


def holding(phrase: str, forms: Sequence[str]) -> set[int]:
    """Return the numbers of the texts that contain a phrase, in whole clusters."""
    wanted = form(phrase)
    return {
        number
        for number, text in enumerate(forms)
        for at in (found.end() for found in re.finditer(re.escape(wanted), text))
        if not _GOES_ON.match(text, at)
    }


def _phrases(truth: Sequence[str], rng: np.random.Generator, queries: int) -> Iterator[tuple[int, str]]:
    """Yield phrases of one to three Khmer words that are printed somewhere, and how many words they are."""
    lines = [line.split() for line in by_khmercut(truth)]
    for number in range(queries):
        count = 1 + number % 3
        while True:
            words = lines[rng.integers(len(lines))]
            at = rng.integers(max(1, len(words) - count))
            phrase = words[at : at + count]
            whole = len(phrase) == count and all(_KHMER.fullmatch(word) and len(word) > 2 for word in phrase)
            if whole and holding("".join(phrase), truth):
                break
        yield count, "".join(phrase)


def real_documents(rng: np.random.Generator) -> list[str]:
    """Return thousands of documents of real Khmer sentences, in random order."""
    return [text.replace("\u200b", "") for text in _documents(rng)]


def _documents(rng: np.random.Generator) -> list[str]:
    """Return dozens of real sentences, in random order; zero-width spaces separate their words."""
    lines = sentences()
    rng.shuffle(lines)
    made = [""]
    for line in lines:
        if len(made[-1]) > _DOCUMENT:
            made.append("")
        made[-1] += f"{line}\n"
    return [text.strip() for text in made]


def _parted_phrases(texts: Sequence[str], rng: np.random.Generator) -> Iterator[str]:
    for number in range(_QUERIES):
        count = 1 + number % 3
        while True:
            line = texts[int(rng.integers(len(texts)))].split("\n")
            runs = [run.split("\u200b") for run in re.split(r"[^\u1780-\u17d3\u200b]+", line[rng.integers(len(line))])]
            words = max(runs, key=len)
            at = rng.integers(max(1, len(words) - count))
            phrase = words[at : at + count]
            if len(phrase) == count and all(len(word) > 2 for word in phrase):
                break
        yield "".join(phrase)


@contextmanager
def _finders(
    server: Server, pages: Sequence[Page], name: str, *, ranked: bool = False
) -> Iterator[Mapping[str, Finder]]:
    """Yield ways of searching the same pages: ours on both stores, and words of segmenters.

    Args:
        server: where Elasticsearch is.
        pages: the pages to search.
        name: of the indices.
        ranked: whether any word of a query is enough, the best pages first; else its words must be in a row.
    """
    numbers = {(page.scan, page.number): number for number, page in enumerate(pages)}
    cases = [(Maker().case(page, case_id=f"box_{number:06}"), [page]) for number, page in enumerate(pages)]
    with (
        Elasticsearch(server.url) as client,
        ElasticStore(server.settings(name)) as elastic,
        SqliteStore(server.folder / f"{name}.db") as sqlite,
    ):
        for store in (sqlite, elastic):
            store.rebuild(analysed(cases))
        found: dict[str, Finder] = {
            "Bannasar, SQLite": lambda text: _ours(sqlite, text, numbers, ranked=ranked),
            "Bannasar, Elasticsearch": lambda text: _ours(elastic, text, numbers, ranked=ranked),
        }
        if not ranked:
            found['Bannasar, "in quotes"'] = lambda text: _ours(sqlite, f'"{text}"', numbers, ranked=False)
        texts = [page_text(page)[0] for page in pages]
        ways: dict[str, _Cutter] = {
            "khmercut": by_khmercut,
            "ICU": by_icu,
            "standard": list,
        }
        index = f"words-{name}"
        analyzers = dict.fromkeys(ways, "whitespace") | {"standard": "standard"}
        fields = {way: {"type": "text", "analyzer": analyzer} for way, analyzer in analyzers.items()}
        client.indices.create(index=index, mappings={"properties": fields})
        cut = {way: cutter([match_form(text) for text in texts]) for way, cutter in ways.items()}
        bulk(client, ({"_index": index, "_id": str(number), **{way: cut[way][number] for way in ways}}
                      for number in range(len(texts))), refresh=True)  # fmt: skip
        for way, cutter in ways.items():
            found[f"words: {way}"] = _by_words(client, index, way, cutter, ranked=ranked)
        yield found


def _ours(store: Store, text: str, numbers: Mapping[tuple[str, int], int], *, ranked: bool) -> list[int]:
    query = parse(text)
    hits = store.search(query, View(), EVERYTHING).hits if ranked else store.each(query, Sort.RANK, EVERYTHING)
    return [numbers[hit.scan, hit.page] for hit in hits]


def _by_words(client: Elasticsearch, index: str, field: str, cutter: _Cutter, *, ranked: bool) -> Finder:
    kind = "match" if ranked else "match_phrase"

    def find(text: str) -> list[int]:
        (wanted,) = cutter([match_form(text)])
        answer = client.search(index=index, query={kind: {field: wanted}}, size=10 if ranked else 10_000, source=False)
        return [int(row["_id"]) for row in answer["hits"]["hits"]]

    return find
