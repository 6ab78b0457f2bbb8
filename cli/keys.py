"""``bannasar keys``."""

from pathlib import Path
from typing import Annotated

import typer

from cli.actor import at_the_shell
from cli.common import ArchiveOption, out, read_settings
from models.errors import BagError
from models.plural import number_of
from pipeline.services import keys as service
from pipeline.services.archives import Archive

app = typer.Typer(
    help="Look after the key that signs bags and journal, and those that are trusted.", no_args_is_help=True
)


@app.command()
def init(archive: ArchiveOption = None) -> None:
    """Make a key, and sign with it from now on; a key that is there already is used.

    The private key is written to the file in the setting signing.key_file, outside the archive: keep a copy of it in a
    safe. The public key is written into the archive's folder ``keys``: give it to the people who will check what you
    export. `bannasar keys sign` signs the bags that are there already.

    Example:
        bannasar keys init
    """
    with Archive(read_settings(archive)) as opened:
        key = service.make(opened, at_the_shell())
        is_begun = next(opened.bags(), None) is not None
    what = "is made" if key.is_new else "is used"
    out.print(f"The private key {what}: {key.private}. Keep a copy in a safe place, never with the archive.")
    out.print(f"The public key, to give to others: {key.public}")
    if is_begun:
        out.print("Sign the bags that are there already: `bannasar keys sign`.")


@app.command()
def show(archive: ArchiveOption = None) -> None:
    """Show the keys that the archive trusts, and which of them it signs with.

    Example:
        bannasar keys show
    """
    with Archive(read_settings(archive)) as opened:
        known = service.known(opened, at_the_shell())
    for file in known.files:
        out.print(f"{'signs' if file.stem == known.own else 'trusted'}: {file}")
    if known.warning:
        out.print(known.warning)
    elif not known.own:
        out.print("The archive has no key, and signs nothing. Make one: `bannasar keys init`.")


@app.command()
def trust(
    key: Annotated[Path, typer.Argument(metavar="KEY.pem", help="Another archive's public key.")],
    archive: ArchiveOption = None,
) -> None:
    """Trust what another archive's key signed: then `bannasar check` knows that key.

    Example:
        bannasar keys trust court-of-appeal.pem
    """
    with Archive(read_settings(archive)) as opened:
        fingerprint = service.trust_key(opened, at_the_shell(), key)
    out.print(f"The archive trusts {fingerprint}.")


@app.command()
def sign(archive: ArchiveOption = None) -> None:
    """Verify and sign the bags that the archive's key has not signed yet.

    Bags that are damaged, or that are not the ones in the journal, are named and not signed. The journal is signed
    too, if something was recorded in it while the key was not there.

    Example:
        bannasar keys sign
    """
    with Archive(read_settings(archive)) as opened:
        signed = service.sign(opened, at_the_shell())
    out.print(f"{number_of(signed.count, 'bag')} signed.")
    if signed.skipped:
        raise BagError(
            "Not signed, because they are not as they were sealed, or not the ones in the journal: "
            f"{', '.join(signed.skipped)}.",
            "`bannasar verify` says more.",
        )
