"""A run's progress: a live bar on a terminal, a line every few seconds elsewhere, or JSON for machines."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from cli.common import err
from cli.terminal import Text, json_line
from models.plural import number_of, plural
from models.settings import LogFormat
from pipeline.services.progress import Progress

_SECONDS_BETWEEN_LINES = 5.0


class Screen:
    """Shows a run's progress on standard error, so that standard output holds only the report."""

    def __init__(self) -> None:
        """Show nothing yet."""
        self._started = time.monotonic()
        self._reading_since: float | None = None
        self._last_line = self._started
        self._paused = ""
        self._bar = Bar(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            TimeRemainingColumn(),
            console=err,
            transient=True,
            disable=not err.is_terminal,
        )
        self._scans = self._bar.add_task("scans looked at", total=None, note="")
        self._pages = self._bar.add_task("pages", total=None, note="", visible=False)

    def __enter__(self) -> Self:
        """Begin to show."""
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clear the bar."""
        self._bar.stop()

    def __call__(self, progress: Progress) -> None:
        """Show the progress of the run."""
        now = time.monotonic()
        for note in progress.notes:
            err.print(Text(note, style="bold"))
        if progress.paused != self._paused:
            self._paused = progress.paused
            err.print(Text(progress.paused or "It continues.", style="bold"))
        if progress.step == "reading" and self._reading_since is None:
            self._reading_since = now
        if err.is_terminal:
            self._bar.update(self._scans, total=progress.scans, completed=progress.scans_seen)
            if self._reading_since is not None:
                note = f"{self._rate(progress, now):.0f} a minute"
                if progress.pages_failed:
                    note += f", {progress.pages_failed} failed"
                self._bar.update(
                    self._pages,
                    total=progress.pages,
                    completed=progress.pages_done,
                    note=note,
                    visible=progress.pages > 0,
                )
        elif now - self._last_line >= _SECONDS_BETWEEN_LINES:
            self._last_line = now
            err.print(self._line(progress, now))

    def _rate(self, progress: Progress, now: float) -> float:
        spent = now - (self._reading_since or now)
        return 60 * (progress.pages_read + progress.pages_failed) / spent if spent > 0 else 0.0

    def _line(self, progress: Progress, now: float) -> str:
        if self._reading_since is None:
            return f"{progress.scans_seen} of {number_of(progress.scans, 'scan')} looked at"
        rate = self._rate(progress, now)
        left = f", {_span(60 * (progress.pages - progress.pages_done) / rate)} left" if rate else ""
        failed = f", {progress.pages_failed} failed" if progress.pages_failed else ""
        pages = plural(progress.pages, "page")
        return f"{progress.pages_done} of {progress.pages} {pages}{failed}, {rate:.0f} a minute{left}"


class JsonLog:
    """Reports a run's progress as JSON, one object on each line: every few seconds, and events at once."""

    def __init__(self) -> None:
        """Report nothing yet."""
        self._last = time.monotonic()
        self._reported: tuple[str, str] = ("", "")
        self._progress: Progress | None = None

    def __enter__(self) -> Self:
        """Report that the run began."""
        _print_event("begun")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Report how the run ended."""
        self._report("stopped" if error else "ended")

    def __call__(self, progress: Progress) -> None:
        """Report what has happened, and the progress of the run."""
        self._progress = progress
        for failed in progress.failures:
            fields = failed.failure.model_dump(mode="json") | {"reason": failed.failure.reason}
            _print_event("page failed", box=failed.box, path=failed.path, **fields)
        for note in progress.notes:
            _print_event("note", note=note)
        now = time.monotonic()
        if (progress.step, progress.paused) != self._reported or now - self._last >= _SECONDS_BETWEEN_LINES:
            self._last, self._reported = now, (progress.step, progress.paused)
            self._report("paused" if progress.paused else "progress")

    def _report(self, event: str) -> None:
        fields = asdict(self._progress) if self._progress else {}
        fields.pop("failures", None)
        fields.pop("notes", None)
        _print_event(event, **fields)


def screen_for(log_format: LogFormat) -> "Screen | JsonLog":
    """Return the object that shows or reports the progress."""
    return JsonLog() if log_format is LogFormat.JSON else Screen()


def say(log_format: LogFormat, event: str, sentence: str) -> None:
    """Print a sentence between the lines of progress, in the same form."""
    if log_format is LogFormat.JSON:
        _print_event(event, note=sentence)
    else:
        err.print(Text(sentence))


def _print_event(event: str, **fields: object) -> None:
    time_now = datetime.now(UTC).isoformat(timespec="milliseconds")
    print(json_line({"time": time_now, "event": event} | fields), file=sys.stderr, flush=True)


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


@contextmanager
def counted(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show on a terminal how many are done, and of how many."""
    with Bar(console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(what, total=None)

        def show(done: int, all_of_them: int) -> None:
            bar.update(task, completed=done, total=all_of_them)

        yield show
