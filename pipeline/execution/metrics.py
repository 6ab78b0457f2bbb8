"""The progress of a run, in a file for Prometheus (its node exporter's textfile collector)."""

import contextlib
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from prometheus_client import CollectorRegistry, Counter, Gauge, write_to_textfile

from pipeline.execution.progress import Progress

_SECONDS_BETWEEN = 5.0


class Metrics:
    """Writes the progress to a file every few seconds, when a new step begins, and at the end; always the whole file.

    If the file can no longer be written, the run continues and reports it.
    """

    def __init__(self, file: Path) -> None:
        """Set the file."""
        self._file = file
        self._registry = CollectorRegistry()
        self._written = 0.0
        self._last = ("", "")
        self._lost = False

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(f"bannasar_{name}", text, registry=self._registry)

        self._gauges = {
            "scans": gauge("scans", "Scans in the boxes of this run."),
            "scans_seen": gauge("scans_seen", "Scans looked at so far."),
            "pages": gauge("pages", "Pages of the scans that wait."),
            "pages_done": gauge("pages_done", "Pages of them that are read or have failed."),
            "pages_read": gauge("pages_read", "Pages read by this run."),
            "pages_failed": gauge("pages_failed", "Pages that failed in this run."),
            "cases": gauge("cases", "Case files with something to do."),
            "cases_done": gauge("cases_done", "Case files of them that are done."),
        }
        self._paused = gauge("paused", "1 while the run waits, perhaps for space on the disk.")
        self._seen = gauge("last_change_timestamp_seconds", "When the run last made progress.")
        self._running = gauge("running", "1 while the run continues.")
        self._failures = Counter(
            "bannasar_failures", "Pages that failed in this run, by code.", ["code"], registry=self._registry
        )

    def __enter__(self) -> Self:
        """Begin.

        Raises:
            OSError: the file cannot be written.
        """
        self._running.set(1)
        self._write()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write how it ended."""
        self._running.set(0)
        with contextlib.suppress(OSError):  # the run has reported it already
            self._write()

    def __call__(self, progress: Progress) -> None:
        """Record the progress, and write it if the last write was some seconds ago."""
        for name, gauge in self._gauges.items():
            gauge.set(getattr(progress, name))
        self._paused.set(bool(progress.paused))
        self._seen.set(time.time())
        for failed in progress.failures:
            self._failures.labels(failed.failure.code.value).inc()
        now = (progress.step, progress.paused)
        if now != self._last or time.monotonic() - self._written >= _SECONDS_BETWEEN:
            self._last = now
            try:
                self._write()
            except OSError as error:
                if not self._lost:
                    progress.notes.append(f"{error.filename}: {error.strerror}. The run continues without metrics.")
                self._lost = True
            else:
                self._lost = False

    def _write(self) -> None:
        self._written = time.monotonic()
        try:
            write_to_textfile(str(self._file), self._registry)
        except OSError as error:  # it names a temporary file in the same folder
            raise OSError(error.errno, error.strerror, str(self._file)) from error
