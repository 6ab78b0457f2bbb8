"""``bannasar status``."""

from typing import Annotated

import typer
from rich.table import Table

from cli.common import ArchiveOption, JsonOption, find_box, open_ledger, out, read_settings
from cli.report import box_table, percent, print_accounts, print_waiting
from cli.terminal import Text, print_json
from models.scan import ScanState
from pipeline.run.account import account
from pipeline.run.ledger import ScanRow
from pipeline.run.report import as_json, box_report


def status(
    box: Annotated[str | None, typer.Argument(metavar="[BOX]", help="A box, by its id or its folder.")] = None,
    archive: ArchiveOption = None,
    as_json_: JsonOption = False,
) -> None:
    """Show how the boxes stand; with a box, each of its scans.

    Examples:
        bannasar status

        bannasar status box-17

        bannasar status --json | jq '.boxes[].counts'
    """
    settings = read_settings(archive)
    with open_ledger(settings.archive) as ledger:
        ids = [known.id for known in ledger.boxes()] if box is None else [find_box(ledger, box)]
        reports = [box_report(ledger, each) for each in ids]
        accounts = {each: account(ledger, each) for each in ids}
        if as_json_:
            print_json(as_json(reports, accounts) | {"waiting_for_index": len(ledger.to_be_indexed())})
            return
        out.print(box_table(reports))
        out.print()
        print_accounts(accounts)
        print_waiting(ledger)
    if box is not None:
        out.print()
        out.print(_scans_table(reports[0].scans))


def _scans_table(rows: tuple[ScanRow, ...]) -> Table:
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
