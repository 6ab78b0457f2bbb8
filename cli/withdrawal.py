"""``bannasar withdraw`` and ``bannasar reinstate``."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from cli.common import ArchiveOption, err, give_up, open_ledger, out, read_settings
from models.settings import Settings
from pipeline.archive import withdrawal
from pipeline.archive.journal import Event, JournalBrokenError
from pipeline.archive.keys import KeyUnusableError
from pipeline.index.opening import open_index
from pipeline.index.store import IndexUnusableError
from pipeline.run.custody import registrar
from pipeline.run.indexing import show_or_hide
from pipeline.run.lock import ArchiveBusyError, hold

CaseArgument = Annotated[
    str, typer.Argument(metavar="CASE", help="The case file, by its id; `bannasar search` names it.")
]
ReasonOption = Annotated[str, typer.Option(help="Why, for the journal.")]


def withdraw(case: CaseArgument, reason: ReasonOption, archive: ArchiveOption = None) -> None:
    """Hide a case file from searches; its bag is kept as it is, and the journal says who had it done, when and why.

    Nothing is ever deleted. `bannasar reinstate` undoes it.

    Example:
        bannasar withdraw box-001_dossier-A --reason "order 12/2026 of the court"
    """
    settings = read_settings(archive)

    def check(bag: Path) -> None:
        if withdrawal.is_withdrawn(bag):
            give_up(f"{case} is withdrawn already.")

    _change(settings, case, Event.WITHDRAWN, reason, check, lambda bag: withdrawal.withdraw(bag, reason))
    out.print(f"{case} is withdrawn: searches do not find it, and its bag is kept.")


def reinstate(case: CaseArgument, reason: ReasonOption, archive: ArchiveOption = None) -> None:
    """Let searches find a case file again that was withdrawn.

    Example:
        bannasar reinstate box-001_dossier-A --reason "order 31/2026 of the court"
    """
    settings = read_settings(archive)

    def check(bag: Path) -> None:
        if not withdrawal.is_withdrawn(bag):
            give_up(f"{case} is not withdrawn.")

    _change(settings, case, Event.REINSTATED, reason, check, withdrawal.reinstate)
    out.print(f"{case} is reinstated: searches find it.")


def _change(
    settings: Settings,
    case: str,
    event: Event,
    reason: str,
    check: Callable[[Path], None],
    change: Callable[[Path], None],
) -> None:
    if not reason.strip():
        give_up("Say why: --reason TEXT.")
    try:
        with hold(settings.archive), open_ledger(settings.archive) as ledger:
            place = ledger.bag_of(case)
            if not place:
                give_up(f"The archive holds no case file {case}. `bannasar status` and `bannasar search` name them.")
            bag = settings.archive / place
            journal = registrar(settings)
            check(bag)
            # Nothing is hidden or shown that is not written down; after a crash in between, it is typed again.
            journal.enter(event, bag, reason)
            change(bag)
            ledger.case_not_indexed(case)
            try:
                with open_index(settings.archive, settings.index) as store:
                    show_or_hide(store, bag)
                ledger.case_indexed(case)
            except IndexUnusableError as error:
                err.print(f"The index is told when it can be used: {error}", soft_wrap=True)
    except (ArchiveBusyError, JournalBrokenError, KeyUnusableError) as error:
        give_up(str(error))
    except OSError as error:
        give_up(f"{error.filename or settings.archive}: {error.strerror}.")
