"""``bannasar withdraw`` and ``bannasar reinstate``."""

import typer

from cli.actor import at_the_shell
from cli.common import ArchiveOption, CaseArgument, ReasonOption, open_archive, out, warn
from models.exit_status import ExitStatus
from pipeline.services import withdraw as service
from pipeline.services.withdraw import Marked


def withdraw(case: CaseArgument, reason: ReasonOption, archive: ArchiveOption = None) -> None:
    """Hide a case file from searches. Its bag stays as it is; the journal records who did it, when and why.

    Nothing is ever deleted. `bannasar reinstate` reverses it.

    Example:
        bannasar withdraw box-001_dossier-A --reason "order 12/2026 of the court"
    """
    with open_archive(archive) as opened:
        done = service.withdraw(opened, at_the_shell(), case, reason)
    _end(done, f"{case} is withdrawn, but searches still find it. Type `bannasar index sync` later.")
    out.print(f"{case} is withdrawn: searches do not find it, and its bag is kept.")


def reinstate(case: CaseArgument, reason: ReasonOption, archive: ArchiveOption = None) -> None:
    """Show a withdrawn case file in searches again.

    Example:
        bannasar reinstate box-001_dossier-A --reason "order 31/2026 of the court"
    """
    with open_archive(archive) as opened:
        done = service.reinstate(opened, at_the_shell(), case, reason)
    _end(
        done,
        f"{case} is reinstated, but searches do not find it yet. Type `bannasar index sync` later.",
    )
    out.print(f"{case} is reinstated: searches find it.")


def _end(done: Marked, without_index: str) -> None:
    """Say what was done only in part, and end with the exit status for that."""
    warn(done.warning)
    if done.index_error:
        warn(f"The index does not have the change yet: {done.index_error}")
        warn(f"bannasar: {without_index}")
        raise typer.Exit(ExitStatus.SOME_FAILED)
