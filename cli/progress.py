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
        """Show how far the run has come."""
        now = time.monotonic()
        for note in progress.notes:
            err.print(Text(note, style="bold"))
        if progress.paused != self._paused:
            self._paused = progress.paused
            err.print(Text(progress.paused or "It goes on.", style="bold"))
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
            return f"{progress.scans_seen} of {progress.scans} scans looked at"
        rate = self._rate(progress, now)
        left = f", {_span(60 * (progress.pages - progress.pages_done) / rate)} left" if rate else ""
        failed = f", {progress.pages_failed} failed" if progress.pages_failed else ""
        return f"{progress.pages_done} of {progress.pages} pages{failed}, {rate:.0f} a minute{left}"


class JsonLog:
    """Tells a run's progress as JSON, an object a line: every few seconds, and whatever happens at once."""

    def __init__(self) -> None:
        """Tell nothing yet."""
        self._last = time.monotonic()
        self._told: tuple[str, str] = ("", "")
        self._progress: Progress | None = None

    def __enter__(self) -> Self:
        """Begin to tell."""
        _print_event("begun")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Tell how it ended."""
        self._tell("stopped" if error else "ended")

    def __call__(self, progress: Progress) -> None:
        """Tell what has happened, and how far the run has come."""
        self._progress = progress
        for failed in progress.failures:
            told = failed.failure.model_dump(mode="json") | {"reason": failed.failure.reason}
            _print_event("page failed", box=failed.box, path=failed.path, **told)
        for note in progress.notes:
            _print_event("note", note=note)
        now = time.monotonic()
        if (progress.step, progress.paused) != self._told or now - self._last >= _SECONDS_BETWEEN_LINES:
            self._last, self._told = now, (progress.step, progress.paused)
            self._tell("paused" if progress.paused else "progress")

    def _tell(self, event: str) -> None:
        told = asdict(self._progress) if self._progress else {}
        told.pop("failures", None)
        told.pop("notes", None)
        _print_event(event, **told)


def screen_for(log_format: LogFormat) -> "Screen | JsonLog":
    """Return what tells the progress."""
    return JsonLog() if log_format is LogFormat.JSON else Screen()


def say(log_format: LogFormat, event: str, sentence: str) -> None:
    """Say something beside the progress, in the same form."""
    if log_format is LogFormat.JSON:
        _print_event(event, note=sentence)
    else:
        err.print(Text(sentence))


def _print_event(event: str, **told: object) -> None:
    time_now = datetime.now(UTC).isoformat(timespec="milliseconds")
    print(json_line({"time": time_now, "event": event} | told), file=sys.stderr, flush=True)


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


@contextmanager
def counted(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show how many of how many are done, where a person looks on."""
    with Bar(console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(what, total=None)

        def show(done: int, all_of_them: int) -> None:
            bar.update(task, completed=done, total=all_of_them)

        yield show
