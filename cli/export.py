"""``bannasar export``."""

from pathlib import Path
from typing import Annotated

import typer

from cli.actor import at_the_shell
from cli.common import ArchiveOption, CaseArgument, err, keep_outside, open_archive, out, warn_of_damage
from models.errors import ConflictError
from models.exit_status import ExitStatus
from models.plural import number_of, plural
from pipeline.services.export import Format, export_bag, export_documents, export_files, export_iiif, formats
from pipeline.services.keys import public_keys
from pipeline.services.text_export import export_text

ToOption = Annotated[Path, typer.Option(metavar="DIR", help="Folder for them; it is made if it is not there.")]
_MOST_FAILED = 20

app = typer.Typer(help="Copy case files and texts out of the archive.", no_args_is_help=True)


@app.command()
def text(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder for the texts; it is made if it is not there.")],
    archive: ArchiveOption = None,
    box: Annotated[str | None, typer.Option(metavar="BOX", help="Only this box, by its id.")] = None,
) -> None:
    """Write the text of every archived scan that is not withdrawn, one file a scan, with form feeds between its pages.

    A scan ``letters/12.pdf`` becomes ``letters/12.txt``; where two scans would become one file, each keeps its whole
    name (``letters/12.pdf.txt``), and where that is not enough, gets digits of its SHA-256. Capital letters make no
    difference, because some disks do not distinguish them. With more than one box in the archive, each box has its
    own folder. A text that is there already is overwritten.

    Example:
        bannasar export text ./texts
    """
    with open_archive(archive) as opened:
        keep_outside(opened.folder, folder)
        done = export_text(opened, at_the_shell(), folder, box)
    texts = "1 text" if done.written == 1 else f"{done.written:,} texts"
    out.print(f"{texts} written to {folder}.")
    if done.others:
        out.print(f"Not part of this export, and left as they are: {done.others:,} .txt files.")
    for file, reason in done.failed[:_MOST_FAILED]:
        err.print(f"Not written: {file}: {reason}.", style="bold red", markup=False)
    if (more := len(done.failed) - _MOST_FAILED) > 0:
        err.print(f"And {more:,} more. Name another folder, or move away what is there.", style="bold red")
    warn_of_damage(opened.folder, done.damaged)
    if done.failed or done.damaged:
        raise typer.Exit(ExitStatus.SOME_FAILED)


@app.command()
def bag(
    case: CaseArgument,
    to: Annotated[Path, typer.Option(metavar="DIR|FILE.zip", help="The folder or ZIP file for the bag.")],
    archive: ArchiveOption = None,
) -> None:
    """Copy the bag of a case file, verified before and after; `bannasar import` adds it to another archive.

    Examples:
        bannasar export bag box-001_dossier-A --to /media/stick

        bannasar export bag box-001_dossier-A --to dossier-A.zip
    """
    with open_archive(archive) as opened:
        keep_outside(opened.folder, to)
        made = export_bag(opened, at_the_shell(), case, to)
    out.print(f"{case} is copied to {made}.")


@app.command()
def pdf(case: CaseArgument, to: ToOption, archive: ArchiveOption = None) -> None:
    """Copy the documents of a case file, signed, so that each can be checked by itself.

    In an archive without a key (`bannasar keys init`) they are copied as they are.

    Example:
        bannasar export pdf box-001_dossier-A --to ./for-the-court
    """
    with open_archive(archive) as opened:
        keep_outside(opened.folder, to)
        made = export_documents(opened, at_the_shell(), case, to)
        signed = "signed" if opened.recorder.signer else "not signed: the archive has no key"
    documents = plural(len(made), f"document of {case} is", f"documents of {case} are")
    out.print(f"{len(made)} {documents} copied to {to}, {signed}.")


@app.command()
def iiif(
    case: CaseArgument,
    to: ToOption,
    base: Annotated[str, typer.Option(metavar="URL", help="The address at which a web server will serve that folder.")],
    archive: ArchiveOption = None,
) -> None:
    """Write a case file for viewers of the IIIF: a manifest, a picture of each page, the text as annotations.

    Any web server can serve the folder; Mirador and the Universal Viewer open the manifest.

    Example:
        bannasar export iiif box-001_dossier-A --to ./iiif --base https://archive.example/iiif
    """
    with open_archive(archive) as opened:
        keep_outside(opened.folder, to)
        made = export_iiif(opened, at_the_shell(), case, to, base)
    out.print(f"The manifest of {case} is {made}.")


@app.command()
def verifier(
    to: Annotated[Path, typer.Option(metavar="FILE.html", help="The file for the page.")],
    archive: ArchiveOption = None,
) -> None:
    """Write one page of HTML on which anybody checks certificates, signed PDFs and bags, without a network.

    The page trusts the same public keys as the archive (`bannasar keys show`); after a new key, write it again. Give it
    away as a file, or put it on a web server and name its address in the setting verify.address.

    Example:
        bannasar export verifier --to verify.html
    """
    from web.verifier import verifier_page  # noqa: PLC0415  # slow to load, and only needed here

    with open_archive(archive) as opened:
        keep_outside(opened.folder, to)
        page = verifier_page(public_keys(opened, at_the_shell()))
    try:
        with to.open("x", encoding="utf-8") as stream:
            stream.write(page)
    except FileExistsError as error:
        raise ConflictError(f"{to} is there already.", "Name another file, or move it away.") from error
    out.print(f"The page that checks offline is {to}.")


def _add_command(form: Format) -> None:
    def export(case: CaseArgument, to: ToOption, archive: ArchiveOption = None) -> None:
        with open_archive(archive) as opened:
            keep_outside(opened.folder, to)
            made = export_files(opened, at_the_shell(), case, form, to)
        out.print(f"{number_of(len(made), 'file')} of {case} written to {to}.")

    example = f"Example:\n    bannasar export {form.name} box-001_dossier-A --to ./{form.name}"
    app.command(form.name, help=f"{form.help}\n\n{example}")(export)


_own = {command.callback.__name__ for command in app.registered_commands if command.callback}
for _form in formats():
    if _form.name not in _own:  # `export text` is for the whole archive
        _add_command(_form)
