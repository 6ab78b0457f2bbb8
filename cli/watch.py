"""``bannasar watch``."""

from pathlib import Path
from typing import Annotated

import typer

from cli.actor import at_the_shell
from cli.common import (
    ArchiveOption,
    LogFormatOption,
    MetricsOption,
    PartialOption,
    WorkersOption,
    given,
    read_settings,
)
from cli.progress import say
from cli.running import check_tools, run_and_report
from models.plural import number_of
from pipeline.services.archives import Archive
from pipeline.services.digitise import check_box
from pipeline.services.digitising.run import Summary
from pipeline.services.watch import watch_box


def watch(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The box into which a scanner saves its scans.")],
    archive: ArchiveOption = None,
    settle: Annotated[float, typer.Option(min=0, help="Seconds without growth after which a file is ingested.")] = 10.0,
    once: Annotated[bool, typer.Option("--once", help="End when everything that is there now is ingested.")] = False,
    workers: WorkersOption = None,
    allow_partial: PartialOption = None,
    log_format: LogFormatOption = None,
    metrics_file: MetricsOption = None,
) -> None:
    """Ingest scans as a scanner saves them into a folder, until you stop it.

    A file is ingested when it has stopped growing. What was done before is not done again, so you can stop and start
    the command at any time. It checks the folder regularly, so it also works with network shares.

    Example:
        bannasar watch /scans/inbox --archive /srv/archive
    """
    options = given(workers=workers, allow_partial=allow_partial, log_format=log_format, metrics_file=metrics_file)
    settings = read_settings(archive, run=options)
    with Archive(settings) as opened:
        check_box(opened, folder)
    check_tools(settings)

    def notify(sentence: str) -> None:
        say(settings.run.log_format, "note", sentence)

    def report(summary: Summary) -> None:
        notify(f"{number_of(summary.pages_read, 'page')} read. Still watching {folder}.")

    run_and_report(
        settings,
        lambda opened, watcher: watch_box(
            opened, at_the_shell(), folder, watcher, settle=settle, once=once, report=report, notify=notify
        ),
    )
