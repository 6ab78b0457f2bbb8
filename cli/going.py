"""A run under way on the command line: held, watched, stopped, and its end told."""

import shlex
import signal
import sqlite3
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import NoReturn

import typer

from cli.common import Exit, err, give_up, out
from cli.progress import say, screen_for
from cli.report import box_table, print_accounts, print_problems, print_waiting
from cli.terminal import Text
from models.failure import BannasarError
from models.scan import ScanState
from models.settings import LogFormat, Settings
from pipeline.archive.journal import JournalBrokenError
from pipeline.archive.keys import KeyUnusableError
from pipeline.index.opening import open_index
from pipeline.index.store import IndexUnusableError, Store
from pipeline.run.account import AccountError, account
from pipeline.run.digitise import Summary
from pipeline.run.disk import is_full
from pipeline.run.doctor import examine
from pipeline.run.ledger import Ledger, LedgerError
from pipeline.run.lock import ArchiveBusyError, hold
from pipeline.run.metrics import Metrics
from pipeline.run.pool import SchedulerError
from pipeline.run.progress import Progress, Watcher
from pipeline.run.report import BoxReport, box_report
from pipeline.run.too_many import TooManyFailuresError

# So many sentences about what a run left as it was are shown.
_MOST_LEFT = 20

Work = Callable[[Ledger, Store, Watcher], Summary | None]


def check_tools(settings: Settings) -> None:
    """Give up where this machine lacks what a run needs."""
    missing = [check for check in examine(settings) if not check.well and check.name not in {"archive", "Khmer fonts"}]
    for check in missing:
        err.print(Text.assemble((check.name, "bold red"), f": {check.found}. {check.mend}"))
    if missing:
        give_up("This machine lacks what a run needs; see above, or run `script/setup`.", Exit.MISSING_DEPENDENCY)


def go(settings: Settings, work: Work) -> None:
    """Do some work on the archive, which is held meanwhile; say how it went, and end with the status that tells it."""

    def end(sentence: str, status: Exit = Exit.WRONG_USE) -> NoReturn:
        if settings.run.log_format is LogFormat.TEXT:
            give_up(sentence, status)
        say(settings.run.log_format, "error", sentence)
        raise typer.Exit(status)

    try:
        reports, left = _work(settings, work)
    except KeyboardInterrupt:
        stopped = "Stopped. What is done is kept; run the same command again to go on."
        say(settings.run.log_format, "note", stopped)
        raise typer.Exit(Exit.INTERRUPTED) from None
    except (
        ArchiveBusyError,
        LedgerError,
        IndexUnusableError,
        SchedulerError,
        AccountError,
        KeyUnusableError,
        JournalBrokenError,
    ) as error:
        end(str(error))
    except TooManyFailuresError as error:
        end(str(error), Exit.SOME_FAILED)
    except (OSError, sqlite3.OperationalError) as error:
        end(_told(error, settings.archive))
    except BannasarError as error:
        end(str(error), Exit.MISSING_DEPENDENCY)
    if left or any(report.problems for report in reports):
        raise typer.Exit(Exit.SOME_FAILED)


def _told(error: OSError | sqlite3.OperationalError, archive: Path) -> str:
    if is_full(error):
        return f"The disk of {archive} is full. Make room, then run the same command again."
    if isinstance(error, OSError):
        return f"{error.filename or archive}: {error.strerror}. Check its permissions and the disk."
    return f"{archive / 'ledger.db'}: {error}. Check its permissions and the disk."


def _work(settings: Settings, work: Work) -> tuple[list[BoxReport], tuple[str, ...]]:
    """Return how the boxes stand, and which were left alone."""
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        # An interrupt that is raised while something is being cleaned away is lost: the note is not.
        stopped.set()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    with ExitStack() as stack:
        stack.enter_context(hold(settings.archive))
        ledger = stack.enter_context(Ledger(settings.archive))
        store = stack.enter_context(open_index(settings.archive, settings.index))
        with screen_for(settings.run.log_format) as screen:
            watchers: list[Watcher] = [screen]
            if settings.run.metrics_file:
                # First: what it has to say is shown then.
                watchers.insert(0, stack.enter_context(Metrics(Path(settings.run.metrics_file))))

            def watch(progress: Progress) -> None:
                for watcher in watchers:
                    watcher(progress)
                if stopped.is_set():
                    raise KeyboardInterrupt

            summary = work(ledger, store, watch)
        reports = [box_report(ledger, box.id) for box in summary.boxes] if summary else []
        if summary:
            _print(reports, summary, settings, ledger)
    return reports, summary.left if summary else ()


def _print(reports: list[BoxReport], summary: Summary, settings: Settings, ledger: Ledger) -> None:
    out.print(box_table(reports))
    print_problems(reports)
    out.print()
    print_accounts({report.id: account(ledger, report.id) for report in reports})
    for report in reports:
        if report.passed_over:
            out.print(f"{report.id}: {report.passed_over} hidden or system files and folders passed over.")
    if summary.pages_read:
        rate = 60 * summary.pages_read / summary.seconds
        out.print(f"{summary.pages_read} pages read in {summary.seconds:.0f} s, {rate:.0f} a minute.")
    else:
        out.print("Nothing new: no page had to be read.")
    if any(report.count(ScanState.FAILED) for report in reports):
        out.print(
            "What failed is tried again when you run the same command again, or `bannasar rerun --failed`.",
        )
        if not settings.run.allow_partial:
            out.print("With --allow-partial a case file is archived without the pages that failed.")
    for report in reports:
        if older := sum(row.recipe != summary.recipe for row in report.archived):
            command = f"`bannasar rerun --box {shlex.quote(report.id)}`"
            out.print(f"{older} scans were read by an older recipe: {command} reads them by today's.")
    for sentence in summary.left[:_MOST_LEFT]:
        out.print(Text(sentence, style="bold red"))
    if (more := len(summary.left) - _MOST_LEFT) > 0:
        out.print(Text(f"And {more} more; `bannasar show SCAN` tells of each.", style="bold red"))
    if summary.index_error:
        out.print(Text(f"The index could not be used: {summary.index_error}", style="bold red"))
    print_waiting(ledger)
    if summary.warning:
        out.print(Text(summary.warning, style="bold red"))
    out.print(f"The archive is {settings.archive}.")
