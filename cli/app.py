"""All the commands of ``bannasar``."""

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

# In the order of the help: what is typed; the function, or the group of commands, that it means; what the help says of
# it, so that the help need not load them all. tests/cli/test_app.py holds it to be what the function itself says.
_COMMANDS = {
    "run": ("cli.run:run", "Digitise boxes: read every page, archive every case file, make it searchable."),
    "watch": ("cli.watch:watch", "Ingest scans as a scanner drops them into a folder, until it is stopped."),
    "status": ("cli.status:status", "Show how the boxes stand; with a box, each of its scans."),
    "failures": (
        "cli.failures:failures",
        "Show what failed and what was refused, by its code: how often, with examples, and what to do.",
    ),
    "show": ("cli.show:show", "Tell one scan's whole story: how it stands, where it lies, its pages, every attempt."),
    "rerun": (
        "cli.rerun:rerun",
        "Digitise again what failed, what was read badly, or what was read by an older recipe.",
    ),
    "report": (
        "cli.report:report",
        "Write a box's report as one page of HTML, to look at, print, or put into the box.",
    ),
    "search": ("cli.search:search", "Find pages, best first, with the words that were found marked."),
    "serve": (
        "cli.serve:serve",
        "Open the archive in a browser: search, read, cite and verify, in Khmer, French or English.",
    ),
    "export": ("cli.export:app", "Copy case files and texts out of the archive."),
    "index": ("cli.index:app", "Look after the index: it can always be made again from the bags."),
    "ledger": ("cli.ledger:app", "Look after the ledger."),
    "verify": (
        "cli.verify:verify",
        "Read every bag again and say what is not as it was sealed: changed, missing and added files, each by"
        " its name.",
    ),
    "rebuild": (
        "cli.rebuild:rebuild",
        "Make ledger and index anew from the bags alone: for an archive that was copied, or whose ledger is lost.",
    ),
    "import": (
        "cli.import_bag:import_bag",
        "Import a case file from another archive: its bag is verified, copied, and indexed.",
    ),
    "review": (
        "cli.review:review",
        "List the documents that a person should look at, the least confident first, and what to type.",
    ),
    "correct": (
        "cli.correct:correct",
        "Correct what the machine read of a document: its kind, date, case number or court.",
    ),
    "split": ("cli.correct:split", "Split a document in two, where the machine did not see that a second one begins."),
    "merge": (
        "cli.correct:merge",
        "Join a document with the one before it, where the machine was wrong to begin a new one.",
    ),
    "kinds": (
        "cli.kinds:kinds",
        "List the kinds of document of the glossary, with their titles in three languages and the evidence for them.",
    ),
    "train": (
        "cli.train:train",
        "Teach the classifier what people said with `bannasar correct`, beside the made papers it was first "
        "taught with.",
    ),
    "evaluate": (
        "cli.train:evaluate",
        "Compare what the classifier says with what people said, on the documents that it was not taught with.",
    ),
    "withdraw": (
        "cli.withdrawal:withdraw",
        "Hide a case file from searches. Its bag stays as it is; the journal says who did it, when and why.",
    ),
    "reinstate": ("cli.withdrawal:reinstate", "Show a withdrawn case file in searches again."),
    "seal": (
        "cli.level:seal",
        "Seal a case file, a document, a page or a box: nobody sees it but those to whom it is granted.",
    ),
    "unseal": ("cli.unseal:app", "Open what is sealed: one person requests it, another grants it."),
    "level": ("cli.level:level", "Show who may see a case file, or set it: public, registered, staff or sealed."),
    "requests": ("cli.unseal:requests", "Look after what people ask to see."),
    "users": ("cli.users:app", "Look after the accounts of people who sign in."),
    "audit": ("cli.audit:app", "Look into the audit log: who saw and did what."),
    "keys": ("cli.keys:app", "Look after the key that signs bags and journal, and those that are trusted."),
    "sheets": (
        "cli.sheets:sheets",
        "Print separator sheets, to lay between documents before scanning: a new document begins after each.",
    ),
    "certify": (
        "cli.certify:certify",
        "Write a certificate of a case file: a signed PDF of one page, with a QR code that says the same on paper.",
    ),
    "check": (
        "cli.check:check",
        "Check offline whether something is what the archive signed: right, changed (what), or unknown.",
    ),
    "doctor": (
        "cli.doctor:doctor",
        "Check Tesseract and its models, poppler, ghostscript, fonts, the disk and the archive; say how to mend each.",
    ),
}


class _Commands(TyperGroup):
    """The commands, each of which is loaded when it is typed: a search need not wait for all that a run is made of."""

    def __init__(self, **values: Any) -> None:  # noqa: ANN401  # as Typer gives them
        named = {name: TyperCommand(name, help=summary) for name, (_, summary) in _COMMANDS.items()}
        super().__init__(**values | {"commands": named})

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002  # as Typer's
        """Load a command."""
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name][0].split(":")
        found = getattr(importlib.import_module(module), name)
        if isinstance(found, typer.Typer):
            group = typer.main.get_group(found)
            group.name = cmd_name
            return group
        alone = typer.Typer(add_completion=False, pretty_exceptions_show_locals=False)
        alone.command(cmd_name)(found)
        return typer.main.get_command(alone)

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  # as Typer's
        """Write the help, for which no command is loaded."""
        self._unloaded().format_help(ctx, formatter)

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:  # noqa: ANN401  # as Typer's
        """Return the commands that begin so, for which none is loaded."""
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
        from importlib.metadata import version  # noqa: PLC0415  # slow to load, and wanted nowhere else

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
