"""``bannasar correct``, ``split`` and ``merge``."""

from typing import Annotated

import typer

from cli.actor import at_the_shell
from cli.common import ArchiveOption, CaseArgument, open_archive, out, warn
from cli.terminal import Text
from models.case import Document
from models.correction import About
from models.fact import FactName
from pipeline.services import correct as service
from pipeline.services.correct import Corrected

DocumentOption = Annotated[
    int | None, typer.Option("--document", min=1, metavar="N", help="The document's number. [default: the only one]")
]


def correct(
    case: CaseArgument,
    document: DocumentOption = None,
    kind: Annotated[
        str | None, typer.Option(metavar="KIND", help="What kind it is; `bannasar kinds` lists them.")
    ] = None,
    date: Annotated[
        str | None, typer.Option(metavar="DATE", help="Its date: 1998-03-02, 1998-03, 1998, or as the paper has it.")
    ] = None,
    case_number: Annotated[str | None, typer.Option(metavar="NUMBER", help="The number of its case in court.")] = None,
    court: Annotated[
        str | None, typer.Option(metavar="NAME", help="The court, by any of its names, with the province.")
    ] = None,
    archive: ArchiveOption = None,
) -> None:
    """Correct what the machine read in a document: its kind, date, case number or court.

    Type `none` where the document has no such thing, and `machine` to undo an earlier correction. The archive
    keeps what the machine read together with the correction. A correction stays through every rerun and is recorded in
    the journal; `bannasar train` learns from it.

    Examples:
        bannasar correct box-17_letter.jpg --kind summons --date 1964-09-18

        bannasar correct box-17_dossier-A --document 3 --case-number 458/98 --court "សាលាដំបូងខេត្តកំពត"

        bannasar correct box-17_dossier-A --document 3 --kind machine
    """
    given = {About.KIND: kind, About.DATE: date, About.CASE_NUMBER: case_number, About.COURT: court}
    values = {about: value for about, value in given.items() if value is not None}
    with open_archive(archive) as opened:
        _print(service.correct(opened, at_the_shell(), case, document, values))


def split(
    case: CaseArgument,
    page: Annotated[
        int, typer.Option(min=2, metavar="P", help="The page on which the second document begins, from 2.")
    ],
    document: DocumentOption = None,
    archive: ArchiveOption = None,
) -> None:
    """Split a document in two, where the machine did not notice that a second one begins.

    Example:
        bannasar split box-17_scan.pdf --document 1 --page 3
    """
    with open_archive(archive) as opened:
        _print(service.split(opened, at_the_shell(), case, document, page))


def merge(
    case: CaseArgument,
    document: Annotated[int, typer.Option("--document", min=2, metavar="N", help="The later document of the two.")],
    archive: ArchiveOption = None,
) -> None:
    """Join a document with the one before it, where the machine was wrong to begin a new one.

    Corrections of the earlier one count for both. Corrections of the later one are kept, and count again after a split.

    Example:
        bannasar merge box-17_scan.pdf --document 2
    """
    with open_archive(archive) as opened:
        _print(service.merge(opened, at_the_shell(), case, document))


def _print(corrected: Corrected) -> None:
    warn(corrected.warning)
    for document in corrected.case.documents:
        out.print(_line(document))
    if corrected.inactive:
        waiting = ", ".join(f"{one.about.value} {one.value or 'none'}" for one in corrected.inactive)
        out.print(f"These corrections do not count while the two documents are one: {waiting}.")
        out.print("They count again after `bannasar split`.")
    if corrected.index_error:
        warn(f"The index does not have the change yet: {corrected.index_error}")
        warn("Searches show the old state until the index can be used: then type `bannasar index sync`.")


def _line(document: Document) -> Text:
    corrected = {fact.name for fact in document.facts if fact.by}
    facts = [
        value + (" *" if name in corrected else "")
        for name in (FactName.DATE, FactName.CASE_NUMBER, FactName.COURT)
        if (value := document.best_value(name))
    ]
    kind = document.kind + (" *" if document.kind_by else "")
    pages = f"{len(document.pages)} page{'s' if len(document.pages) > 1 else ''}"
    return Text(f"{document.number}. {document.title}, {pages}: {' · '.join((kind, *facts))}")
