"""All the commands of ``bannasar``."""

import gc
import importlib
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.main
from typer.core import TyperCommand, TyperGroup

from cli.typed import TYPED
from models.exit_status import ExitStatus

# In the order of the help: the name that is typed; its function or group of commands; its line in the help. The lines
# are repeated here so that the help loads no command; tests/cli/test_app.py compares them with the functions' own.
_COMMANDS = {
    "run": ("cli.run:run", "Digitise boxes: read every page, archive every case file, make it searchable."),
    "watch": ("cli.watch:watch", "Ingest scans as a scanner saves them into a folder, until you stop it."),
    "status": ("cli.status:status", "Show the state of every box; for one box, the state of each scan."),
    "failures": (
        "cli.failures:failures",
        "Show what failed and what was refused, by code: how often, with examples, and what to do.",
    ),
    "show": ("cli.show:show", "Show everything about one scan: its state, where it is, its pages, every attempt."),
    "rerun": (
        "cli.rerun:rerun",
        "Digitise again what failed, what was read badly, or what was read with an older recipe.",
    ),
    "report": (
        "cli.report:report",
        "Write a box's report as one page of HTML, to look at, print, or put into the box.",
    ),
    "search": ("cli.search:search", "Find pages, the best first, and mark the words that were found."),
    "serve": (
        "cli.serve:serve",
        "Open the archive in a browser: search, read, cite and verify, in Khmer, French or English.",
    ),
    "demo": ("cli.demo:demo", "Make a training archive from the sample boxes: nothing in it can be broken."),
    "export": ("cli.export:app", "Copy case files and texts out of the archive."),
    "index": ("cli.index:app", "Look after the index: it can always be made again from the bags."),
    "ledger": ("cli.ledger:app", "Look after the ledger."),
    "verify": (
        "cli.verify:verify",
        "Read every bag again and list what is not as it was sealed: changed, missing and added files, each by"
        " its name.",
    ),
    "rebuild": (
        "cli.rebuild:rebuild",
        "Make a new ledger and index from the bags alone: for an archive that was copied, or whose ledger is lost.",
    ),
    "import": (
        "cli.import_bag:import_bag",
        "Import a case file from another archive: its bag is verified, copied, and indexed.",
    ),
    "review": (
        "cli.review:review",
        "List the documents that a person should look at, the least confident first, with the command to type.",
    ),
    "reports": ("cli.reports:app", "Answer mistakes that readers reported on pages."),
    "correct": (
        "cli.correct:correct",
        "Correct what the machine read in a document: its kind, date, case number or court.",
    ),
    "split": (
        "cli.correct:split",
        "Split a document in two, where the machine did not notice that a second one begins.",
    ),
    "merge": (
        "cli.correct:merge",
        "Join a document with the one before it, where the machine was wrong to begin a new one.",
    ),
    "kinds": (
        "cli.kinds:kinds",
        "List the kinds of document in the glossary, with their titles in three languages and the evidence for them.",
    ),
    "train": (
        "cli.train:train",
        "Train the classifier with corrections by people (`bannasar correct`) and the made papers of its first "
        "training.",
    ),
    "evaluate": (
        "cli.train:evaluate",
        "Compare what the classifier says with what people entered, on documents that it was not trained with.",
    ),
    "withdraw": (
        "cli.withdrawal:withdraw",
        "Hide a case file from searches. Its bag stays as it is; the journal records who did it, when and why.",
    ),
    "reinstate": ("cli.withdrawal:reinstate", "Show a withdrawn case file in searches again."),
    "seal": (
        "cli.level:seal",
        "Seal a case file, a document, a page or a box: only people with a grant see it.",
    ),
    "unseal": ("cli.unseal:app", "Open what is sealed: one person requests it, another grants it."),
    "level": ("cli.level:level", "Show who may see a case file, or set it: public, registered, staff or sealed."),
    "requests": ("cli.unseal:requests", "Look after what people ask to see."),
    "users": ("cli.users:app", "Look after the accounts of people who sign in."),
    "audit": ("cli.audit:app", "Look into the audit log: who saw and did what."),
    "keys": ("cli.keys:app", "Look after the key that signs bags and journal, and those that are trusted."),
    "sheets": (
        "cli.sheets:sheets",
        "Print separator sheets to put between documents before scanning: a new document begins after each.",
    ),
    "certify": (
        "cli.certify:certify",
        "Write a certificate of a case file: a signed PDF of one page, with a QR code that holds the same on paper.",
    ),
    "check": (
        "cli.check:check",
        "Check offline whether something is what the archive signed: right, changed (what), or unknown.",
    ),
    "doctor": (
        "cli.doctor:doctor",
        "Check Tesseract and its models, poppler, fonts, the disk and the archive; say how to fix problems.",
    ),
}


class _Commands(TyperGroup):
    """The commands. Each is loaded only when it is typed, so that a search does not wait for the parts of a run."""

    def __init__(self, **values: Any) -> None:  # noqa: ANN401  # Typer's own types
        named = {name: TyperCommand(name, help=summary) for name, (_, summary) in _COMMANDS.items()}
        super().__init__(**values | {"commands": named})

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002  # as Typer's
        """Load a command."""
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name][0].split(":")
        found = getattr(importlib.import_module(module), name)
        if not gc.isenabled():
            # What is loaded stays, and is never looked at again.
            gc.freeze()
            gc.enable()
        if isinstance(found, typer.Typer):
            group = typer.main.get_group(found)
            group.name = cmd_name
            return group
        alone = typer.Typer(add_completion=False, pretty_exceptions_show_locals=False)
        alone.command(cmd_name)(found)
        return typer.main.get_command(alone)

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  # as Typer's
        """Write the help, without loading any command."""
        self._unloaded().format_help(ctx, formatter)

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:  # noqa: ANN401  # as Typer's
        """Return the commands that begin with ``incomplete``, without loading any."""
        unloaded = self._unloaded()
        named = unloaded.make_context(ctx.info_name, [], parent=ctx.parent, resilient_parsing=True)
        return unloaded.shell_complete(named, incomplete)

    def _unloaded(self) -> TyperGroup:
        return TyperGroup(
            name=self.name, commands=dict(self.commands), params=self.params, help=self.help, epilog=self.epilog
        )

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
    """End with 1 what Typer refuses: here, 2 means that some scans failed."""
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
        from importlib.metadata import version  # noqa: PLC0415  # slow to load, and only needed here

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
        from cli.logs import begin  # noqa: PLC0415  # slow to load, and only needed here

        begin()
    ctx.call_on_close(_end_log)


def _end_log() -> None:
    if logs := sys.modules.get("cli.logs"):  # the settings of a command may have begun it
        logs.end()
