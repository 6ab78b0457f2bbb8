"""Prints the state of boxes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from rich.table import Table

from cli.common import out
from cli.terminal import Text
from models.ledger import ScanRow
from models.plural import number_of, plural
from models.scan import ScanState
from pipeline.services.box_report import BoxReport

_STATES = {
    ScanState.ARCHIVED: "archived",
    ScanState.FAILED: "failed",
    ScanState.REFUSED: "refused",
    ScanState.DUPLICATE: "duplicates",
    ScanState.PENDING: "pending",
    ScanState.GONE: "gone",
}
_MOST_PATHS = 8


def box_table(reports: Sequence[BoxReport]) -> Table:
    """Return a table of boxes: their scans by state, pages and mean confidence.

    A column of zeros is left out, unless it is one that everyone looks for.
    """
    shown = [
        state
        for state in _STATES
        if state in {ScanState.ARCHIVED, ScanState.FAILED, ScanState.REFUSED} or any(r.count(state) for r in reports)
    ]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    table.add_column("box", overflow="fold")
    for name in (*(_STATES[state] for state in shown), "pages", "blank", "confidence"):
        table.add_column(name, justify="right", no_wrap=True)
    for report in reports:
        counts, of_it = (str(report.count(state)) for state in shown), report.archived
        table.add_row(Text(report.id), *counts, str(of_it.pages), str(of_it.blank), percent(of_it.confidence))
    return table


def print_problems(problems: Mapping[str, Sequence[ScanRow]]) -> None:
    """Print, by their boxes, the scans that are neither archived nor duplicates, grouped by reason."""
    for box, found in problems.items():
        grouped: dict[tuple[str, str | None], list[ScanRow]] = {}
        for row in found:
            partial = row.state is ScanState.ARCHIVED
            reason = f"{number_of(row.missing, 'page')} failed; `bannasar show` says why" if partial else row.reason
            grouped.setdefault(("partial" if partial else row.state.value, reason), []).append(row)
        for (state, reason), rows in grouped.items():
            out.print()
            out.print(Text.assemble((f"{state}: ", "bold red"), reason or "It waits for the next run."))
            for row in rows[:_MOST_PATHS]:
                out.print(Text(f"  {box}/{row.path}"))
            if len(rows) > _MOST_PATHS:
                out.print(f"  and {len(rows) - _MOST_PATHS} more: `bannasar status {box}` lists them")


def print_accounts(reports: Sequence[BoxReport]) -> None:
    """Print where the pages of each box went."""
    for report in reports:
        ways = {name: count for name, count in asdict(report.account).items() if name != "pages"}
        parts = [f"{count:,} {name}" for name, count in ways.items() if count or name in {"archived", "failed"}]
        pages = plural(report.account.pages, "page")
        out.print(f"{report.id}: {report.account.pages:,} {pages} in = {', '.join(parts)}.")


def print_waiting(waiting: int) -> None:
    """Print how many case files are not in the index yet, if any."""
    if waiting:
        count = number_of(waiting, "case file waits", "case files wait")
        out.print(Text(f"{count} for the index: `bannasar index sync` adds what waits.", "bold red"))


def percent(share: float | None) -> str:
    """Return a share as a percentage, or a dash where there is none. Only a complete share is shown as 100 %."""
    if share is None:
        return "–"
    return f"{100 * share if share == 1 else min(99.9, 100 * share):.1f} %"
