"""``bannasar report``."""

from pathlib import Path
from typing import Annotated

import typer

from cli.actor import at_the_shell
from cli.common import ArchiveOption, keep_outside, open_archive, out
from pipeline.services.html_report import html_report


def report(
    box: Annotated[str, typer.Argument(metavar="BOX", help="A box, by its id or its folder.")],
    html: Annotated[Path, typer.Option("--html", metavar="FILE", help="The file for the page.")],
    archive: ArchiveOption = None,
    pictures: Annotated[int, typer.Option(min=0, help="How many pages to show a picture of, at most.")] = 24,
) -> None:
    """Write a box's report as one page of HTML, to look at, print, or put into the box.

    It holds the counts, what failed and why, charts of confidence and time, and pictures of the pages that a
    person should look at: first those that failed, then the least confident. The file is complete: it loads nothing.

    Example:
        bannasar report box-17 --html box-17.html
    """
    with open_archive(archive) as opened:
        keep_outside(opened.folder, html)
        page = html_report(opened, at_the_shell(), box, pictures)
    html.write_text(page, "utf-8")
    out.print(f"Written to {html}.")
