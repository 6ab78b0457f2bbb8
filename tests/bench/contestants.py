"""The programs that are compared: each reads a folder of pictures, two at a time, and writes a text for each."""

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from models.page import Page
from pipeline.archive.bag import bags, read_bag
from tests.conftest import BANNASAR

_AT_A_TIME = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """The texts by the pictures' names, and what they cost; and the records of the pages, where the program has any."""

    texts: dict[str, str]
    seconds: float
    cpu_seconds: float
    pages: Mapping[str, Page] = field(default_factory=dict)


def bannasar(pictures: Sequence[Path], work: Path) -> Outcome:
    """Run all of Bannasar: its time includes ledger, bags, PDFs and index."""
    box, archive, texts = work / "box", work / "archive", work / "texts"
    box.mkdir(parents=True)
    for picture in pictures:
        shutil.copy(picture, box)
    command = [*BANNASAR]
    tail = ["--archive", str(archive)]

    def run() -> None:
        subprocess.run(
            [*command, "run", str(box), "--workers", str(_AT_A_TIME), *tail], check=True, capture_output=True
        )

    seconds, cpu = timed(run)
    subprocess.run([*command, "export", "text", str(texts), *tail], check=True, capture_output=True)
    read = (read_bag(bag) for bag in bags(archive))
    pages = {case.scans[0].path.stem: own[0] for case, own in read if len(own) == 1}
    return Outcome(_texts(texts), seconds, cpu, pages)


def ocrmypdf(pictures: Sequence[Path], work: Path) -> Outcome:
    """OCRmyPDF as its users call it for such pages."""
    work.mkdir(parents=True)

    def one(picture: Path) -> None:
        out = work / f"{picture.stem}.txt"
        options = ["-l", "khm+eng+fra", "--rotate-pages", "--deskew", "--jobs", "1", "--image-dpi", "300", "-q"]
        command = [sys.executable, "-m", "ocrmypdf", *options, "--sidecar", str(out), str(picture), os.devnull]
        subprocess.run(command, check=False, capture_output=True)

    seconds, cpu = timed(lambda: side_by_side(one, pictures))
    return Outcome(_texts(work), seconds, cpu)


def tesseract(pictures: Sequence[Path], work: Path) -> Outcome:
    """Tesseract with its own page layout."""
    work.mkdir(parents=True)

    def one(picture: Path) -> None:
        command = ["tesseract", str(picture), str(work / picture.stem), "-l", "khm+eng"]
        subprocess.run(command, check=False, capture_output=True, env={**os.environ, "OMP_THREAD_LIMIT": "1"})

    seconds, cpu = timed(lambda: side_by_side(one, pictures))
    return Outcome(_texts(work), seconds, cpu)


def side_by_side(one: Callable[[Path], None], pictures: Sequence[Path]) -> None:
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        list(pool.map(one, pictures))


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the elapsed seconds, and the processor seconds of all programs that the work started."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - started, cpu


def _texts(folder: Path) -> dict[str, str]:
    return {file.stem: file.read_text("utf-8") for file in folder.glob("*.txt")}
