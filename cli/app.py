"""All the commands of ``bannasar``."""

from importlib.metadata import version
from typing import Annotated

import typer
from typer._click.exceptions import UsageError

from cli import export, index, ledger
from cli.box_report import report
from cli.common import Exit
from cli.doctor import doctor
from cli.failures import failures
from cli.rebuild import rebuild
from cli.rerun import rerun
from cli.run import run
from cli.search import search
from cli.show import show
from cli.status import status
from cli.take import take
from cli.verify import verify
from cli.watch import watch

# Typer has no public way to say it: wrong use ends with 1 here, for 2 means that some scans failed.
UsageError.exit_code = Exit.WRONG_USE

app = typer.Typer(
    name="bannasar",
    help="Turn boxes of paper case files into a digital archive that people can search, cite and trust.",
    epilog="Begin with: bannasar run FOLDER, then bannasar search WORDS.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # a traceback must not show what a case file holds
)
app.command()(run)
app.command()(watch)
app.command()(status)
app.command()(failures)
app.command()(show)
app.command()(rerun)
app.command()(report)
app.command()(search)
app.add_typer(export.app, name="export")
app.add_typer(index.app, name="index")
app.add_typer(ledger.app, name="ledger")
app.command()(verify)
app.command()(rebuild)
app.command("import")(take)
app.command()(doctor)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bannasar {version('bannasar')}")
        raise typer.Exit


@app.callback()
def _options(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None: ...
