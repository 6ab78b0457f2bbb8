"""Searches measured: what they find and how fast, compared with words of segmenters and Elasticsearch's analyzer."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown

from tests.bench.search_recall import on_real_text, on_recognised_pages
from tests.bench.search_speed import KINDS, Speed, draw_growth, measure
from tests.conftest import ROOT
from tests.elastic import V8, Server

_BEGIN, _END = "<!-- search -->", "<!-- /search -->"


def search(folder: Path | None, sizes: Sequence[int], *, keep: Path | None, write: bool) -> None:
    """Measure, print, and put the results into docs/benchmarks.md if asked.

    Args:
        folder: pictures of pages with their ground truth; None to measure only speed.
        sizes: how many invented pages are searched.
        keep: where the indexes of invented pages are kept for the next time, or were kept.
        write: whether docs/benchmarks.md is written.
    """
    server = Server(V8, heap="512m", data=keep.absolute() / "elasticsearch" if keep else None).start()
    try:
        with tempfile.TemporaryDirectory(prefix="bannasar-search-") as work:
            said = [*_recognised(server, Path(work), folder), *_real(server)] if folder else []
            Console().print(Markdown("\n".join(said)))
            speeds = measure(server, keep or Path(work), sizes)
    finally:
        server.stop()
    table = _speeds(speeds)
    Console().print(Markdown("\n".join(table)))
    if write:
        draw_growth(speeds, ROOT / "docs" / "search-growth.svg")
        page = ROOT / "docs" / "benchmarks.md"
        before, rest = page.read_text("utf-8").split(_BEGIN)
        after = rest.split(_END)[1]
        command = f"`script/bench search {folder} --write`, Elasticsearch {V8} with 512 MB of heap, 2 processors."
        plot = ["", "![Medians by the number of pages](search-growth.svg)"]
        lines = [_BEGIN, command, "", *said, *table, *plot, _END]
        page.write_text(before + "\n".join(lines) + after, "utf-8")


def _recognised(server: Server, work: Path, folder: Path) -> list[str]:
    pages, scores = on_recognised_pages(server, work, folder)
    counts = list(next(iter(scores.values())))
    lines = [f"Phrases of the truth, of one to three words, on {pages} recognised pages: recall / precision.", ""]
    lines += ["| words | " + " | ".join(counts) + " |", "|---|" + "---|" * len(counts)]
    for name, by_count in scores.items():
        cells = [f"{score.recall:.3f} / {score.precision:.3f}" for score in by_count.values()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def _real(server: Server) -> list[str]:
    documents, scores = on_real_text(server)
    lines = [f"Recall@10 of phrases of one to three words, on {documents} documents of real Khmer sentences:", ""]
    lines += ["| | clean | 5 % of characters wrong |", "|---|---|---|"]
    lines += [f"| {name} | {score['clean']:.3f} | {score['spoilt']:.3f} |" for name, score in scores.items()]
    return [*lines, ""]


def _speeds(found: dict[str, dict[int, Speed]]) -> list[str]:
    columns = [(store, size) for store, sizes in found.items() for size in sizes]
    speeds = [found[store][size] for store, size in columns]
    lines = ["Made-up pages; milliseconds, median / 99th percentile:", ""]
    lines += ["| | " + " | ".join(f"{store}, {size:,} pages" for store, size in columns) + " |"]
    lines += ["|---|" + "---|" * len(columns)]
    lines.append("| pages a second put in | " + " | ".join(_rate(speed) for speed in speeds) + " |")
    lines.append("| kilobytes a page | " + " | ".join(f"{speed.bytes_a_page / 1000:.1f}" for speed in speeds) + " |")
    for kind in KINDS:
        cells = [f"{speed.median(kind):.1f} / {speed.slowest(kind):.0f}" for speed in speeds]
        lines.append(f"| {kind} | " + " | ".join(cells) + " |")
    return lines


def _rate(speed: Speed) -> str:
    return "kept" if speed.pages_a_second is None else f"{speed.pages_a_second:.0f}"
