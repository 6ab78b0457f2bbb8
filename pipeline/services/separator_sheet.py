"""Separator sheets to print, and to put between documents before scanning."""

import tempfile
from pathlib import Path

from models.errors import ConflictError, UsageError
from models.glossary import Named
from models.settings import Settings
from pipeline.document.sheets import LONGEST_CASE, SheetFields, payload
from pipeline.formats.separator_sheet import write_sheets
from pipeline.services.kinds import kinds


def make_sheets(settings: Settings, to: Path, count: int, kind: str = "", case: str = "") -> None:
    """Write a PDF of separator sheets on A4.

    Args:
        settings: all settings.
        to: the file; its folder is made if it is not there.
        count: how many sheets.
        kind: the kind of the document that follows each, as in the glossary; "" where it is not known.
        case: its case number; "" where it is not known.

    Raises:
        UsageError: the glossary has no such kind, or the case number cannot be printed.
        ConflictError: there is such a file already.
        GlossaryError: the glossary cannot be read.
        OSError: the file cannot be written.
    """
    case = " ".join(case.split())
    if len(case) > LONGEST_CASE or not case.isprintable():
        raise UsageError(
            f"A case number on a sheet has at most {LONGEST_CASE} characters, and all of them must be printable."
        )
    if to.exists():
        raise ConflictError(f"{to} is there already.", "Name another file, or move it away.")
    known = kinds(settings)
    if kind and kind not in known:
        raise UsageError(f"The glossary has no kind {kind}.", f"It has: {', '.join(sorted(known))}.")
    lines = [f"ប្រភេទ · Type · Kind: {_titles(known[kind])}"] if kind else []
    lines += [f"សំណុំរឿង · Dossier · Case: {case}"] if case else []
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".bannasar-", dir=to.parent) as folder:
        made = Path(folder, "sheets.pdf")
        write_sheets(payload(SheetFields(kind, case)), lines, count, made)
        made.replace(to)


def _titles(kind: Named) -> str:
    return " · ".join(names[0] for names in (kind.km, kind.fr, kind.en) if names)
