"""``bannasar correct``, ``split`` and ``merge``."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from cli.changing import CaseArgument, change
from cli.common import ArchiveOption, Exit, give_up, out, read_settings
from cli.terminal import Text
from models.case import CaseFile, Document
from models.correction import About, Correction
from models.fact import FactName
from models.settings import Settings
from pipeline.archive.bag import read_case
from pipeline.archive.fixity import NotSoundError
from pipeline.archive.journal import operator
from pipeline.document.describe import resting
from pipeline.document.glossary import read_names
from pipeline.document.said import UnsayableError, corrections
from pipeline.document.said import merge as merged
from pipeline.document.said import split as parted
from pipeline.run.custody import Registrar
from pipeline.run.put_right import put_right

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
    case_number: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="The number its case bore in court.")
    ] = None,
    court: Annotated[
        str | None, typer.Option(metavar="NAME", help="The court, by any of its names, with the province.")
    ] = None,
    archive: ArchiveOption = None,
) -> None:
    """Say what a document is, where the machine was wrong or unsure.

    `none` says that it has no such thing; `machine` takes back what was said before. What the machine read is kept
    beside it; what people say stands through every rerun, is written into the journal, and `bannasar train` learns from
    it.

    Examples:
        bannasar correct box-17_letter.jpg --kind summons --date 1964-09-18

        bannasar correct box-17_dossier-A --document 3 --case-number 458/98 --court "សាលាដំបូងខេត្តកំពត"

        bannasar correct box-17_dossier-A --document 3 --kind machine
    """
    given = {About.KIND: kind, About.DATE: date, About.CASE_NUMBER: case_number, About.COURT: court}
    said = {about: value for about, value in given.items() if value is not None}
    if not said:
        give_up("Say what is right: --kind, --date, --case-number or --court.")
    settings = read_settings(archive)

    def say(record: CaseFile, number: int) -> tuple[Correction, ...]:
        return corrections(record, number, said, read_names(Path(settings.document.glossary)), operator())

    _put_right(settings, case, document, say)


def split(
    case: CaseArgument,
    page: Annotated[
        int, typer.Option(min=2, metavar="P", help="The page of the document that begins another, from 2.")
    ],
    document: DocumentOption = None,
    archive: ArchiveOption = None,
) -> None:
    """Cut a document in two, where the machine saw no second one begin.

    Example:
        bannasar split box-17_scan.pdf --document 1 --page 3
    """

    def say(record: CaseFile, number: int) -> tuple[Correction, ...]:
        return (parted(record, number, page, operator()),)

    _put_right(read_settings(archive), case, document, say)


def merge(
    case: CaseArgument,
    document: Annotated[int, typer.Option("--document", min=2, metavar="N", help="The later one of the two.")],
    archive: ArchiveOption = None,
) -> None:
    """Join a document with the one before it, where the machine saw one begin that does not.

    What was said of the earlier one counts for both; what was said of the later one is kept, and counts again after a
    split.

    Example:
        bannasar merge box-17_scan.pdf --document 2
    """

    def say(record: CaseFile, number: int) -> tuple[Correction, ...]:
        return (merged(record, number, operator()),)

    _put_right(read_settings(archive), case, document, say)


def _put_right(
    settings: Settings, case: str, number: int | None, say: Callable[[CaseFile, int], tuple[Correction, ...]]
) -> None:
    def do(bag: Path, journal: Registrar) -> None:
        record = read_case(bag)
        if number is None and len(record.documents) > 1:
            listed = "; ".join(f"{one.number}, {one.title}" for one in record.documents)
            give_up(f"{case} has several documents. Name one with --document: {listed}.")
        try:
            said = say(record, number or 1)
        except UnsayableError as error:
            give_up(str(error))
        try:
            now = put_right(bag, said, _told(said, number or 1), settings, journal)
        except NotSoundError as error:
            give_up(str(error), Exit.SOME_FAILED)
        for document in now.documents:
            out.print(_line(document))
        places = {one.page for one in said}
        if waiting := [f"{one.about.value} {one.value or 'none'}" for one in resting(now) if one.page in places]:
            told = f"What was said of the document that began there does not count now: {', '.join(waiting)}."
            out.print(Text(f"{told} It will when `bannasar split` parts them again."))

    change(settings, case, do)


def _told(said: tuple[Correction, ...], number: int) -> str:
    parts = [
        f"{correction.about.value} {'as read' if correction.value is None else correction.value or 'none'}"
        f" (read: {correction.machine or 'none'})"
        if correction.about not in {About.BEGINS, About.CONTINUES}
        else f"{correction.about.value} at page {correction.page.number} of its scan"
        for correction in said
    ]
    return f"document {number}: {', '.join(parts)}"


def _line(document: Document) -> Text:
    said = {fact.name for fact in document.facts if fact.by}
    facts = [
        value + (" *" if name in said else "")
        for name in (FactName.DATE, FactName.CASE_NUMBER, FactName.COURT)
        if (value := document.surest(name))
    ]
    kind = document.kind + (" *" if document.kind_by else "")
    pages = f"{len(document.pages)} page{'s' if len(document.pages) > 1 else ''}"
    return Text(f"{document.number}. {document.title}, {pages}: {' · '.join((kind, *facts))}")
