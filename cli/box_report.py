"""``bannasar report``."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.common import ArchiveOption, find_box, give_up, keep_outside, open_ledger, out, read_settings
from pipeline.run.html_report import html_report


def report(
    box: Annotated[str, typer.Argument(metavar="BOX", help="A box, by its id or its folder.")],
    html: Annotated[Path, typer.Option("--html", metavar="FILE", help="Where the page goes.")],
    archive: ArchiveOption = None,
    pictures: Annotated[int, typer.Option(min=0, help="Most pages to show a picture of.")] = 24,
) -> None:
    """Write a box's report as one page of HTML, to look at, print, or put into the box.

    It holds the counts, what failed and why, charts of confidence and time, and pictures of the pages that need eyes:
    those that failed first, then the least sure. It needs nothing beside it, and fetches nothing.

    Example:
        bannasar report box-17 --html box-17.html
    """
    settings = read_settings(archive)
    keep_outside(settings.archive, html)
    with open_ledger(settings.archive) as ledger:
        page = html_report(ledger, find_box(ledger, box), settings, pictures, datetime.now().astimezone())
    try:
        html.write_text(page, "utf-8")
    except OSError as error:
        give_up(f"{html}: {error.strerror}.")
    out.print(f"Written to {html}.")
