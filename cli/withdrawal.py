"""``bannasar withdraw`` and ``bannasar reinstate``."""

import typer

from cli.actor import operator
from cli.common import ArchiveOption, CaseArgument, ReasonOption, open_archive, out, warn
from models.exit_status import ExitStatus
from pipeline.services import withdraw as service
from pipeline.services.withdraw import Marked


def withdraw(case: CaseArgument, reason: ReasonOption, archive: ArchiveOption = None) -> None:
    """Hide a case file from searches; its bag is kept as it is, and the journal says who had it done, when and why.

    Nothing is ever deleted. `bannasar reinstate` undoes it.

    Example:
        bannasar withdraw box-001_dossier-A --reason "order 12/2026 of the court"
    """
    with open_archive(archive) as opened:
        done = service.withdraw(opened, operator(), case, reason)
    until = "searches find it until the index can be used again, and `bannasar index sync` has told it"
    _end(done, f"{case} is withdrawn, and its bag is kept; but {until}.")
    out.print(f"{case} is withdrawn: searches do not find it, and its bag is kept.")


def reinstate(case: CaseArgument, reason: ReasonOption, archive: ArchiveOption = None) -> None:
    """Let searches find a case file again that was withdrawn.

    Example:
        bannasar reinstate box-001_dossier-A --reason "order 31/2026 of the court"
    """
    with open_archive(archive) as opened:
        done = service.reinstate(opened, operator(), case, reason)
    _end(done, f"{case} is reinstated; `bannasar index sync` lets searches find it.")
    out.print(f"{case} is reinstated: searches find it.")


def _end(done: Marked, without_index: str) -> None:
    """Say what went only half way, and end with the status for that."""
    warn(done.warning)
    if done.index_error:
        warn(f"The index is told when it can be used: {done.index_error}")
        warn(f"bannasar: {without_index}")
        raise typer.Exit(ExitStatus.SOME_FAILED)
