"""``python -m samples make DIR``: make the sample boxes and their ground truth."""

from pathlib import Path
from typing import Annotated

import typer

from samples.boxes import BOXES, SEED, make_box
from samples.faces import MissingFontError

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def _samples() -> None:
    """Make sample boxes: case files of invented text, set in free fonts and aged."""


@app.command()
def make(
    folder: Annotated[Path, typer.Argument(help="The folder for boxes/ and truth/.")],
    seed: Annotated[int, typer.Option(help="Other seeds give other names, dates and wear.")] = SEED,
    boxes: Annotated[list[str] | None, typer.Option(help="Only this box; can be given more than once.")] = None,
) -> None:
    """Make the boxes in FOLDER/boxes and their ground truth in FOLDER/truth.

    Example: python -m samples make /tmp/samples --seed 7
    """
    for name in boxes or BOXES:
        if name not in BOXES:
            raise typer.BadParameter(f"there is no box {name}; there are {', '.join(BOXES)}", param_hint="--boxes")
        try:
            for path in make_box(name, folder / "boxes", folder / "truth", seed):
                typer.echo(path)
        except MissingFontError as missing:
            typer.echo(missing, err=True)
            raise typer.Exit(3) from missing


if __name__ == "__main__":
    app()
