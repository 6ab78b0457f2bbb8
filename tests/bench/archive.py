"""The archive's PDFs: how large they are, what they cost, and what is found in them, compared with OCRmyPDF's."""

import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw
from rich.console import Console
from rich.table import Table

from pipeline.archive.bag import bags, read_case
from tests.bench import contestants
from tests.bench.recognition import pictures_in, where_and_with
from tests.conftest import ROOT

_BEGIN, _END = "<!-- archive -->", "<!-- /archive -->"
_SHOWN = ROOT / "samples" / "boxes" / "ប្រអប់-០០២" / "ព្រឹត្តិបត្រ.jpg"
_OCRMYPDF = "OCRmyPDF"


@dataclass(frozen=True, slots=True)
class Made:
    """The PDFs by the pictures' names, and what they cost."""

    pdfs: Mapping[str, Path]
    seconds: float
    cpu_seconds: float


def measure(folder: Path, *, write: bool) -> None:
    """Measure on a folder of pictures with their ground truth, and print the results."""
    pictures = pictures_in(folder)
    truth = {file.stem: file.read_text("utf-8") for file in folder.glob("*.txt")}
    with tempfile.TemporaryDirectory(prefix="bannasar-bench-") as work:
        shown = _page_to_show(Path(work))
        makers: dict[str, Callable[[Sequence[Path], Path], Made]] = {
            "Bannasar": _bannasar,
            _OCRMYPDF: lambda pages, to: _ocrmypdf(pages, to, "1"),
            f"{_OCRMYPDF} --optimize 3": lambda pages, to: _ocrmypdf(pages, to, "3"),
        }
        made = {name: make(pictures, Path(work, str(n))) for n, (name, make) in enumerate(makers.items())}
        scans = sum(picture.stat().st_size for picture in pictures) / len(pictures) / 1000
        rows = _rows(made, truth, len(pictures))
        table = Table("", *made, title=f"{len(pictures)} pages; a scan takes {scans:.0f} kB")
        for row in rows:
            table.add_row(*row)
        Console().print(table)
        if write:
            lines = [
                "",
                f"`script/bench archive {folder} --write`, {where_and_with()}; a scan takes {scans:.0f} kB.",
                "",
            ]
            lines += [f"| | {' | '.join(made)} |", "|---" * (len(made) + 1) + "|"]
            lines += [f"| {' | '.join(row)} |" for row in rows]
            page = ROOT / "docs" / "archive.md"
            before, _, rest = page.read_text("utf-8").partition(_BEGIN)
            page.write_text(before + _BEGIN + "\n".join([*lines, "", _END]) + rest.partition(_END)[2], "utf-8")
            crops = {name: make([shown], Path(work, f"crop-{n}")) for n, (name, make) in enumerate(makers.items())}
            _draw(shown, {name: one.pdfs[shown.stem] for name, one in crops.items()})


def _rows(made: Mapping[str, Made], truth: Mapping[str, str], pages: int) -> list[list[str]]:
    phrases = {name: list(_phrases(text)) for name, text in truth.items()}
    count = sum(len(each) for each in phrases.values())
    sizes = {name: sorted(pdf.stat().st_size / 1000 for pdf in one.pdfs.values()) for name, one in made.items()}
    found = {name: _found(one.pdfs, phrases) for name, one in made.items()}
    return [
        ["kB a page", *(f"{sum(each) / pages:.0f}" for each in sizes.values())],
        ["kB, the largest", *(f"{each[-1]:.0f}" for each in sizes.values())],
        ["seconds a page", *(f"{one.seconds / pages:.2f}" for one in made.values())],
        ["CPU seconds a page", *(f"{one.cpu_seconds / pages:.2f}" for one in made.values())],
        [f"Khmer phrases found, of {count}", *(f"{number / count:.1%}" for number in found.values())],
    ]


def _bannasar(pictures: Sequence[Path], work: Path) -> Made:
    outcome = contestants.bannasar(pictures, work)
    pdfs = {read_case(bag).scans[0].path.stem: bag / "data" / "documents" / "001.pdf" for bag in bags(work / "archive")}
    return Made(pdfs, outcome.seconds, outcome.cpu_seconds)


def _ocrmypdf(pictures: Sequence[Path], work: Path, optimize: str) -> Made:
    work.mkdir(parents=True)

    def one(picture: Path) -> None:
        out = work / f"{picture.stem}.pdf"
        options = ["-l", "khm+eng+fra", "--rotate-pages", "--deskew", "--jobs", "1", "--image-dpi", "300", "-q"]
        command = [sys.executable, "-m", "ocrmypdf", *options, "--optimize", optimize, str(picture), str(out)]
        subprocess.run(command, check=True, capture_output=True)

    seconds, cpu = contestants.timed(lambda: contestants.side_by_side(one, pictures))
    return Made({file.stem: file for file in work.glob("*.pdf")}, seconds, cpu)


def _phrases(text: str) -> list[str]:
    """Return the Khmer text between two signs or spaces of a line, up to forty letters, as a phrase to look for."""
    plain = unicodedata.normalize("NFC", text).replace("\u200b", "")
    return re.findall(r"[\u1780-\u17d3\u17dd]{8,40}", plain)


def _found(pdfs: Mapping[str, Path], phrases: Mapping[str, Sequence[str]]) -> int:
    count = 0
    for name, pdf in pdfs.items():
        said = subprocess.run(["pdftotext", str(pdf), "-"], capture_output=True, encoding="utf-8", check=True).stdout
        lines = unicodedata.normalize("NFC", said).replace("\u200b", "")
        count += sum(phrase in lines for phrase in phrases[name])
    return count


def _page_to_show(work: Path) -> Path:
    """Return a page of the sample boxes: only these may be shown in the documentation."""
    page = work / "shown.jpg"
    shutil.copyfile(_SHOWN, page)
    return page


def _draw(scan: Path, pdfs: Mapping[str, Path]) -> None:
    """Draw the same words from the scan and from each PDF, one below the other."""
    strips = [("scan", scan.stat().st_size, Image.open(scan).convert("RGB"))]
    for name, pdf in pdfs.items():
        target = pdf.with_suffix("")
        subprocess.run(["pdftoppm", "-r", "300", "-png", "-singlefile", str(pdf), str(target)], check=True)
        strips.append((name, pdf.stat().st_size, Image.open(target.with_suffix(".png")).convert("RGB")))
    height = 200
    drawn = Image.new("RGB", (1000, (height + 34) * len(strips)), "white")
    pen = ImageDraw.Draw(drawn)
    for number, (name, size, image) in enumerate(strips):
        top = (height + 34) * number
        pen.text((6, top + 6), f"{name}: {size / 1000:.0f} kB", fill="black", font_size=20)
        middle = image.width // 2, round(0.3 * image.height)
        box = (middle[0] - 500, middle[1] - height // 2, middle[0] + 500, middle[1] + height // 2)
        drawn.paste(image.crop(box), (0, top + 34))
    drawn.save(ROOT / "docs" / "archive-crops.png", optimize=True)
