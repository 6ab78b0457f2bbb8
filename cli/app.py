"""All the commands of ``bannasar``."""

import importlib
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.main
from typer.core import TyperGroup

from cli.typed import TYPED
from models.errors import ExitStatus

# In the order of the help: what is typed, and the function, or the group of commands, that it means.
_COMMANDS = {
    "run": "cli.run:run",
    "watch": "cli.watch:watch",
    "status": "cli.status:status",
    "failures": "cli.failures:failures",
    "show": "cli.show:show",
    "rerun": "cli.rerun:rerun",
    "report": "cli.report:report",
    "search": "cli.search:search",
    "export": "cli.export:app",
    "index": "cli.index:app",
    "ledger": "cli.ledger:app",
    "verify": "cli.verify:verify",
    "rebuild": "cli.rebuild:rebuild",
    "import": "cli.import_bag:import_bag",
    "review": "cli.review:review",
    "correct": "cli.correct:correct",
    "split": "cli.correct:split",
    "merge": "cli.correct:merge",
    "kinds": "cli.kinds:kinds",
    "train": "cli.train:train",
    "evaluate": "cli.train:evaluate",
    "withdraw": "cli.withdrawal:withdraw",
    "reinstate": "cli.withdrawal:reinstate",
    "keys": "cli.keys:app",
    "sheets": "cli.sheets:sheets",
    "certify": "cli.certify:certify",
    "check": "cli.check:check",
    "doctor": "cli.doctor:doctor",
}


class _Loaded(Mapping[str, Any]):
    """Loads a command when it is asked for: a search need not wait for all that a run is made of."""

    def __iter__(self) -> Iterator[str]:
        return iter(_COMMANDS)

    def __len__(self) -> int:
        return len(_COMMANDS)

    def __getitem__(self, typed: str) -> Any:  # noqa: ANN401  # Typer keeps its class of commands to itself
        module, name = _COMMANDS[typed].split(":")
        found = getattr(importlib.import_module(module), name)
        if isinstance(found, typer.Typer):
            group = typer.main.get_group(found)
            group.name = typed
            return group
        alone = typer.Typer(add_completion=False, pretty_exceptions_show_locals=False)
        alone.command(typed)(found)
        return typer.main.get_command(alone)


class _Commands(TyperGroup):
    def __init__(self, **values: Any) -> None:  # noqa: ANN401  # as Typer gives them
        super().__init__(**values)
        self.commands = _Loaded()  # type: ignore[assignment]  # nothing is ever added to it

    def make_context(self, *given: Any, **named: Any) -> Any:  # noqa: ANN401  # as Typer's
        """Read what was typed before the command's name."""
        with _wrong_use():
            return super().make_context(*given, **named)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401  # as Typer's
        """Read the rest, and run the command."""
        with _wrong_use():
            return super().invoke(ctx)


@contextmanager
def _wrong_use() -> Iterator[None]:
    """Let what Typer refuses end with 1: 2 means here that some scans failed."""
    try:
        yield
    except typer.TyperException as error:
        error.exit_code = ExitStatus.WRONG_USE
        raise


app = typer.Typer(
    name="bannasar",
    cls=_Commands,
    help="Turn boxes of paper case files into a digital archive that people can search, cite and trust.",
    epilog="Begin with: bannasar run FOLDER, then bannasar search WORDS.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # a traceback must not show what a case file holds
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bannasar {version('bannasar')}")
        raise typer.Exit


@app.callback()
def _options(
    ctx: typer.Context,
    show_version: Annotated[  # noqa: ARG001  # its callback does it
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    verbose: Annotated[
        int, typer.Option("--verbose", "-v", count=True, help="Log what happens on standard error; twice: log more.")
    ] = 0,
    log_file: Annotated[
        Path | None, typer.Option("--log-file", metavar="FILE", help="Keep the log in a file as well.")
    ] = None,
) -> None:
    TYPED.command, TYPED.since = ctx.invoked_subcommand or "", time.monotonic()
    TYPED.verbose, TYPED.log_file = verbose, log_file
    if verbose or log_file:
        from cli.logs import begin  # noqa: PLC0415  # nobody else need wait until it is loaded

        begin()
    ctx.call_on_close(_end_log)


def _end_log() -> None:
    if logs := sys.modules.get("cli.logs"):  # a command may have begun it by what its settings say
        logs.end()
