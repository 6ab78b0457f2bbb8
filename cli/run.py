"""``bannasar run``."""

import shutil
import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.text import Text

from cli.common import ArchiveOption, Exit, err, give_up, out, processors, read_settings
from cli.progress import Screen
from cli.report import box_table, print_problems
from models.failure import BannasarError
from models.scan import ScanState
from models.settings import Settings
from pipeline.index.sqlite import open_index
from pipeline.index.store import IndexUnusableError
from pipeline.run.digitise import Summary, digitise
from pipeline.run.doctor import examine
from pipeline.run.dry_run import forecast
from pipeline.run.ledger import Ledger, LedgerError
from pipeline.run.lock import ArchiveBusyError, hold
from pipeline.run.pool import SchedulerError
from pipeline.run.progress import Progress
from pipeline.run.report import BoxReport, box_report


def run(
    boxes: Annotated[list[Path], typer.Argument(metavar="BOX…", help="Folders of scans; each is one box.")],
    archive: ArchiveOption = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes. [default: one a processor]")] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="tcp://…", help="Use the workers of this Dask scheduler, on shared storage.")
    ] = None,
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
    given = {"workers": workers, "scheduler": scheduler}
    settings = read_settings(archive, run={name: value for name, value in given.items() if value is not None})
    for box in boxes:
        _check_box(box, settings.archive)
    try:
        if dry_run:
            _tell(boxes, settings)
            return
        _check_tools(settings)
        _run(boxes, settings)
    except (ArchiveBusyError, LedgerError, IndexUnusableError, SchedulerError) as error:
        give_up(str(error))
    except OSError as error:
        give_up(f"{error.filename or settings.archive}: {error.strerror}. Check its permissions and the disk.")
    except BannasarError as error:
        give_up(str(error), Exit.MISSING_DEPENDENCY)


def _check_box(box: Path, archive: Path) -> None:
    if not box.is_dir():
        what = "is not a folder" if box.exists() else "does not exist"
        give_up(f"{box} {what}. A box is a folder of scans: `bannasar run FOLDER`.")
    if box.resolve() == archive.resolve() or archive.resolve() in box.resolve().parents:
        give_up(f"{box} lies inside the archive {archive}. Keep boxes and archive apart.")
    if box.resolve() in archive.resolve().parents:
        give_up(f"The archive {archive} lies inside the box {box}. Keep them apart: --archive DIR.")


def _check_tools(settings: Settings) -> None:
    missing = [check for check in examine(settings) if not check.well and check.name not in {"archive", "Khmer fonts"}]
    for check in missing:
        err.print(f"[bold red]{check.name}[/]: {check.found}. {check.mend}", soft_wrap=True)
    if missing:
        give_up("This machine lacks what a run needs; see above, or run `script/setup`.", Exit.MISSING_DEPENDENCY)


def _run(boxes: list[Path], settings: Settings) -> None:
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        # An interrupt that is raised while something is being cleaned away is lost: the note is not.
        stopped.set()
        raise KeyboardInterrupt

    def watch(progress: Progress) -> None:
        screen(progress)
        if stopped.is_set():
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    try:
        with hold(settings.archive), Ledger(settings.archive) as ledger, open_index(settings.archive) as store:
            with Screen() as screen:
                summary = digitise(boxes, settings, ledger, store, watch)
            reports = [box_report(ledger, box.id) for box in summary.boxes]
    except KeyboardInterrupt:
        err.print("Stopped. What is done is kept; run the same command again to go on.")
        raise typer.Exit(Exit.INTERRUPTED) from None
    _print_report(reports, summary, settings.archive)
    if any(report.problems for report in reports):
        raise typer.Exit(Exit.SOME_FAILED)


def _print_report(reports: list[BoxReport], summary: Summary, archive: Path) -> None:
    out.print(box_table(reports))
    print_problems(reports)
    out.print()
    for report in reports:
        if report.passed_over:
            out.print(f"{report.id}: {report.passed_over} hidden or system files passed over.", soft_wrap=True)
    if summary.pages_read:
        rate = 60 * summary.pages_read / summary.seconds
        out.print(f"{summary.pages_read} pages read in {summary.seconds:.0f} s, {rate:.0f} a minute.")
    else:
        out.print("Nothing new: no page had to be read.")
    if any(report.count(ScanState.FAILED) for report in reports):
        out.print("What failed is tried again when you run the same command again.")
    if summary.index_error:
        out.print(Text(f"Some case files wait for the index: {summary.index_error}", style="bold red"), soft_wrap=True)
    out.print(f"The archive is {archive}.", soft_wrap=True)


def _tell(boxes: list[Path], settings: Settings) -> None:
    workers = settings.run.workers or processors()
    exists = (settings.archive / "ledger.db").is_file()
    ledger = Ledger(settings.archive) if exists else None
    for box in boxes:
        told = forecast(box, settings, ledger, workers)
        out.print(f"[bold]{told.root.resolve().name}[/]: {told.scans} scans, {told.done} done already", soft_wrap=True)
        out.print(f"  would read {told.pages} pages of {told.to_do} scans", soft_wrap=True)
        if told.seconds is not None:
            out.print(f"  about {max(1, round(told.seconds / 60))} min at the rate so far with {workers} workers")
        elif told.pages:
            out.print("  how long that takes is known after the first run")
        for path, reason in told.refusals:
            out.print(f"  would refuse {path}: {reason}", soft_wrap=True, markup=False)
        if told.passed_over:
            out.print(f"  would pass over {told.passed_over} hidden or system files")
    if shutil.disk_usage(next(f for f in (settings.archive, *settings.archive.parents) if f.exists())).free < 1 << 30:
        out.print("  [bold red]less than 1 GB is free where the archive lies[/]")
