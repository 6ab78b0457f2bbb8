"""A change to one case file: the archive is held, the bag changed and written down, the index told."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from cli.common import Exit, bag_place, check_archive, err, give_up, open_ledger
from models.failure import BannasarError
from models.settings import Settings
from pipeline.archive.journal import JournalBrokenError
from pipeline.archive.keys import KeyUnusableError
from pipeline.document.classifier import ModelError
from pipeline.document.glossary import GlossaryError
from pipeline.index.opening import open_index
from pipeline.index.store import IndexUnusableError
from pipeline.run.custody import Registrar, registrar
from pipeline.run.indexing import show_or_hide
from pipeline.run.lock import ArchiveBusyError, hold

CaseArgument = Annotated[
    str, typer.Argument(metavar="CASE", help="The case file, by its id; `bannasar search` names it.")
]
ReasonOption = Annotated[str, typer.Option(help="Why, for the journal.")]


def change(settings: Settings, case: str, do: Callable[[Path, Registrar], None]) -> bool:
    """Change the bag of a case file, and let the index follow; give up where it cannot be done.

    Args:
        settings: all of them.
        case: its id.
        do: changes the bag, and has it written down.

    Returns:
        Whether the index knows of it; where it could not be used, that is said, too.
    """
    check_archive(settings.archive)
    try:
        with hold(settings.archive), open_ledger(settings.archive) as ledger:
            bag = settings.archive / bag_place(ledger, case)
            journal = registrar(settings)
            if journal.warning:
                err.print(journal.warning)
            # Before anything changes: whoever dies over it leaves a case file that waits for the index.
            waited = ledger.waits_for_index(case)
            ledger.case_not_indexed(case)
            try:
                do(bag, journal)
            except typer.Exit:  # refused: nothing has changed
                if not waited:
                    ledger.case_indexed(case)
                raise
            try:
                with open_index(settings.archive, settings.index) as store:
                    show_or_hide(store, bag)
                ledger.case_indexed(case)
            except IndexUnusableError as error:
                err.print(f"The index is told when it can be used: {error}")
                return False
    except (ArchiveBusyError, JournalBrokenError, KeyUnusableError, GlossaryError, ModelError) as error:
        give_up(str(error))
    except BannasarError as error:
        give_up(str(error), Exit.SOME_FAILED)
    except OSError as error:
        give_up(f"{error.filename or settings.archive}: {error.strerror}.")
    return True
