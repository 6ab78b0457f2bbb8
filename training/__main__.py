"""The steps of ``script/train-lines``; docs/training.md explains them."""

from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer

from config.settings import load
from pipeline.page.vocabulary import WORDS, check_sums
from training.blocks import BlockStore, line_maker
from training.measure import crops_of

app = typer.Typer(help="Make lines, train the small line reader, export and measure it.", no_args_is_help=True)

Words = Annotated[Path, typer.Option(help="The word list of Debian's Khmer model.")]
Fontsource = Annotated[Path, typer.Option(help="The folder @fontsource that npm installed.")]
Seed = Annotated[int, typer.Option(help="The seed of all random choices.")]


@app.command("lines")
def show_lines(
    out: Path,
    words: Words,
    fontsource: Fontsource,
    seed: Seed = 1,
    block: Annotated[int, typer.Option(help="The number of the block.")] = 0,
    count: Annotated[int, typer.Option(help="How many lines.")] = 40,
) -> None:
    """Make lines and put them on one picture, to look at; print their texts to standard output."""
    made = line_maker(words, fontsource, seed).make(block, count)
    widest = max(line.pixels.shape[1] for line in made)
    rows = [np.pad(255 - line.pixels, ((0, 2), (0, widest - line.pixels.shape[1]))) for line in made]
    cv2.imwrite(str(out), np.vstack(rows))
    for line in made:
        typer.echo(f"{line.text}\t{line.face}")


@app.command()
def train(
    folder: Path,
    words: Words,
    fontsource: Fontsource,
    seed: Seed = 1,
    blocks: Annotated[int, typer.Option(help="Blocks of 2,048 lines to learn from.")] = 400,
    finish: Annotated[int, typer.Option(help="The last blocks, over which the learning rate falls.")] = 60,
    threads: Annotated[int, typer.Option(help="Threads.")] = 2,
    real: Annotated[Path | None, typer.Option(help="Real lines, to measure on from time to time.")] = None,
    start: Annotated[Path | None, typer.Option(help="Begin with this network, as `export` writes it.")] = None,
    rate: Annotated[float, typer.Option(help="The highest learning rate.")] = 0.002,
) -> None:
    """Train, or continue training, in a folder."""
    from training.train import Training  # noqa: PLC0415  # PyTorch takes seconds to load, and is not always installed

    folder.mkdir(parents=True, exist_ok=True)
    store = BlockStore(folder / "blocks", words, fontsource, seed)
    found = crops_of(real) if real else []
    Training(folder, store, seed=seed, threads=threads, crops=found, rate=rate, start=start).run(blocks, finish)


@app.command("words")
def list_words(
    words: Annotated[list[Path], typer.Argument(help="Word lists of Tesseract's eng and fra, by dawg2wordlist.")],
) -> None:
    """Write the list of French and English words that the product knows."""
    np.save(WORDS, check_sums(word for file in words for word in file.read_text("utf-8").split()))
    typer.echo(f"{WORDS}  {WORDS.stat().st_size}")


@app.command("export")
def export_model(folder: Path, out: Path) -> None:
    """Write the network of a training folder as ONNX."""
    from training.export import export  # noqa: PLC0415  # as above

    for file in export(folder / "checkpoint.pt", out):
        typer.echo(f"{file}  {file.stat().st_size}")


@app.command("crops")
def cut_crops(pages: Path, out: Path) -> None:
    """Cut lines out of real pages with known texts, for measuring; call it once for each folder of pages."""
    from training import crops  # noqa: PLC0415  # Tesseract allows OpenMP only one thread, and PyTorch needs two

    typer.echo(crops.cut(pages, out, load()))


@app.command()
def measure(model: Path, real: Path) -> None:
    """Measure an exported network on real lines, compared with Tesseract and with the product."""
    from training.compare import compare  # noqa: PLC0415  # ONNX Runtime is not always installed

    for line in compare(model, real, load().page):
        typer.echo(line)


if __name__ == "__main__":
    app()
