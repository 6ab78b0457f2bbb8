"""``bannasar reports``: mistakes on pages that readers reported in the reading room."""

from pathlib import Path
from typing import Annotated

import typer

from cli.actor import at_the_shell
from cli.common import ArchiveOption, JsonOption, open_archive, out
from cli.terminal import Text, print_json
from models.plural import plural
from pipeline.services import reports as service
from pipeline.services.reports import Answer, Reported

app = typer.Typer(help="Answer mistakes that readers reported on pages.", no_args_is_help=True)

NumberArgument = Annotated[int, typer.Argument(metavar="NUMBER", help="The report, by its number.")]
ReplyOption = Annotated[str, typer.Option("--reply", metavar="TEXT", help="What the person who reported it will read.")]


@app.command("list")
def list_reports(archive: ArchiveOption = None, as_json: JsonOption = False) -> None:
    """List the reports that nobody has answered.

    Example:
        bannasar reports list
    """
    with open_archive(archive) as opened:
        found = service.open_reports(opened, at_the_shell())
    if as_json:
        print_json([report_as_json(one) for one in found])
        return
    for one in found:
        print_report(one)
    out.print(f"{len(found)} {plural(len(found), 'report waits', 'reports wait')} for an answer.")


@app.command()
def answer(number: NumberArgument, reply: ReplyOption, archive: ArchiveOption = None) -> None:
    """Say that a reported mistake is settled, for example corrected.

    Example:
        bannasar reports answer 3 --reply "The date is corrected."
    """
    _answer(archive, number, Answer.ANSWERED, reply)


@app.command()
def dismiss(number: NumberArgument, reply: ReplyOption, archive: ArchiveOption = None) -> None:
    """Say that nothing is wrong on a reported page.

    Example:
        bannasar reports dismiss 3 --reply "The paper says the same."
    """
    _answer(archive, number, Answer.DISMISSED, reply)


def print_report(one: Reported) -> None:
    """Print a report, with the command to type."""
    report = one.report
    place = f"{report.case}, {report.page.scan[:16]}, page {report.page.number}"
    out.print(Text(f"Report {report.number}: {place}", style="bold"))
    out.print(Text(f"   {report.by.name}, {report.at:%Y-%m-%d}: {' '.join(report.text.split())}"))
    if report.words:
        out.print(Text(f"   words: {report.words}"))
    if one.view is None:
        out.print(Text("   This page is not there any more.", style="dim"))
    out.print(Text(f"   bannasar reports answer {report.number} --reply …", style="dim"))


def report_as_json(one: Reported) -> dict[str, object]:
    """Return a report for programs."""
    return one.report.model_dump(mode="json", include={"number", "by", "at", "case", "page", "words", "text"})


def _answer(archive: Path | None, number: int, how: Answer, reply: str) -> None:
    with open_archive(archive) as opened:
        done = service.answer(opened, at_the_shell(), number, how, reply)
    out.print(f"Report {done.number} of {done.by.name} is {how}.")
