"""The steps of ``script/train`` that are in Python; docs/training.md explains them."""

import pickle
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer

from samples.training import charset
from samples.training.floats import to_floats
from samples.training.lstmf import write_lstmf
from samples.training.pictures import KHMER_FACES, Sample, font_exists, make_samples
from samples.training.texts import Writer

HELD_BACK = ("content", "Busra", "Rata")
"""Parts of the names of faces that no training line uses."""

_PAGES_A_FILE = 4

app = typer.Typer(help="Make the files that the training of the model needs.", no_args_is_help=True)


@app.command()
def floats(network: Path, out: Path) -> None:
    """Turn the integers of a network into floating-point numbers."""
    out.write_bytes(to_floats(network.read_bytes()))


@app.command()
def letters(unicharset: Path, out: Path) -> None:
    """Add the letters that the model lacks to its unicharset."""
    out.write_text(charset.with_added(unicharset.read_text("utf-8")), "utf-8")


@app.command()
def lines(  # one argument for each thing that decides the result
    unicharset: Path,
    words: Path,
    out: Path,
    seed: int,
    pages: int,
    held: Annotated[bool, typer.Option("--held", help="Held-back words and faces, for measuring.")] = False,
) -> None:
    """Make pictures of lines with their texts, a file every four pages."""
    cv2.setNumThreads(1)
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    writer = Writer(rng, words, charset.letters(unicharset.read_text("utf-8")), held=held)
    chosen = {
        face: weight
        for face, weight in KHMER_FACES.items()
        if font_exists(face) and any(part in face for part in HELD_BACK) == held
    }
    made: list[Sample] = []
    for page in range(pages):
        made += make_samples(writer, rng, chosen)
        if (page + 1) % _PAGES_A_FILE == 0:
            rng.shuffle(made)
            file = out / f"{seed}-{page:04}.lstmf"
            if held:
                file.with_suffix(".pickle").write_bytes(
                    pickle.dumps([(one.pixels, one.text, one.face) for one in made])
                )
            else:
                write_lstmf(made, file)
            made = []


if __name__ == "__main__":
    app()
