"""``bannasar run``."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from cli.common import (
    ArchiveOption,
    LogFormatOption,
    MetricsOption,
    PartialOption,
    SchedulerOption,
    WorkersOption,
    give_up,
    given,
    out,
    processors,
    read_settings,
)
from cli.going import check_tools, go
from cli.terminal import Text
from models.settings import Settings
from pipeline.run.digitise import digitise
from pipeline.run.dry_run import forecast
from pipeline.run.ledger import Ledger, LedgerError


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

    What was done before is not done again, so the same command finishes a run that was stopped and takes in what is
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
    for box in boxes:
        check_box(box, settings.archive)
    if dry_run:
        try:
            _tell(boxes, settings)
        except (LedgerError, OSError) as error:
            give_up(str(error))
        return
    check_tools(settings)
    go(settings, lambda ledger, store, watch: digitise(boxes, settings, ledger, store, watch))


def check_box(box: Path, archive: Path) -> None:
    """Give up where a folder cannot be a box of this archive."""
    try:
        is_folder = box.is_dir()
    except OSError as error:
        give_up(f"{box}: {error.strerror}. Check its permissions and the disk.")
    if not is_folder:
        what = "is not a folder" if box.exists() else "does not exist"
        give_up(f"{box} {what}. A box is a folder of scans: `bannasar run FOLDER`.")
    if box.resolve() == archive.resolve() or archive.resolve() in box.resolve().parents:
        give_up(f"{box} lies inside the archive {archive}. Keep boxes and archive apart.")
    if box.resolve() in archive.resolve().parents:
        give_up(f"The archive {archive} lies inside the box {box}. Keep them apart: --archive DIR.")


def _tell(boxes: list[Path], settings: Settings) -> None:
    workers = settings.run.workers or processors()
    exists = (settings.archive / "ledger.db").is_file()
    ledger = Ledger(settings.archive) if exists else None
    for box in boxes:
        told = forecast(box, settings, ledger, workers)
        name = (told.root.resolve().name, "bold")
        out.print(Text.assemble(name, f": {told.scans} scans, {told.done} done already"))
        out.print(f"  would read {told.pages} pages of {told.to_do} scans")
        if told.seconds is not None:
            out.print(f"  about {max(1, round(told.seconds / 60))} min at the rate so far with {workers} workers")
        elif told.pages:
            out.print("  how long that takes is known after the first run")
        for path, reason in told.refusals:
            out.print(f"  would refuse {path}: {reason}")
        if told.passed_over:
            out.print(f"  would pass over {told.passed_over} hidden or system files and folders")
    if shutil.disk_usage(next(f for f in (settings.archive, *settings.archive.parents) if f.exists())).free < 1 << 30:
        out.print(Text("  less than 1 GB is free where the archive lies", "bold red"))
