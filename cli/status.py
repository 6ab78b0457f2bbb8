"""``bannasar status``."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from cli.actor import at_the_shell
from cli.box_tables import box_table, percent, print_accounts, print_waiting
from cli.common import ArchiveOption, JsonOption, open_archive, out
from cli.terminal import Text, print_json
from models.ledger import ScanRow
from models.scan import ScanState
from pipeline.services.box_report import as_json, box_reports, scans_of


def status(
    box: Annotated[str | None, typer.Argument(metavar="[BOX]", help="A box, by its id or its folder.")] = None,
    archive: ArchiveOption = None,
    as_json_: JsonOption = False,
) -> None:
    """Show the state of every box; for one box, the state of each scan.

    Examples:
        bannasar status

        bannasar status box-17

        bannasar status --json | jq '.boxes[].counts'
    """
    with open_archive(archive) as opened:
        reports = box_reports(opened, at_the_shell(), box)
        waiting = len(opened.ledger.to_be_indexed())
        scans = scans_of(opened, reports[0]) if box is not None and not as_json_ else []
        if as_json_:
            print_json(as_json(opened, reports) | {"waiting_for_index": waiting})
            return
    out.print(box_table(reports))
    out.print()
    print_accounts(reports)
    print_waiting(waiting)
    if box is not None:
        out.print()
        out.print(_scans_table(scans))


def _scans_table(rows: Sequence[ScanRow]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("scan", "state"):
        table.add_column(name, overflow="fold")
    for name in ("pages", "confidence"):
        table.add_column(name, justify="right")
    table.add_column("case file or reason", overflow="fold")
    for row in rows:
        why = row.reason or row.case_id or ""
        if row.state is ScanState.DUPLICATE:
            why = f"same bytes as {row.first_box}/{row.first_path}"
        table.add_row(Text(row.path), row.state.value, str(row.pages or "–"), percent(row.confidence), Text(why))
    return table
