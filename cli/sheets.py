"""``bannasar sheets``."""

from pathlib import Path
from typing import Annotated

import typer

from cli.common import out, read_settings
from models.plural import number_of
from pipeline.services.separator_sheet import make_sheets


def sheets(
    to: Annotated[Path, typer.Option(metavar="FILE.pdf", help="The PDF file for the sheets.")],
    count: Annotated[int, typer.Option(min=1, max=500, help="How many sheets.")] = 1,
    kind: Annotated[str, typer.Option(help="The kind of the document that follows, as in the glossary.")] = "",
    case: Annotated[str, typer.Option(metavar="NUMBER", help="Its case number.")] = "",
) -> None:
    """Print separator sheets to put between documents before scanning: a new document begins after each.

    They are A4 and can be used again and again. The sheets themselves stay in the archive as they were scanned, and
    are not searched.

    Examples:
        bannasar sheets --to sheets.pdf --count 50

        bannasar sheets --to judgments.pdf --count 10 --kind judgment

        bannasar sheets --to 458-98.pdf --case 458/98
    """
    make_sheets(read_settings(None), to, count, kind, case)
    out.print(f"{to} has {number_of(count, 'sheet')} to print on A4.")
