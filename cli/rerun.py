"""``bannasar rerun``."""

from pathlib import Path
from typing import Annotated

import typer

from cli.actor import at_the_shell, read_password
from cli.common import (
    ArchiveOption,
    LogFormatOption,
    MetricsOption,
    PartialOption,
    SchedulerOption,
    WorkersOption,
    given,
    out,
    read_settings,
)
from cli.running import check_tools, run_and_report
from cli.terminal import Text
from models.failure import Code
from models.plural import number_of, plural
from models.settings import Settings
from pipeline.services.archives import Archive
from pipeline.services.rerun import Chosen, Stage, Wanted, choose
from pipeline.services.rerun import rerun as do_again


def rerun(
    failed: Annotated[
        bool, typer.Option("--failed", help="What failed, what partial case files lack, and what is waiting.")
    ] = False,
    box: Annotated[list[str] | None, typer.Option(metavar="BOX", help="Only the scans of this box.")] = None,
    scan: Annotated[
        list[str] | None, typer.Option(metavar="SCAN", help="Only this scan: its path, BOX/PATH, or its SHA-256.")
    ] = None,
    code: Annotated[list[Code] | None, typer.Option(metavar="CODE", help="Only what failed with this code.")] = None,
    below_confidence: Annotated[
        float | None, typer.Option(min=0, max=1, help="Only scans with a lower mean confidence than this.")
    ] = None,
    stage: Annotated[
        Stage | None, typer.Option(help="Do this step again, even where today's recipe has done it.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Refused scans too, if they are named with --scan.")] = False,
    password_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Its first line is the password of the locked PDFs named with --scan."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    archive: ArchiveOption = None,
    workers: WorkersOption = None,
    scheduler: SchedulerOption = None,
    allow_partial: PartialOption = None,
    log_format: LogFormatOption = None,
    metrics_file: MetricsOption = None,
) -> None:
    """Digitise again what failed, what was read badly, or what was read with an older recipe.

    Only scans that match all the options are done again; --dry-run lists them. Pages that were read with today's recipe
    are read again only with --stage recognise. --stage describe divides such scans into documents again, and describes
    these with today's glossary and classifier. What is archived stays until the new version is there.

    Examples:
        bannasar rerun --failed

        bannasar rerun --box box-17 --below-confidence 0.45 --dry-run

        bannasar rerun --code timeout --allow-partial

        bannasar rerun --box box-17 --stage describe

        bannasar rerun --scan box-17/locked.pdf --password-file password.txt
    """
    options = given(
        workers=workers,
        scheduler=scheduler,
        allow_partial=allow_partial,
        log_format=log_format,
        metrics_file=metrics_file,
    )
    settings = read_settings(archive, run=options)
    wanted = Wanted(
        failed=failed,
        boxes=tuple(box or ()),
        scans=tuple(scan or ()),
        codes=tuple(code or ()),
        below_confidence=below_confidence,
        stage=stage,
        force=force,
        password=read_password(password_file) if password_file else None,
    )
    with Archive.open(settings) as opened:
        if not dry_run:
            opened.migrate()
        chosen = choose(opened, at_the_shell(), wanted)
    _say(chosen, settings, dry_run=dry_run)
    if chosen.rows and not dry_run:
        check_tools(settings)
        run_and_report(settings, lambda opened, watch: do_again(opened, at_the_shell(), chosen, wanted, watch))


def _say(chosen: Chosen, settings: Settings, *, dry_run: bool) -> None:
    for row, why in chosen.left:
        out.print(Text(f"left as it is: {row.box}/{row.path}: {why}"))
    if not chosen.rows:
        out.print("There is nothing to do again.")
        return
    for row in chosen.rows if dry_run else ():
        out.print(Text(f"would do again: {row.box}/{row.path} ({row.code or row.state.value})"))
    pages = sum(row.pages or 0 for row in chosen.rows)
    scans = len(chosen.rows)
    verb = "would be" if dry_run else plural(max(scans, pages), "is", "are")
    out.print(f"{number_of(scans, 'scan')}, {number_of(pages, 'page')} {verb} done again in {settings.archive}.")
