"""A run on the command line: shows its progress, stops it at a signal, and reports its end."""

import os
import shlex
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import typer

from cli.actor import at_the_shell
from cli.box_tables import box_table, print_accounts, print_problems, print_waiting
from cli.common import err, out
from cli.edge import of_the_system
from cli.progress import say, screen_for
from cli.terminal import Text
from models.errors import BannasarError, MissingDependencyError
from models.exit_status import ExitStatus
from models.ledger import ScanRow
from models.plural import number_of, plural
from models.scan import ScanState
from models.settings import LogFormat, Settings
from pipeline.services.archives import Archive
from pipeline.services.box_report import BoxReport, box_report, problems
from pipeline.services.digitising.run import Summary
from pipeline.services.doctor import examine
from pipeline.services.progress import Metrics, Progress, Watcher

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

# How many sentences are shown about scans that a run did not change.
_MOST_LEFT = 20
_AGAIN_AFTER = 0.1  # seconds; by then the clean-up is done

Work = Callable[[Archive, Watcher], Summary | None]


def check_tools(settings: Settings) -> None:
    """Refuse to begin if this machine lacks something that a run needs.

    Raises:
        MissingDependencyError: it lacks something.
    """
    checks = examine(settings, at_the_shell())
    missing = [check for check in checks if not check.well and check.name not in {"archive", "Khmer fonts"}]
    for check in missing:
        err.print(Text.assemble((check.name, "bold red"), f": {check.found}. {check.fix}"))
    if missing:
        raise MissingDependencyError(
            "This machine lacks something that a run needs.", "See above what is missing, or run `script/setup`."
        )


def run_and_report(settings: Settings, work: Work) -> None:
    """Do some work on an archive; report how it went, and end with the exit status for that."""
    try:
        is_well = _work(settings, work)
    except KeyboardInterrupt:
        stopped = "Stopped. What is done is kept; run the same command again to continue."
        say(settings.run.log_format, "note", stopped)
        raise typer.Exit(ExitStatus.INTERRUPTED) from None
    except BannasarError as error:
        _end_as_json(settings, str(error), error.exit_status)
        raise
    except (OSError, sqlite3.OperationalError) as error:
        _end_as_json(settings, of_the_system(error), ExitStatus.WRONG_USE)
        raise
    if not is_well:
        raise typer.Exit(ExitStatus.SOME_FAILED)


def _end_as_json(settings: Settings, sentence: str, status: ExitStatus) -> None:
    """If a program reads the progress, report the error that ended the run as JSON, and end; cli.edge is for people."""
    if settings.run.log_format is LogFormat.JSON:
        say(settings.run.log_format, "error", sentence)
        raise typer.Exit(status)


def _work(settings: Settings, work: Work) -> bool:
    """Return whether every scan of every box is archived or a duplicate."""
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        # An interrupt that is raised during a clean-up is lost; this note of it is not.
        stopped.set()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    with ExitStack() as stack:
        stack.callback(setattr, sys, "unraisablehook", sys.unraisablehook)
        sys.unraisablehook = partial(_interrupt_again, sys.unraisablehook)
        archive = stack.enter_context(Archive(settings))
        stack.enter_context(archive.held())
        with screen_for(settings.run.log_format) as screen:
            watchers: list[Watcher] = [screen]
            if settings.run.metrics_file:
                # First, because its messages are shown then.
                watchers.insert(0, stack.enter_context(Metrics(Path(settings.run.metrics_file))))

            def watch(progress: Progress) -> None:
                for watcher in watchers:
                    watcher(progress)
                if stopped.is_set():
                    raise KeyboardInterrupt

            summary = work(archive, watch)
        if summary is None:
            return True
        reports = [box_report(archive, at_the_shell(), box.id) for box in summary.boxes]
        left = {report.id: problems(archive, report) for report in reports}
        _print(reports, left, summary, archive)
    return not summary.left and not any(left.values())


def _interrupt_again(otherwise: "Callable[[UnraisableHookArgs], object]", lost: "UnraisableHookArgs") -> None:
    """Send an interrupt again that Python lost, as it came while an object was cleaned up; print nothing about it."""
    if lost.exc_type is KeyboardInterrupt:
        threading.Timer(_AGAIN_AFTER, os.kill, (os.getpid(), signal.SIGINT)).start()
    else:
        otherwise(lost)


def _what_was_read(summary: Summary) -> str:
    if summary.pages_read:
        rate = 60 * summary.pages_read / summary.seconds
        return f"{number_of(summary.pages_read, 'page')} read in {summary.seconds:.0f} s, {rate:.0f} per minute."
    if summary.pages_failed:
        return f"No page was read; {number_of(summary.pages_failed, 'page')} failed."
    return "Nothing new: no page had to be read."


def _print(reports: list[BoxReport], left: dict[str, list[ScanRow]], summary: Summary, archive: Archive) -> None:
    out.print(box_table(reports))
    print_problems(left)
    out.print()
    print_accounts(reports)
    for report in reports:
        if report.ignored:
            ignored = plural(report.ignored, "hidden or system file or folder", "hidden or system files and folders")
            out.print(f"{report.id}: {report.ignored} {ignored} ignored.")
    out.print(_what_was_read(summary))
    if any(report.count(ScanState.FAILED) for report in reports):
        out.print(
            "What failed is tried again when you run the same command again, or `bannasar rerun --failed`.",
        )
        if not archive.settings.run.allow_partial:
            out.print("With --allow-partial a case file is archived without the pages that failed.")
    for report in reports:
        if older := archive.ledger.older(report.id, summary.recipe):
            command = f"`bannasar rerun --box {shlex.quote(report.id)}`"
            scans, them = number_of(older, "scan was", "scans were"), plural(older, "it", "them")
            out.print(f"{scans} read with an older recipe: {command} reads {them} with today's.")
    for sentence in summary.left[:_MOST_LEFT]:
        out.print(Text(sentence, style="bold red"))
    if (more := len(summary.left) - _MOST_LEFT) > 0:
        out.print(Text(f"And {more} more; `bannasar show SCAN` says more about each.", style="bold red"))
    if summary.index_error:
        out.print(Text(f"The index could not be used: {summary.index_error}", style="bold red"))
    print_waiting(len(archive.ledger.to_be_indexed()))
    if summary.warning:
        out.print(Text(summary.warning, style="bold red"))
    out.print(f"The archive is at {archive.folder}.")
