"""What the commands share: options, the terminal, opening an archive."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.terminal import Terminal, Text
from config.settings import load
from models.errors import UsageError
from models.settings import LogFormat, Settings
from pipeline.services.archives import Archive

out = Terminal()
err = Terminal(stderr=True)


ArchiveOption = Annotated[
    Path | None,
    typer.Option("--archive", metavar="DIR", help="The archive's folder. [default: from the settings, else ./archive]"),
]
LogFormatOption = Annotated[
    LogFormat | None, typer.Option("--log-format", help="How progress is reported on standard error. [default: text]")
]
MetricsOption = Annotated[
    str | None, typer.Option("--metrics-file", metavar="FILE", help="Keep the progress in a file for Prometheus.")
]
PartialOption = Annotated[
    bool | None, typer.Option("--allow-partial", help="Archive case files with failed pages, as partial.")
]
WorkersOption = Annotated[
    int | None, typer.Option(min=1, help="How many pages are read at the same time. [default: one for each processor]")
]
SchedulerOption = Annotated[
    str | None, typer.Option(metavar="tcp://…", help="Use the workers of this Dask scheduler, on shared storage.")
]
CaseArgument = Annotated[
    str, typer.Argument(metavar="CASE", help="The case file, by its id; `bannasar search` names it.")
]
ReasonOption = Annotated[str, typer.Option(help="Why, for the journal.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def warn_of_damage(archive: Path, bags: Sequence[Path]) -> None:
    """Name the bags that are left out because they cannot be read, if there are any."""
    if not bags:
        return
    listed = ", ".join(str(bag.relative_to(archive)) for bag in bags)
    warn(f"Left out, because they cannot be read (`bannasar verify` says what is damaged): {listed}.")


@contextmanager
def naming_damage(archive: Archive) -> Iterator[list[Path]]:
    """Give a list for the bags that are left out because they cannot be read; name them at the end."""
    left_out: list[Path] = []
    try:
        yield left_out
    finally:
        warn_of_damage(archive.folder, left_out)


def warn(sentence: str) -> None:
    """Print a warning on standard error, after which the command continues; an empty one prints nothing."""
    if sentence:
        err.print(Text(sentence))


def read_settings(archive: Path | None, **options: Any) -> Settings:  # noqa: ANN401  # as config.settings.load
    """Read the settings; the archive's path in them is absolute.

    Raises:
        SettingsError: they cannot be read, or have an impossible value.
    """
    settings = load(archive=archive, **options)
    if settings.log.verbose or settings.log.file:
        from cli.logs import begin  # noqa: PLC0415  # slow to load, and only needed here

        begin(settings.log.verbose, settings.log.file)
    return settings.model_copy(update={"archive": settings.archive.expanduser().absolute()})


@contextmanager
def open_archive(archive: Path | None) -> Iterator[Archive]:
    """Open an archive that is there.

    Raises:
        SettingsError: the settings cannot be read.
        NotFoundError: there is no archive.
        OSError: there is no permission to look at it.
    """
    with Archive.open(read_settings(archive)) as opened:
        yield opened


def given(**options: Any) -> dict[str, Any]:  # noqa: ANN401  # as config.settings.load
    """Return the options that were given."""
    return {name: value for name, value in options.items() if value is not None}


def keep_outside(archive: Path, target: Path) -> None:
    """Refuse to write an export into the archive itself: what is there belongs to the archive.

    Raises:
        UsageError: the target is inside.
    """
    if target.resolve().is_relative_to(archive.resolve()):
        raise UsageError(f"{target} is inside the archive.", "Name a place outside.")


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))
