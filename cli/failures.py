"""``bannasar failures``."""

from dataclasses import asdict
from typing import Annotated

import typer

from cli.actor import at_the_shell
from cli.common import ArchiveOption, JsonOption, open_archive, out
from cli.terminal import Text, print_json
from models.plural import number_of
from pipeline.services import history


def failures(
    box: Annotated[str | None, typer.Argument(metavar="[BOX]", help="A box, by its id or its folder.")] = None,
    archive: ArchiveOption = None,
    examples: Annotated[int, typer.Option(min=1, help="How many examples of each at most.")] = 3,
    as_json: JsonOption = False,
) -> None:
    """Show what failed and what was refused, by code: how often, with examples, and what to do.

    Examples:
        bannasar failures

        bannasar failures box-17 --examples 20
    """
    with open_archive(archive) as opened:
        groups = history.failures(opened, at_the_shell(), box, examples)
    if as_json:
        listed = [
            asdict(group)
            | {
                "refused": group.code.refuses,
                "sentence": group.code.sentence,
                "next_step": group.code.next_step,
            }
            for group in groups
        ]
        print_json({"failures": listed})
        return
    for group in groups:
        pages = f", {number_of(group.pages, 'page')}" if group.pages else ""
        how = "refused" if group.code.refuses else "failed"
        scans = number_of(group.scans, "scan")
        out.print(Text.assemble((group.code.value, "bold red"), f"  {how}: {scans}{pages}"))
        out.print(Text(f"  {group.code.sentence}"))
        out.print(Text.assemble(("  What to do: ", "bold"), group.code.next_step))
        for example in group.examples:
            where = f", page {example.page}" if example.page is not None else ""
            out.print(Text(f"    {example.box}/{example.path}{where}"))
        out.print()
    if groups:
        out.print("`bannasar show SCAN` shows everything that is known about one scan.")
    else:
        out.print("Nothing failed, nothing was refused.")
