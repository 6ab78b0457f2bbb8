"""``bannasar train`` and ``bannasar evaluate``."""

from pathlib import Path
from typing import Annotated

import typer

from cli.actor import at_the_shell
from cli.common import ArchiveOption, JsonOption, naming_damage, open_archive, out
from cli.terminal import Text, print_json
from models.plural import number_of
from pipeline.services import training as service


def train(
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File for the model. [default: kinds.npz in the archive]")
    ] = None,
    archive: ArchiveOption = None,
) -> None:
    """Train the classifier with corrections by people (`bannasar correct`) and the made papers of its first training.

    It takes a minute or two, and needs `script/setup --train-kinds` first. The model is used once the setting
    document.model names it; then `bannasar rerun --box BOX --stage describe` describes again what is archived.

    Example:
        bannasar train --to kinds.npz
    """
    with open_archive(archive) as opened, naming_damage(opened) as left_out:
        file = service.train(
            opened,
            at_the_shell(),
            to,
            left_out.append,
            lambda count: out.print(
                f"Training with {number_of(count, 'document')} of this archive and with made papers …"
            ),
        )
    out.print(Text(f'Written: {file}. To use it, put into bannasar.toml: [document] model = "{file}"'))


def evaluate(
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw which kinds were confused: FILE.png, .svg or .pdf.")
    ] = None,
    archive: ArchiveOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare what the classifier says with what people entered, on documents that it was not trained with.

    Example:
        bannasar evaluate --picture confusion.png
    """
    with open_archive(archive) as opened, naming_damage(opened) as left_out:
        found = service.evaluate(opened, at_the_shell(), left_out.append, picture)
    if as_json:
        print_json(found.as_json())
        return
    out.print(
        f"{number_of(len(found.known), 'document')} whose kind people entered: {found.right:.1%} recognised correctly."
    )
    out.print(
        f"Confident of {found.covered:.1%} of them (document.kind_threshold): {found.precision:.1%} of those correct."
    )
    for right, mistaken, count in found.mistakes:
        out.print(Text(f"  {count} × {right} mistaken for {mistaken}"))
