"""``bannasar check``."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cli.common import ArchiveOption, JsonOption, out, read_settings
from cli.terminal import Text, print_json
from models.exit_status import ExitStatus
from pipeline.services.archives import Archive
from pipeline.services.authenticity import Finding, Verdict, check_authenticity

_STYLES = {Verdict.RIGHT: "bold green", Verdict.CHANGED: "bold red", Verdict.UNKNOWN: "bold yellow"}


def check(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="A bag, a file of a bag, a PDF, a picture of a certificate, or the text of its code."
        ),
    ],
    key: Annotated[
        list[Path] | None,
        typer.Option("--key", metavar="KEY.pem", help="The archive's public key. [default: those in the archive]"),
    ] = None,
    archive: ArchiveOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check offline whether something is what the archive signed: right, changed (what), or unknown.

    You only need the public key: `bannasar keys show` says where it is, and you can give it to anyone. Without --key,
    the archive's own keys are used. A file without a signature is looked for in the archive, if there is one. The exit
    status is 0 for right, 2 for changed and 3 for unknown.

    Examples:
        bannasar check dossier-A.zip --key court.pem

        bannasar check photo-of-the-certificate.jpg --key court.pem
    """
    found = check_authenticity(Archive(read_settings(archive)), file, key)
    if as_json:
        print_json(asdict(found))
    else:
        _print(found)
    if found.verdict is not Verdict.RIGHT:
        raise typer.Exit(ExitStatus.SOME_FAILED if found.verdict is Verdict.CHANGED else ExitStatus.UNKNOWN)


def _print(found: Finding) -> None:
    out.print(Text.assemble((found.verdict.value, _STYLES[found.verdict]), f": {found.reason}"))
    for damage in found.damages:
        out.print(f"  {damage.kind}: {damage.path} {damage.detail}".rstrip())
    if found.statement:
        for name, value in asdict(found.statement).items():
            out.print(f"  {name}: {value}")
