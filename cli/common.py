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
    LogFormat | None, typer.Option("--log-format", help="How progress is told on standard error. [default: text]")
]
MetricsOption = Annotated[
    str | None, typer.Option("--metrics-file", metavar="FILE", help="Keep the progress in a file for Prometheus.")
]
PartialOption = Annotated[
    bool | None, typer.Option("--allow-partial", help="Archive case files of which a page failed, as partial.")
]
WorkersOption = Annotated[
    int | None, typer.Option(min=1, help="Pages that are read at a time. [default: one a processor]")
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
    """Say which bags are left out because they cannot be read, if any are."""
    if not bags:
        return
    listed = ", ".join(str(bag.relative_to(archive)) for bag in bags)
    warn(f"Left out, for they cannot be read (`bannasar verify` tells what is damaged): {listed}.")


@contextmanager
def naming_damage(archive: Archive) -> Iterator[list[Path]]:
    """Give a list for the bags that are left out because they cannot be read, and say in the end which those are."""
    left_out: list[Path] = []
    try:
        yield left_out
    finally:
        warn_of_damage(archive.folder, left_out)


def warn(sentence: str) -> None:
    """Say something on standard error that the command goes on after; nothing where there is nothing to say."""
    if sentence:
        err.print(Text(sentence))


def read_settings(archive: Path | None, **options: Any) -> Settings:  # noqa: ANN401  # as config.settings.load
    """Read the settings; the archive's path comes back absolute.

    Raises:
        SettingsError: they cannot be read, or say what cannot be.
    """
    settings = load(archive=archive, **options)
    if settings.log.verbose or settings.log.file:
        from cli.logs import begin  # noqa: PLC0415  # nobody else need wait until it is loaded

        begin(settings.log.verbose, settings.log.file)
    return settings.model_copy(update={"archive": settings.archive.expanduser().absolute()})


@contextmanager
def open_archive(archive: Path | None) -> Iterator[Archive]:
    """Open an archive that is there.

    Raises:
        SettingsError: the settings cannot be read.
        NotFoundError: there is no archive.
        OSError: it may not be looked at.
    """
    with Archive.open(read_settings(archive)) as opened:
        yield opened


def given(**options: Any) -> dict[str, Any]:  # noqa: ANN401  # as config.settings.load
    """Return the options that were given."""
    return {name: value for name, value in options.items() if value is not None}


def keep_outside(archive: Path, target: Path) -> None:
    """Refuse to write something into the archive itself: what lies there is the archive's.

    Raises:
        UsageError: the target is inside.
    """
    if target.resolve().is_relative_to(archive.resolve()):
        raise UsageError(f"{target} is inside the archive.", "Name a place outside.")


def processors() -> int:
    """Return the processors this process may use."""
    return len(os.sched_getaffinity(0))
