"""``bannasar keys``."""

from pathlib import Path
from typing import Annotated

import typer

from cli.common import ArchiveOption, give_up, out, read_settings
from models.settings import Settings
from pipeline.archive.bag import bags
from pipeline.archive.fixity import verify_bag
from pipeline.archive.journal import Event, JournalBrokenError, append, lines, manifest_of
from pipeline.archive.keys import (
    KeyUnusableError,
    fingerprint,
    is_vouched_for,
    load_public,
    load_signer,
    make_key,
    trusted,
)
from pipeline.archive.keys import trust as trust_key
from pipeline.run.custody import adopt, as_told, key_file, passphrase, registrar
from pipeline.run.lock import ArchiveBusyError, hold

app = typer.Typer(
    help="Look after the key that signs bags and journal, and those that are trusted.", no_args_is_help=True
)


@app.command()
def init(archive: ArchiveOption = None) -> None:
    """Make a key, and let the archive sign with it from now on; a key that is there already is used.

    The private key goes to the setting signing.key_file, outside the archive: keep a copy of it in a safe. Its public
    part goes into the archive's folder ``keys``: give it to whoever is to check what you hand out. Bags that are there
    already are signed by `bannasar keys sign`.

    Example:
        bannasar keys init
    """
    settings = read_settings(archive)
    file = key_file(settings)
    try:
        with hold(settings.archive):
            signer = load_signer(file, passphrase(settings)) if file.exists() else None
            if signer and signer.fingerprint in trusted(settings.archive):
                give_up(f"The archive signs with the key {file} already.")
            told = "is used" if signer else "is made"
            signer = signer or make_key(file, passphrase(settings))
            public = adopt(settings.archive, signer)
    except (ArchiveBusyError, JournalBrokenError, KeyUnusableError) as error:
        give_up(str(error))
    except OSError as error:
        give_up(f"{error.filename or file}: {error.strerror}.")
    out.print(f"The private key {told}: {file}. Keep a copy in a safe place, and never beside the archive.")
    out.print(f"The public key, to give away: {public}")
    if next(bags(settings.archive), None):
        out.print("Sign the bags that are there already: `bannasar keys sign`.")


@app.command()
def show(archive: ArchiveOption = None) -> None:
    """Show the keys that the archive trusts, and which of them it signs with.

    Example:
        bannasar keys show
    """
    settings = read_settings(archive)
    try:
        journal = registrar(settings)
        for name in trusted(settings.archive):
            own = "signs" if journal.signer and journal.signer.fingerprint == name else "trusted"
            out.print(f"{own}: {settings.archive / 'keys' / name}.pem")
    except KeyUnusableError as error:
        give_up(str(error))
    if journal.warning:
        out.print(journal.warning)
    elif journal.signer is None:
        out.print("The archive has no key, and signs nothing. Make one: `bannasar keys init`.")


@app.command()
def trust(
    key: Annotated[Path, typer.Argument(metavar="KEY.pem", help="Another archive's public key.")],
    archive: ArchiveOption = None,
) -> None:
    """Trust what another archive's key signed: `bannasar check` then knows it.

    Example:
        bannasar keys trust court-of-appeal.pem
    """
    settings = read_settings(archive)
    if not key.exists():
        give_up(f"{key} does not exist.")
    try:
        with hold(settings.archive):
            public = load_public(key)
            signer = registrar(settings).signer
            trust_key(settings.archive, public)
            append(settings.archive, Event.KEY_TRUSTED, None, fingerprint(public), signer)
    except (ArchiveBusyError, JournalBrokenError, KeyUnusableError) as error:
        give_up(str(error))
    except OSError as error:
        give_up(f"{error.filename or key}: {error.strerror}.")
    out.print(f"The archive trusts {fingerprint(public)}.")


@app.command()
def sign(archive: ArchiveOption = None) -> None:
    """Verify and sign the bags that the archive's key has not signed yet.

    Damaged ones, and those that are not what the journal tells of, are named and left alone. The journal is signed too,
    where something was written down while the key was not there.

    Example:
        bannasar keys sign
    """
    settings = read_settings(archive)
    try:
        with hold(settings.archive):
            signed, damaged = _sign(settings)
    except (ArchiveBusyError, JournalBrokenError, KeyUnusableError) as error:
        give_up(str(error))
    except OSError as error:
        give_up(f"{error.filename or settings.archive}: {error.strerror}.")
    out.print(f"{signed} bags signed.")
    if damaged:
        told = "Not signed, for they are not as they were sealed, or not what the journal tells of"
        give_up(f"{told} (see `bannasar verify`): {', '.join(damaged)}.")


def _sign(settings: Settings) -> tuple[int, list[str]]:
    journal = registrar(settings)
    if journal.signer is None:
        give_up(journal.warning or "The archive has no key. Make one: `bannasar keys init`.")
    damaged = []
    own = {journal.signer.fingerprint: journal.signer.key.public_key()}
    waiting = [bag for bag in bags(settings.archive) if not is_vouched_for(bag, own)]
    told = as_told(settings.archive)
    for bag in waiting:
        if verify_bag(bag) or manifest_of(bag) != told.get(str(bag.relative_to(settings.archive))):
            damaged.append(bag.name)
        else:
            journal.enter(Event.SIGNED, bag)
    *_, last = lines(settings.archive)  # there is one at least: of the key
    if not last.is_signed_by(own):
        append(settings.archive, Event.SIGNED, None, "the journal", journal.signer)
    return len(waiting) - len(damaged), damaged
