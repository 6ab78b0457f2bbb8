"""``bannasar failures``."""

from dataclasses import asdict
from typing import Annotated

import typer

from cli.common import ArchiveOption, JsonOption, open_archive, out
from cli.terminal import Text, print_json
from pipeline.archive.history import failures as failures_of


def failures(
    box: Annotated[str | None, typer.Argument(metavar="[BOX]", help="A box, by its id or its folder.")] = None,
    archive: ArchiveOption = None,
    examples: Annotated[int, typer.Option(min=1, help="Most examples of each.")] = 3,
    as_json: JsonOption = False,
) -> None:
    """Show what failed and what was refused, by its code: how often, with examples, and what to do.

    Examples:
        bannasar failures

        bannasar failures box-17 --examples 20
    """
    with open_archive(archive) as opened:
        boxes = [known.id for known in opened.ledger.boxes()] if box is None else [opened.box(box).id]
        kinds = failures_of(opened.ledger, boxes, examples)
    if as_json:
        told = [
            asdict(kind)
            | {
                "refused": kind.code.refuses,
                "sentence": kind.code.sentence,
                "next_step": kind.code.next_step,
                "examples": [dict(zip(("box", "path", "page", "reason"), one, strict=True)) for one in kind.examples],
            }
            for kind in kinds
        ]
        print_json({"failures": told})
        return
    for kind in kinds:
        pages = f", {kind.pages} pages" if kind.pages else ""
        how = "refused" if kind.code.refuses else "failed"
        out.print(Text.assemble((kind.code.value, "bold red"), f"  {how}: {kind.scans} scans{pages}"))
        out.print(Text(f"  {kind.code.sentence}"))
        out.print(Text.assemble(("  What to do: ", "bold"), kind.code.next_step))
        for in_box, path, page, _reason in kind.examples:
            where = f", page {page}" if page is not None else ""
            out.print(Text(f"    {in_box}/{path}{where}"))
        out.print()
    out.print("`bannasar show SCAN` tells one scan's whole story." if kinds else "Nothing failed, nothing was refused.")
