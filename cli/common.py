"""What the commands share: the archive option, opening an archive, exit statuses."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from cli.terminal import Terminal, Text
from config.settings import SettingsError, load
from models.settings import LogFormat, Settings
from pipeline.run.ledger import Ledger, LedgerError

out = Terminal()
err = Terminal(stderr=True)


class Exit(IntEnum):
    """What the commands' exit statuses mean."""

    DONE = 0
    WRONG_USE = 1
    SOME_FAILED = 2
    MISSING_DEPENDENCY = 3
    UNKNOWN = 3
    INTERRUPTED = 130
    NOBODY_READS = 141


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
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def give_up(sentence: str, status: Exit = Exit.WRONG_USE, below: Sequence[str] = ()) -> NoReturn:
    """Say what is wrong, with lines below that show where, and end with a status."""
    err.print(Text.assemble(("bannasar:", "bold red"), f" {sentence}"))
    for line in below:
        err.print(f"  {line}")
    raise typer.Exit(status)


def warn_of_damage(archive: Path, bags: Sequence[Path]) -> None:
    """Say which bags are left out because they cannot be read, if any are."""
    if not bags:
        return
    listed = ", ".join(str(bag.relative_to(archive)) for bag in bags)
    told = f"Left out, for they cannot be read (`bannasar verify` tells what is damaged): {listed}."
    err.print(Text(told))


def read_settings(archive: Path | None, **options: Any) -> Settings:  # noqa: ANN401  # as config.settings.load
    """Read the settings; the archive's path comes back absolute."""
    try:
        settings = load(archive=archive, **options)
    except SettingsError as error:
        give_up(str(error))
    return settings.model_copy(update={"archive": settings.archive.expanduser().absolute()})


def given(**options: Any) -> dict[str, Any]:  # noqa: ANN401  # as config.settings.load
    """Return the options that were given."""
    return {name: value for name, value in options.items() if value is not None}


def check_archive(archive: Path) -> None:
    """Give up where there is no archive yet, or none that may be looked at."""
    try:
        is_there = (archive / "ledger.db").is_file()
    except OSError as error:
        give_up(f"{archive}: {error.strerror}. Check its permissions and the disk.")
    if not is_there:
        give_up(f"There is no archive at {archive} yet. Make one with `bannasar run BOX --archive {archive}`.")


def keep_outside(archive: Path, target: Path) -> None:
    """Give up where something is to be written into the archive itself: what lies there is the archive's."""
    if target.resolve().is_relative_to(archive.resolve()):
        give_up(f"{target} is inside the archive. Name a place outside.")


def bag_place(ledger: Ledger, case: str) -> str:
    """Return where in the archive the bag of a case file lies; give up where there is none."""
    place = ledger.bag_of(case)
    if not place:
        give_up(f"The archive holds no case file {case}. `bannasar status` and `bannasar search` name them.")
    return place


@contextmanager
def open_ledger(archive: Path) -> Iterator[Ledger]:
    """Open the ledger of an archive that must be there already."""
    check_archive(archive)
    try:
        with Ledger(archive) as ledger:
            yield ledger
    except LedgerError as error:
        give_up(str(error))


def find_box(ledger: Ledger, box: str) -> str:
    """Return the id of the box of that id or at that folder, or give up."""
    known = ledger.boxes()
    for each in known:
        if box == each.id or Path(box).resolve() == each.root:
            return each.id
    listed = ", ".join(each.id for each in known) or "none yet"
    give_up(f"The archive holds no box {box}. It holds: {listed}.")


def processors() -> int:
    """Return the processors this process may use."""
    return len(os.sched_getaffinity(0))
