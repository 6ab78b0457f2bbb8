"""``bannasar review``."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from cli.actor import at_the_shell
from cli.common import ArchiveOption, JsonOption, open_archive, out, warn_of_damage
from cli.progress import counted
from cli.reports import print_report, report_as_json
from cli.terminal import Text, print_json
from models.correction import About
from models.plural import plural
from pipeline.services.reports import open_reports
from pipeline.services.review import ReviewItem, review_queue


def review(
    box: Annotated[str | None, typer.Option(metavar="BOX", help="Only the documents of this box.")] = None,
    below: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="List documents with a lower confidence than this. [default: document.kind_threshold]"
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many documents are shown.")] = 20,
    archive: ArchiveOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the documents that a person should look at, the least confident first, with the command to type.

    The list has documents whose kind or date is uncertain, and documents of which something is not read: attached
    files, words that viewers do not show, words in a picture that cannot be read. `bannasar correct` takes a document
    off the list, even where the machine is right. After them come mistakes that readers reported in the reading room:
    `bannasar reports`.

    Example:
        bannasar review --box box-17 --limit 5
    """
    left_out: list[Path] = []
    with open_archive(archive) as opened:
        asker = at_the_shell()
        most = None if as_json else limit
        with counted("case files") as show:
            found = review_queue(opened, asker, box, below, left_out.append, most=most, show=show)
        reported = open_reports(opened, asker, box)
    warn_of_damage(opened.folder, left_out)
    if as_json:
        listed = {
            "documents": [_as_json(item) for item in found.items],
            "reports": [report_as_json(one) for one in reported],
            "left_out": [str(bag.relative_to(opened.folder)) for bag in left_out],
        }
        print_json(listed)
        return
    for item in found.items:
        out.print(Text(f"{item.case}, document {item.number}: {item.title}", style="bold"))
        for why in (*item.why.values(), *item.unread):
            out.print(Text(f"   {why}"))
        out.print(Text(f"   {item.pdf}", style="dim"))
        abouts = item.why if item.why and not item.unread else {About.KIND: "", **item.why}
        options = " ".join(f"--{about.value} …" for about in abouts)
        command = f"bannasar correct {shlex.quote(item.case)} --document {item.number} {options}"
        out.print(Text(f"   {command}", style="dim"))
    for one in reported[:limit]:
        print_report(one)
    if reported:
        wait = plural(len(reported), "report of a reader waits", "reports of readers wait")
        out.print(f"{len(reported)} {wait} for an answer.")
    if not found.waiting and left_out:
        out.print("Nothing else waits for review.")
    elif not found.waiting and not reported:
        out.print("Nothing waits for review: the machine is confident of every document, or a person has looked at it.")
    elif found.waiting:
        waiting = plural(found.waiting, "document that waits", "documents that wait")
        out.print(f"{len(found.items)} of {found.waiting} {waiting} for review.")


def _as_json(item: ReviewItem) -> dict[str, object]:
    return {
        "case": item.case,
        "box": item.box,
        "document": item.number,
        "title": item.title,
        "pages": item.pages,
        "kind": item.kind,
        "kind_read": item.kind_read,
        "confidence": item.confidence,
        "why": list(item.why.values()),
        "unread": list(item.unread),
    }
