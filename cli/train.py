"""``bannasar train`` and ``bannasar evaluate``."""

from pathlib import Path
from typing import Annotated

import typer

from cli.common import ArchiveOption, JsonOption, naming_damage, open_archive, out
from cli.terminal import Text, print_json
from pipeline.services import training as service


def train(
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the model goes. [default: kinds.npz in the archive]")
    ] = None,
    archive: ArchiveOption = None,
) -> None:
    """Teach the classifier what people said with `bannasar correct`, beside the made papers it was first taught with.

    It takes a minute or two, and needs `script/setup --train-kinds` first. The model is used once the setting
    document.model names it; `bannasar rerun --box BOX --stage describe` then describes anew what is archived.

    Example:
        bannasar train --to kinds.npz
    """
    with open_archive(archive) as opened, naming_damage(opened) as left_out:
        file = service.train(
            opened,
            to,
            left_out.append,
            lambda count: out.print(f"Learning from {count} documents of this archive and from made papers …"),
        )
    out.print(Text(f'Written: {file}. To use it, put into bannasar.toml: [document] model = "{file}"'))


def evaluate(
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw what was taken for what: FILE.png, .svg or .pdf.")
    ] = None,
    archive: ArchiveOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare what the classifier says with what people entered, on documents that it was not trained with.

    Example:
        bannasar evaluate --picture confusion.png
    """
    with open_archive(archive) as opened, naming_damage(opened) as left_out:
        found = service.evaluate(opened, left_out.append, picture)
    if as_json:
        print_json(found.as_json())
        return
    out.print(f"{len(found.known)} documents whose kind people said: {found.right:.1%} told right.")
    out.print(
        f"Sure of {found.covered:.1%} of them (document.kind_threshold), and of those right on {found.precision:.1%}."
    )
    for said, taken, count in found.mistakes:
        out.print(Text(f"  {count} × {said} taken for {taken}"))
