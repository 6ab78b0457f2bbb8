"""``bannasar audit``."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from cli.actor import at_the_shell, now
from cli.common import ArchiveOption, JsonOption, open_archive, out
from models.errors import AuditBrokenError
from models.plural import number_of
from pipeline.services import audit as service
from pipeline.services.askers import Deed
from pipeline.services.audit import Sought
from pipeline.services.sight import confirm_clock

app = typer.Typer(help="Look into the audit log: who saw and did what.", no_args_is_help=True)

DayOption = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="From, or until before, this day.")
]


@app.command("search")
def search_log(
    by: Annotated[str, typer.Option(metavar="NAME", help="Who did it.")] = "",
    deed: Annotated[Deed | None, typer.Option(help="What was done.")] = None,
    what: Annotated[str, typer.Option(metavar="ID", help="To what: a case file, or a document as CASE/2.")] = "",
    words: Annotated[str, typer.Option(help="The words of a search, as they were typed.")] = "",
    since: DayOption = None,
    until: DayOption = None,
    as_json: JsonOption = False,
    archive: ArchiveOption = None,
) -> None:
    """Show the lines of the audit log, the oldest first, all or those that you look for.

    Example:
        bannasar audit search --what box-001_dossier-A --since 2026-11-01
    """
    sought = Sought(by, deed, what, words, since and since.astimezone(), until and until.astimezone())
    with open_archive(archive) as opened:
        for line in service.search_log(opened, at_the_shell(), sought):
            if as_json:
                out.print(json.dumps(asdict(line), ensure_ascii=False))
            else:
                words = " ".join(part for part in (line.deed, line.what, line.words) if part)
                out.print(f"{line.number}. {line.at} {line.by} ({line.kind}): {words}")


@app.command()
def verify(archive: ArchiveOption = None) -> None:
    """Check that no line of the audit log was changed, removed, inserted or moved, and that its end was not cut off.

    A cut-off end is found only up to the last line that the journal records: see `bannasar audit anchor`.

    Example:
        bannasar audit verify
    """
    with open_archive(archive) as opened:
        found = service.verify_log(opened, at_the_shell())
    if found.damages:
        raise AuditBrokenError(" ".join(found.damages), "Compare it with your copies.")
    out.print(
        f"{number_of(found.count, 'line')}, none changed; the journal vouches for those up to line {found.anchored}."
    )


@app.command()
def anchor(archive: ArchiveOption = None) -> None:
    """Write into the journal how long the audit log is, and its digest, so that nothing before that can be changed.

    This also happens by itself every hundred lines. Run it every night, too.

    Example:
        bannasar audit anchor
    """
    with open_archive(archive) as opened:
        number = service.anchor(opened, at_the_shell())
    out.print(f"The journal vouches for the audit log up to line {number}." if number else "The audit log is empty.")


@app.command()
def clock(archive: ArchiveOption = None) -> None:
    """Confirm that this machine's clock is right, if nothing was done to the archive for more than a week.

    Until then no restriction ends by its end date: a clock that was set forward opens nothing.

    Example:
        bannasar audit clock
    """
    with open_archive(archive) as opened:
        confirm_clock(opened, at_the_shell())
    out.print(f"It is {now():%Y-%m-%d %H:%M} (UTC), as you say.")
