"""``bannasar train`` and ``bannasar evaluate``."""

from pathlib import Path
from typing import Annotated

import typer

from cli.common import ArchiveOption, JsonOption, open_archive, out, warn_of_damage
from cli.terminal import Text, print_json
from models.errors import UsageError
from pipeline.archive.archive import Archive
from pipeline.document.classifier import model_in_use, read_model, write_model
from pipeline.document.glossary import read_names
from pipeline.document.labelled import LabelledDocument, read_papers
from pipeline.services.review import Confirmed, confirmed


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
    with open_archive(archive) as opened:
        said = _said(opened)
        if not said:
            raise UsageError(
                "Nobody has said the kind of a document yet.", "`bannasar review` lists those to begin with."
            )
        # scikit-learn takes a second to load, and nobody else needs it.
        from pipeline.document.training import teach  # noqa: PLC0415

        document = opened.settings.document
        names = read_names(Path(document.glossary))
        out.print(f"Learning from {len(said)} documents of this archive and from made papers …")
        model = teach(
            list(read_papers()),
            [LabelledDocument(one.document.kind, _place(one), one.pages, one.facts) for one in said],
            names,
            document.case_numbers,
        )
        file = (to or opened.folder / "kinds.npz").absolute()
        write_model(model, file)
    out.print(Text(f'Written: {file}. To use it, put into bannasar.toml: [document] model = "{file}"'))


def evaluate(
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw what was taken for what: FILE.png, .svg or .pdf.")
    ] = None,
    archive: ArchiveOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare what the classifier says with what people said, on the documents that it was not taught with.

    Example:
        bannasar evaluate --picture confusion.png
    """
    with open_archive(archive) as opened:
        document = opened.settings.document
        model = read_model(model_in_use(document))
        names = read_names(Path(document.glossary))
        unseen = [one for one in _said(opened) if _place(one) not in model.taught_with]
    if not unseen:
        raise UsageError(
            "There is nothing to compare with: nobody has said the kind of a document that it was not taught with."
        )
    from pipeline.document.evaluation import compare, draw  # noqa: PLC0415  # as above

    found = compare([(one.document.kind, one.pages) for one in unseen], names, model.kinds, document.kind_threshold)
    if picture:
        draw(found, picture)
    if as_json:
        print_json(found.as_json())
        return
    out.print(f"{len(unseen)} documents whose kind people said: {found.right:.1%} told right.")
    out.print(
        f"Sure of {found.covered:.1%} of them (document.kind_threshold), and of those right on {found.precision:.1%}."
    )
    for said, taken, count in found.mistakes:
        out.print(Text(f"  {count} × {said} taken for {taken}"))


def _said(archive: Archive) -> list[Confirmed]:
    left_out: list[Path] = []
    said = list(confirmed(archive, left_out.append))
    warn_of_damage(archive.folder, left_out)
    return said


def _place(one: Confirmed) -> str:
    """Return what tells a document from others: where it begins."""
    first = one.document.pages[0]
    return f"{first.scan[:16]}:{first.number}"
