"""``bannasar doctor``."""

import typer

from cli.actor import at_the_shell
from cli.common import ArchiveOption, out, read_settings
from cli.terminal import Text
from models.exit_status import ExitStatus
from pipeline.services.doctor import examine


def doctor(archive: ArchiveOption = None) -> None:
    """Check Tesseract and its models, poppler, fonts, the disk and the archive; say how to fix problems.

    The exit status is 0 when all is well, 3 when something must be fixed.

    Example:
        bannasar doctor
    """
    ill = 0
    for check in examine(read_settings(archive), at_the_shell()):
        mark = Text("✓ ", "green") if check.well else Text("✗ ", "bold red")
        out.print(Text.assemble(mark, (f"{check.name}: ", "bold"), check.found))
        if not check.well:
            ill += 1
            out.print(Text(f"    {check.fix}"))
    if ill:
        raise typer.Exit(ExitStatus.MISSING_DEPENDENCY)
