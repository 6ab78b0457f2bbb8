"""``bannasar run``."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from cli.actor import at_the_shell
from cli.common import (
    ArchiveOption,
    LogFormatOption,
    MetricsOption,
    PartialOption,
    SchedulerOption,
    WorkersOption,
    given,
    out,
    processors,
    read_settings,
)
from cli.running import check_tools, run_and_report
from cli.terminal import Text
from models.plural import number_of
from pipeline.services.archives import Archive
from pipeline.services.digitise import check_box, digitise
from pipeline.services.forecast import forecast


def run(
    boxes: Annotated[list[Path], typer.Argument(metavar="BOX…", help="Folders of scans; each is one box.")],
    archive: ArchiveOption = None,
    workers: WorkersOption = None,
    scheduler: SchedulerOption = None,
    allow_partial: PartialOption = None,
    log_format: LogFormatOption = None,
    metrics_file: MetricsOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
) -> None:
    """Digitise boxes: read every page, archive every case file, make it searchable.

    What was done before is not done again. So the same command finishes a run that was stopped, and adds what is
    new in a box. The exit status is 0 when every scan is archived or a duplicate, 2 when some failed or were refused.

    Examples:
        bannasar run scans/box-17

        bannasar run scans/box-17 scans/box-18 --archive /srv/archive --workers 4

        bannasar run scans/box-17 --dry-run
    """
    options = given(
        workers=workers,
        scheduler=scheduler,
        allow_partial=allow_partial,
        log_format=log_format,
        metrics_file=metrics_file,
    )
    settings = read_settings(archive, run=options)
    if dry_run:
        with Archive(settings) as opened:
            _forecast(boxes, opened)
        return
    with Archive(settings) as opened:
        for box in boxes:
            check_box(opened, box)
    check_tools(settings)
    run_and_report(settings, lambda opened, watch: digitise(opened, at_the_shell(), boxes, watch))


def _forecast(boxes: list[Path], archive: Archive) -> None:
    workers = archive.settings.run.workers or processors()
    for box in boxes:
        check_box(archive, box)
        expected = forecast(archive, at_the_shell(), box, workers)
        name = (expected.root.resolve().name, "bold")
        out.print(Text.assemble(name, f": {number_of(expected.scans, 'scan')}, {expected.done} already done"))
        out.print(f"  would read {number_of(expected.pages, 'page')} of {number_of(expected.to_do, 'scan')}")
        if expected.seconds is not None:
            out.print(f"  about {max(1, round(expected.seconds / 60))} min at the rate so far with {workers} workers")
        elif expected.pages:
            out.print("  the time needed is known after the first run")
        for path, reason in expected.refusals:
            out.print(f"  would refuse {path}: {reason}")
        if expected.ignored:
            out.print(f"  would ignore {expected.ignored} hidden or system files and folders")
    if shutil.disk_usage(next(f for f in (archive.folder, *archive.folder.parents) if f.exists())).free < 1 << 30:
        out.print(Text("  less than 1 GB is free on the disk of the archive", "bold red"))
