"""``script/bench``: the measurements."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tests.bench import archive as archive_bench
from tests.bench import confidence as confidence_bench
from tests.bench import documents as documents_bench
from tests.bench import face_pages, hard_pages
from tests.bench import letters as letters_bench
from tests.bench import machines as machines_bench
from tests.bench import orientation as orientation_bench
from tests.bench import phrases as phrases_bench
from tests.bench import pictures as pictures_bench
from tests.bench import recognition as recognition_bench
from tests.bench import rendering as rendering_bench
from tests.bench import scale as scale_bench
from tests.bench import scopes as scopes_bench
from tests.bench import search as search_bench
from tests.bench import soak as soak_bench
from tests.bench import stages as stages_bench
from tests.bench import walks as walks_bench
from tests.bench import web as web_bench

KeptArchive = Annotated[
    Path, typer.Option("--keep", metavar="DIR", help="Keep the archive of made pages here, or use the one kept.")
]
MadePages = Annotated[int, typer.Option("--size", min=2100, help="How many made pages the archive has.")]

app = typer.Typer(help="Measure Bannasar and compare it with other programs, in one run.", no_args_is_help=True)


@app.command()
def recognition(
    folder: Annotated[
        Path | None, typer.Argument(help="Pictures of pages, each with its ground truth as NAME.txt. [the samples]")
    ] = None,
    only_ours: Annotated[bool, typer.Option("--only-ours", help="Leave the peers out.")] = False,
    made_hard: Annotated[
        bool, typer.Option("--made-hard", help="Make hard pages: worn, bent, tables, forms, lists; measure on them.")
    ] = False,
    faces: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Make a page in each of some faces, of this folder @fontsource; measure."),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Put the results into docs/benchmarks.md.")] = False,
) -> None:
    """Error rate, lines that answer nothing, rows and reading order, speed: compared with OCRmyPDF and plain Tesseract.

    Example:
        script/bench recognition ../shared/bench/pages
        script/bench recognition --made-hard --only-ours
        script/bench recognition --faces node_modules/@fontsource --only-ours
    """
    if (made_hard or faces) and (folder or write or (made_hard and faces)):
        raise typer.BadParameter("--made-hard and --faces make their own pages, whose figures are not written.")
    with tempfile.TemporaryDirectory(prefix="bannasar-bench-") as work:
        if made_hard or faces:
            folder = Path(work, "made")
            face_pages.make(folder, faces) if faces else hard_pages.make(folder)
        recognition_bench.measure(folder, only_ours=only_ours, write=write)


@app.command()
def confidence(
    folders: Annotated[
        list[Path], typer.Argument(help="Folders of pictures of pages, each picture with its ground truth as NAME.txt.")
    ],
    write: Annotated[bool, typer.Option("--write", help="Draw docs/confidence.png.")] = False,
) -> None:
    """How many characters are wrong in lines of each confidence: how far it can be trusted.

    Example:
        script/bench confidence ../shared/bench/real/khmer ../shared/bench/real/latin ../shared/bench/pages --write
    """
    confidence_bench.measure(folders, write=write)


@app.command()
def orientation(
    folder: Annotated[
        Path | None, typer.Argument(help="Pictures of pages, each with its ground truth as NAME.txt. [the samples]")
    ] = None,
) -> None:
    """How many pages end upright, each fed four ways.

    Example:
        script/bench orientation ../shared/bench/pages
    """
    with tempfile.TemporaryDirectory(prefix="bannasar-bench-") as work:
        pages = folder or recognition_bench.lay_out_samples(Path(work, "samples"))
        orientation_bench.measure(recognition_bench.pictures_in(pages))


@app.command()
def pictures(
    folders: Annotated[list[Path], typer.Argument(help="Folders of scans, of which the first pages are measured.")],
) -> None:
    """How the pictures of pages are compressed for the PDFs: form, size, likeness to the scan, CPU seconds.

    Example:
        script/bench pictures ../shared/bench/pages ../shared/bench/hard
    """
    pictures_bench.measure(folders)


@app.command()
def rendering() -> None:
    """What drawing a page of a PDF costs, by our own call of poppler and by pdf2image, and what each does after errors.

    Example:
        script/bench rendering
    """
    rendering_bench.measure()


@app.command()
def stages(
    pages: Annotated[int, typer.Option(min=1, help="How many pages of each kind are measured.")] = 3,
    write: Annotated[bool, typer.Option("--write", help="Put the results into docs/benchmarks.md.")] = False,
) -> None:
    """CPU seconds of a page by stage, beside the recogniser's: dense, fax, colour with a seal, born digital, blank.

    Example:
        script/bench stages --write
    """
    stages_bench.measure(pages, write=write)


@app.command()
def soak(
    pages: Annotated[int, typer.Option(min=100, help="How many small pages.")] = 10_000,
    write: Annotated[bool, typer.Option("--write", help="Put the results into docs/benchmarks.md.")] = False,
) -> None:
    """Thousands of small pages, with workers killed at random: states, bags, memory, and what uses the CPU.

    Example:
        script/bench soak --pages 10000 --write
    """
    soak_bench.soak(pages, write=write)


@app.command()
def letters() -> None:
    """How many of the letters that Debian's models lack are read correctly, by them and by this project's model.

    The pages are made: aged, in faces that no training line uses.

    Example:
        script/bench letters
    """
    letters_bench.measure()


@app.command()
def search(
    folder: Annotated[
        Path | None, typer.Argument(help="Pictures of pages, each with its ground truth as NAME.txt. [only speed]")
    ] = None,
    sizes: Annotated[
        list[int], typer.Option("--size", help="How many invented pages are searched; can be given more than once.")
    ] = [10_000, 30_000, 100_000],  # noqa: B006
    keep: Annotated[
        Path | None,
        typer.Option("--keep", metavar="DIR", help="Keep the indexes of invented pages, or use those that were kept."),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Put the results into docs/benchmarks.md.")] = False,
) -> None:
    """What searches find and how fast, on both stores, compared with words of khmercut, ICU and the standard analyzer.

    Example:
        script/bench search ../shared/bench/pages --write
    """
    if write and not folder:
        raise typer.BadParameter("What is written holds the pages' figures too: name a folder.")
    search_bench.search(folder, sizes, keep=keep, write=write)


@app.command()
def phrases(
    folder: Annotated[Path, typer.Argument(help="Pictures of pages, each with its ground truth as NAME.txt.")],
) -> None:
    """How often a page is among the first ten hits for a short phrase that is printed on it.

    Example:
        script/bench phrases ../shared/bench/real/khmer
    """
    phrases_bench.measure(folder)


@app.command()
def scale(
    sizes: Annotated[
        list[int], typer.Option("--size", min=20, help="How many pages, a multiple of 20; can be given more than once.")
    ] = [10_000, 30_000, 100_000],  # noqa: B006
    stores: Annotated[
        list[str], typer.Option("--store", help="sqlite, tantivy or elasticsearch; can be given more than once.")
    ] = ["sqlite", "tantivy", "elasticsearch"],  # noqa: B006
    keep: Annotated[
        Path | None, typer.Option("--keep", metavar="DIR", help="Keep indexes and results here, or go on with these.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Put the results into docs/benchmarks.md.")] = False,
) -> None:
    """How large an index is, how fast it is filled and searched while pages come in, and how that grows.

    Example:
        script/bench scale --size 10000 --size 100000 --size 1000000 --keep ~/scale --write
    """
    scale_bench.scale(sorted(sizes), stores, keep=keep, write=write)


@app.command()
def scopes(
    keep: KeptArchive,
    size: MadePages = 100_000,
    write: Annotated[bool, typer.Option("--write", help="Put the results into docs/benchmarks.md.")] = False,
) -> None:
    """What a search within a scope costs, what something sealed costs, and how long it takes to seal; on both stores.

    Example:
        script/bench scopes --keep ~/made --write
    """
    scopes_bench.measure(keep, size, write=write)


@app.command()
def web(
    keep: KeptArchive,
    size: MadePages = 100_000,
    write: Annotated[bool, typer.Option("--write", help="Put the results into docs/benchmarks.md.")] = False,
) -> None:
    """What readers of the reading room wait for, what it needs, and what the worst searches do to others.

    The archive is made first if it is not there, which takes some 20 minutes for 100,000 pages.

    Example:
        script/bench web --keep ~/made --write
    """
    web_bench.measure(keep, size, write=write)


@app.command()
def walks(
    keep: Annotated[Path, typer.Option("--keep", metavar="DIR", help="Keep the archives here, or use those kept.")],
    sizes: Annotated[
        list[int], typer.Option("--size", help="How many case files of 100 pages; can be given more than once.")
    ] = [100, 300, 1000],  # noqa: B006
    scans: Annotated[int, typer.Option(min=10, help="How many scans a run looks at that finds nothing new.")] = 100_000,
    milliseconds: Annotated[float, typer.Option(help="How long each question about a file takes on a network.")] = 1.0,
    write: Annotated[bool, typer.Option("--write", help="Put the results into docs/benchmarks.md.")] = False,
) -> None:
    """What commands that walk the archive cost by its size, and what the ledger holds and takes.

    The archives are made first if they are not there: half a minute of CPU for a thousand case files.

    Example:
        script/bench walks --keep ~/walked --write
    """
    walks_bench.measure(keep, sizes, scans, milliseconds, write=write)


@app.command()
def machines(
    pages: Annotated[int, typer.Option(min=500, help="How many pages each run has.")] = 12_000,
    waits: Annotated[
        list[float], typer.Option("--wait", help="Seconds that a worker waits for a page; can be given more than once.")
    ] = [0.4, 0.2, 0.1],  # noqa: B006
    count: Annotated[int, typer.Option("--machines", min=1, help="How many machines seem to read.")] = 10,
    workers: Annotated[int, typer.Option(min=1, help="How many workers each machine has.")] = 4,
    deaths: Annotated[float, typer.Option(help="Seconds after which a machine dies and another takes its place.")] = 60,
    write: Annotated[bool, typer.Option("--write", help="Put the results into docs/benchmarks.md.")] = False,
) -> None:
    """How many pages a second one coordinator passes on, from machines that wait instead of reading.

    Example:
        script/bench machines --write
    """
    machines_bench.measure(pages, waits, count, workers, deaths, write=write)


@app.command()
def archive(
    folder: Annotated[Path, typer.Argument(help="Pictures of pages, each with its ground truth as NAME.txt.")],
    write: Annotated[bool, typer.Option("--write", help="Put the results into docs/archive.md.")] = False,
) -> None:
    """How large the PDFs are, what they cost and what is found in them, compared with OCRmyPDF's.

    Example:
        script/bench archive ../shared/bench/pages --write
    """
    archive_bench.measure(folder, write=write)


@app.command()
def documents(
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the box and its archive here, and use them again.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Put the results into docs/benchmarks.md.")] = False,
) -> None:
    """How well documents are cut, and their kinds and facts found, compared with keyword rules and tf-idf over words.

    The boxes are made from templates, faces and names that share nothing with those the classifier was trained with.

    Example:
        script/bench documents
    """
    documents_bench.measure(write=write, keep=keep)


if __name__ == "__main__":
    app()
