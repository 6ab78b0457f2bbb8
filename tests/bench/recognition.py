"""How well pages are read, and at what cost, compared with OCRmyPDF and plain Tesseract in the same run."""

import platform
import subprocess
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.table import Table

from config.settings import load
from pipeline.intake.inspect import inspect
from pipeline.page.render import render
from tests.bench import contestants
from tests.bench.contestants import Outcome
from tests.bench.errors import draw_errors
from tests.bench.rows import rows_kept
from tests.bench.scoring import Answers, Rate, answers, kind_of, rates
from tests.conftest import ROOT

_PAGES = ("*.jpg", "*.jpeg", "*.png", "*.tif", "*.webp", "*.jp2")
_BEGIN, _END = "<!-- recognition -->", "<!-- /recognition -->"


def measure(folder: Path | None, *, only_ours: bool, write: bool) -> None:
    """Measure on a folder of pages with their ground truth, or on the samples, and print."""
    with tempfile.TemporaryDirectory(prefix="bannasar-bench-") as work:
        pages = folder or lay_out_samples(Path(work, "samples"))
        truth = {file.stem: file.read_text("utf-8") for file in pages.glob("*.txt")}
        pictures = pictures_in(pages)
        readers = {"Bannasar": contestants.bannasar}
        if not only_ours:
            readers |= {"OCRmyPDF --rotate-pages --deskew": contestants.ocrmypdf, "Tesseract": contestants.tesseract}
        outcomes = {name: read(pictures, Path(work, name.split()[0])) for name, read in readers.items()}
        scored = {name: rates(truth, outcome.texts) for name, outcome in outcomes.items()}
        where = str(folder) if folder else "the samples' pages"
        table = _table(scored, outcomes, len(pictures))
        Console().print(table)
        for name, outcome in outcomes.items():
            Console(highlight=False).print(f"{name}: {_about(answers(truth, outcome.texts))}")
        Console().print(_by_kind(truth, outcomes["Bannasar"]))
        if write:
            _write(where, scored, outcomes, len(pictures))
            draw_errors(outcomes["Bannasar"].pages, truth, ROOT / "docs")


def pictures_in(folder: Path) -> list[Path]:
    """Return the pictures in a folder that have a ground truth."""
    return sorted(file for kind in _PAGES for file in folder.glob(kind) if file.with_suffix(".txt").is_file())


def lay_out_samples(folder: Path) -> Path:
    """Write the pages of the sample boxes one by one into a new folder, with their ground truth; return the folder."""
    folder.mkdir(parents=True)
    settings = load()
    texts = sorted((ROOT / "samples" / "truth").rglob("*.txt"))
    for count, text in enumerate(texts):
        inside = text.relative_to(ROOT / "samples" / "truth").with_suffix("")
        (scan,) = [file for file in (ROOT / "samples" / "boxes" / inside.parent).iterdir() if file.stem == inside.name]
        kind, _ = inspect(scan, settings.limits, settings.page.dpi)
        for number, printed in enumerate(text.read_text("utf-8").split("\f"), 1):
            name = f"{count:02}.{number}-{kind}"
            picture = render(scan, kind, number, settings.page.dpi, settings.limits.page_seconds)
            dots = (round(picture.dpi), round(picture.dpi))
            Image.fromarray(picture.pixels).save(folder / f"{name}.png", dpi=dots)
            (folder / f"{name}.txt").write_text(printed, "utf-8")
    return folder


def _rows(
    scored: Mapping[str, Mapping[str, Rate]], outcomes: Mapping[str, Outcome], pages: int
) -> tuple[list[str], list[list[str]]]:
    """Return the heads and the rows of the results, a column for each reader."""
    ours = outcomes["Bannasar"]
    layouts = [*list(scored["Bannasar"])[:-1], "ALL"]
    rows = [[f"errors, {layout}", *(f"{scores[layout].share:.4f}" for scores in scored.values())] for layout in layouts]
    rows.append(["pages a minute", *(f"{60 * pages / outcome.seconds:.1f}" for outcome in outcomes.values())])
    rows.append(["CPU seconds a page", *(f"{outcome.cpu_seconds / pages:.2f}" for outcome in outcomes.values())])
    rows.append(["time : ours", *(f"{outcome.seconds / ours.seconds:.2f}" for outcome in outcomes.values())])
    rows.append(["CPU : ours", *(f"{outcome.cpu_seconds / ours.cpu_seconds:.2f}" for outcome in outcomes.values())])
    return ["", *outcomes], rows


def _about(found: Answers) -> str:
    return (
        f"{found.precision:.3f} of {found.lines} lines answer a line of the truth ({found.unanswered} do not, of them "
        f"{found.short} of two letters or fewer); {found.order:.3f} of its lines are read in its order"
    )


def _by_kind(truth: Mapping[str, str], ours: Outcome) -> Table:
    """Return what our pages of each kind are like beside their errors, see :mod:`tests.bench.rows` for the rows."""
    table = Table(
        "Bannasar", "errors", "lines that answer", "lines in order", "rows kept", box=None, header_style="bold"
    )
    for kind in [*sorted({kind_of(name) for name in truth}), "ALL"]:
        some = {name: text for name, text in truth.items() if kind in (kind_of(name), "ALL")}
        found, rows = answers(some, ours.texts), rows_kept(some, ours.pages)
        errors = rates(some, ours.texts)["ALL"].share
        kept = f"{rows.share:.3f} of {rows.rows}" if rows.rows else ""
        table.add_row(kind, f"{errors:.4f}", f"{found.precision:.3f}", f"{found.order:.3f}", kept)
    return table


def _table(scored: Mapping[str, Mapping[str, Rate]], outcomes: Mapping[str, Outcome], pages: int) -> Table:
    heads, rows = _rows(scored, outcomes, pages)
    table = Table(box=None, header_style="bold")
    for head in heads:
        table.add_column(head, justify="right" if head else "left")
    for row in rows:
        table.add_row(*row)
    return table


def where_and_with() -> str:
    """Return the machine and the versions of the measurement, for the documentation."""
    tesseract = subprocess.run(["tesseract", "--version"], capture_output=True, text=True, check=True).stdout
    versions = f"{tesseract.splitlines()[0]}, OCRmyPDF {version('ocrmypdf')}, Python {platform.python_version()}"
    return f"two at a time, on two cores ({platform.machine()}), {datetime.now(UTC):%Y-%m-%d}; {versions}"


def _write(where: str, scored: Mapping[str, Mapping[str, Rate]], outcomes: Mapping[str, Outcome], pages: int) -> None:
    """Put the results into their place in docs/benchmarks.md."""
    heads, rows = _rows(scored, outcomes, pages)
    command = "script/bench recognition" + ("" if where.startswith("the") else f" {where}") + " --write"
    lines = [
        f"`{command}`: {pages} pages of {where}, {where_and_with()}.",
        "",
        "| " + " | ".join(heads) + " |",
        "|" + "---|" * len(heads),
        *("| " + " | ".join(row) + " |" for row in rows),
    ]
    page = ROOT / "docs" / "benchmarks.md"
    text = page.read_text("utf-8")
    before, rest = text.split(_BEGIN)
    after = rest.split(_END)[1]
    page.write_text(before + _BEGIN + "\n" + "\n".join(lines) + "\n" + _END + after, "utf-8")
