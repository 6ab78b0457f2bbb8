"""``bannasar sheets``."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from cli.common import out, read_settings
from models.errors import ConflictError, UsageError
from models.glossary import Named
from pipeline.document.glossary import read_glossary
from pipeline.document.sheets import LONGEST_CASE, SheetFields, payload
from pipeline.formats.separator_sheet import write_sheets


def sheets(
    to: Annotated[Path, typer.Option(metavar="FILE.pdf", help="Where the sheets go.")],
    count: Annotated[int, typer.Option(min=1, max=500, help="How many sheets.")] = 1,
    kind: Annotated[str, typer.Option(help="The kind of the document that follows, as in the glossary.")] = "",
    case: Annotated[str, typer.Option(metavar="NUMBER", help="Its case number.")] = "",
) -> None:
    """Print separator sheets, to lay between documents before scanning: a new document begins after each.

    They are A4 and can be used again and again. The sheets themselves stay in the archive as they were scanned, and
    are not searched.

    Examples:
        bannasar sheets --to sheets.pdf --count 50

        bannasar sheets --to judgments.pdf --count 10 --kind judgment

        bannasar sheets --to 458-98.pdf --case 458/98
    """
    case = " ".join(case.split())
    if len(case) > LONGEST_CASE or not case.isprintable():
        raise UsageError(
            f"A case number on a sheet has {LONGEST_CASE} characters at most, all of which can be printed."
        )
    if to.exists():
        raise ConflictError(f"{to} is there already.", "Name another file, or move it away.")
    kinds = read_glossary(Path(read_settings(None).document.glossary)).kinds
    if kind and kind not in kinds:
        raise UsageError(f"The glossary has no kind {kind}.", f"It has: {', '.join(sorted(kinds))}.")
    about = [f"ប្រភេទ · Type · Kind: {_titles(kinds[kind])}"] if kind else []
    about += [f"សំណុំរឿង · Dossier · Case: {case}"] if case else []
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".bannasar-", dir=to.parent) as folder:
        made = Path(folder, "sheets.pdf")
        write_sheets(payload(SheetFields(kind, case)), about, count, made)
        made.replace(to)
    sheet = "1 sheet" if count == 1 else f"{count} sheets"
    out.print(f"{to} has {sheet} to print on A4.")


def _titles(kind: Named) -> str:
    return " · ".join(names[0] for names in (kind.km, kind.fr, kind.en) if names)
