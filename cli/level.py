"""``bannasar seal`` and ``bannasar level``."""

from datetime import datetime
from typing import Annotated

import typer

from cli.actor import at_the_shell
from cli.common import ArchiveOption, ReasonOption, open_archive, out, warn
from models.errors import UsageError
from models.exit_status import ExitStatus
from models.level import Level
from pipeline.services import seal as service
from pipeline.services.archives import Archive
from pipeline.services.askers import Asker
from pipeline.services.level_commit import Set, level_in_words
from pipeline.services.seal import Part, Why

DocumentOption = Annotated[
    int | None, typer.Option("--document", min=1, metavar="N", help="One document of the case file, by its number.")
]
PageOption = Annotated[
    int | None, typer.Option("--page", min=1, metavar="N", help="One page of that document, counted from 1.")
]
OrderOption = Annotated[str, typer.Option("--order", metavar="NUMBER", help="The number of the court's order.")]
UntilOption = Annotated[
    datetime | None,
    typer.Option(
        "--until", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="The first day on which it does not count any more."
    ),
]
NameArgument = Annotated[
    str, typer.Argument(metavar="CASE|BOX", help="The case file, by its id; with --box a box, by its id.")
]
BoxOption = Annotated[
    bool, typer.Option("--box", help="A whole box: each of its case files, and those that come in later.")
]


def seal(
    name: NameArgument,
    reason: ReasonOption,
    box: BoxOption = False,
    document: DocumentOption = None,
    page: PageOption = None,
    order: OrderOption = "",
    until: UntilOption = None,
    archive: ArchiveOption = None,
) -> None:
    """Seal a case file, a document, a page or a box: only people with a grant see it.

    It is in effect when the command ends, even while a run works on the archive; the bag has it when the run has ended.
    `bannasar unseal` opens it again, and takes two people.

    Example:
        bannasar seal box-001_dossier-A --document 2 --order 12/2026 --reason "a minor is named"
    """
    why = Why(reason, order, until.astimezone() if until else None)
    with open_archive(archive) as opened:
        _set(opened, at_the_shell(), name, Part(document, page), Level.SEALED, why, box=box)


def level(
    name: NameArgument,
    to: Annotated[
        Level | None, typer.Argument(metavar="LEVEL", help="public, registered, staff or sealed; shown if left out.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, for the journal.")] = "",
    box: BoxOption = False,
    document: DocumentOption = None,
    page: PageOption = None,
    order: OrderOption = "",
    until: UntilOption = None,
    archive: ArchiveOption = None,
) -> None:
    """Show who may see a case file, or set it: public, registered, staff or sealed.

    The strictest of what is set on the case file, a document and a page counts. With --until the level counts only
    until that day, in addition to what is set already. What is sealed is opened by `bannasar unseal`.

    Example:
        bannasar level box-001_dossier-A

        bannasar level box-001 public --box --reason "published 1997"
    """
    with open_archive(archive) as opened:
        if to is None:
            if box:
                raise UsageError("A box has no level to show.", "Name a case file, or the level to set on the box.")
            _show(opened, name)
            return
        why = Why(reason, order, until.astimezone() if until else None)
        _set(opened, at_the_shell(), name, Part(document, page), to, why, box=box)


def _set(archive: Archive, asker: Asker, name: str, part: Part, to: Level, why: Why, *, box: bool) -> None:
    if box:
        done = service.set_level_of_box(archive, asker, name, to, why)
    else:
        done = service.set_level(archive, asker, name, part, to, why)
    finish(done, f"{name} is {to} now." if not why.until else f"{name} is at least {to} until {why.until:%Y-%m-%d}.")


def finish(done: Set, sentence: str) -> None:
    """Say what was done, and what of it only in part; end with the status for that."""
    warn(done.warning)
    if done.waits:
        out.print("In effect: only operators see it. The seal is put into the bag when other work on the archive ends.")
        return
    out.print(sentence)
    if done.index_error:
        warn(f"The index does not have the change yet: {done.index_error}")
        warn("People who sign in do not see it at all until `bannasar index sync` has gone through.")
        raise typer.Exit(ExitStatus.SOME_FAILED)


def _show(archive: Archive, case: str) -> None:
    record, levels = service.levels_of(archive, at_the_shell(), case)
    out.print(f"{case}: {levels.level}")
    for document in record.documents:
        for number, page in enumerate(document.pages, 1):
            own = levels.of(page.scan, page.number)
            if own is not levels.level:
                out.print(f"  document {document.number}, page {number}: {own}")
    for one in service.waiting_for(archive, at_the_shell(), case):
        out.print(f"  In effect, and not in the bag yet: {level_in_words(one)}")
    for one in record.restrictions:
        out.print(f"  {one.at:%Y-%m-%d %H:%M} {one.by.name}: {level_in_words(one)}")
