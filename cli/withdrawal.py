"""``bannasar withdraw`` and ``bannasar reinstate``."""

from pathlib import Path

from cli.changing import CaseArgument, ReasonOption, change
from cli.common import ArchiveOption, Exit, give_up, out, read_settings
from models.settings import Settings
from pipeline.archive import withdrawal
from pipeline.archive.journal import Event
from pipeline.run.custody import Registrar


def withdraw(case: CaseArgument, reason: ReasonOption, archive: ArchiveOption = None) -> None:
    """Hide a case file from searches; its bag is kept as it is, and the journal says who had it done, when and why.

    Nothing is ever deleted. `bannasar reinstate` undoes it.

    Example:
        bannasar withdraw box-001_dossier-A --reason "order 12/2026 of the court"
    """

    def mark(bag: Path, journal: Registrar) -> None:
        if withdrawal.is_withdrawn(bag):
            give_up(f"{case} is withdrawn already.")
        # Nothing is hidden or shown that is not written down; after a crash in between, it is typed again.
        journal.enter(Event.WITHDRAWN, bag, reason)
        withdrawal.withdraw(bag, reason)

    if not change(_settings(archive, reason), case, mark):
        until = "searches find it until the index can be used again, and `bannasar index sync` has told it"
        give_up(f"{case} is withdrawn, and its bag is kept; but {until}.", Exit.SOME_FAILED)
    out.print(f"{case} is withdrawn: searches do not find it, and its bag is kept.")


def reinstate(case: CaseArgument, reason: ReasonOption, archive: ArchiveOption = None) -> None:
    """Let searches find a case file again that was withdrawn.

    Example:
        bannasar reinstate box-001_dossier-A --reason "order 31/2026 of the court"
    """

    def unmark(bag: Path, journal: Registrar) -> None:
        if not withdrawal.is_withdrawn(bag):
            give_up(f"{case} is not withdrawn.")
        journal.enter(Event.REINSTATED, bag, reason)
        withdrawal.reinstate(bag)

    if not change(_settings(archive, reason), case, unmark):
        give_up(f"{case} is reinstated; `bannasar index sync` lets searches find it.", Exit.SOME_FAILED)
    out.print(f"{case} is reinstated: searches find it.")


def _settings(archive: Path | None, reason: str) -> Settings:
    if not reason.strip():
        give_up("Say why: --reason TEXT.")
    return read_settings(archive)
