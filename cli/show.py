"""``bannasar show``."""

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.actor import at_the_shell
from cli.box_tables import percent
from cli.common import ArchiveOption, JsonOption, open_archive, out
from cli.terminal import Text, print_json
from models.plural import number_of
from models.scan import ScanState
from pipeline.services.history import ScanHistory, scan_histories


def show(
    scan: Annotated[str, typer.Argument(metavar="SCAN", help="Its path in its box, BOX/PATH, or its SHA-256.")],
    archive: ArchiveOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show everything about one scan: its state, where it is, its pages, every attempt.

    Examples:
        bannasar show box-17/dossier/003.pdf

        bannasar show 9f86d081 --json
    """
    with open_archive(archive) as opened:
        found = scan_histories(opened, at_the_shell(), scan)
    if as_json:
        print_json({"scans": [_as_json(history) for history in found]})
        return
    for history in found:
        _print(history, str(opened.folder))


def _as_json(history: ScanHistory) -> dict[str, Any]:
    attempts = [
        {**asdict(attempt), "versions": json.loads(attempt.versions) if attempt.versions else None}
        for attempt in history.attempts
    ]
    pages = [{**asdict(page), "unread": list(history.unread.get(page.number, ()))} for page in history.pages]
    return {"scan": asdict(history.row), "bag": history.bag or None, "pages": pages, "attempts": attempts}


def _print(history: ScanHistory, archive: str) -> None:
    row = history.row
    out.print(Text(f"{row.box}/{row.path}", style="bold"))
    size = f"{row.size:,} bytes"
    fields = {
        "state": "archived as partial" if row.state is ScanState.ARCHIVED and row.missing else row.state.value,
        "why": row.reason,
        "SHA-256": row.sha256,
        "what": f"{row.kind}, {number_of(row.pages or 0, 'page')}, {size}" if row.kind else size,
        "same bytes as": f"{row.first_box}/{row.first_path}" if row.state is ScanState.DUPLICATE else "",
        "case file": row.case_id,
        "bag": f"{archive}/{history.bag}" if history.bag else "",
        "recipe": row.recipe,
        "confidence": percent(row.confidence) if row.confidence is not None else "",
    }
    for name, value in fields.items():
        if value:
            out.print(Text.assemble((f"  {name}: ", "dim"), str(value)))
    if history.pages:
        out.print(_pages(history))
    out.print(_attempts(history))
    for attempt in history.attempts:
        if attempt.trace:
            out.print(Text(f"  Traceback of the attempt of {attempt.started[:19]}:", style="bold"))
            for line in attempt.trace.splitlines():
                out.print(Text(line, style="dim"))
    out.print()


def _pages(history: ScanHistory) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=True)
    for name in ("page", "confidence", "seconds"):
        table.add_column(name, justify="right")
    table.add_column("state", overflow="fold")
    for page in history.pages:
        state = page.state if page.state != "failed" else f"failed: {page.reason}"
        if page.handwriting:
            state += f", {percent(page.handwriting)} handwriting"
        state = "; ".join((state, *history.unread.get(page.number, ())))
        table.add_row(str(page.number), percent(page.confidence), f"{page.seconds:.1f}", Text(state))
    return table


def _attempts(history: ScanHistory) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=True)
    for name in ("begun", "step", "page", "seconds", "worker", "recipe", "outcome"):
        table.add_column(name, justify="right" if name in {"page", "seconds"} else "left", overflow="fold")
    for attempt in history.attempts:
        table.add_row(
            attempt.started[:19].replace("T", " "),
            attempt.step,
            str(attempt.page or ""),
            f"{attempt.seconds:.1f}",
            Text(attempt.worker or ""),
            attempt.recipe or "",
            Text(attempt.message or attempt.outcome),
        )
    return table
