"""The key that signs what an archive holds, and the keys of others that it trusts."""

from dataclasses import dataclass
from pathlib import Path

from models.errors import ConflictError, KeyUnusableError, UsageError
from pipeline.access.asker import Asker
from pipeline.access.roles import Action
from pipeline.archive.archive import Archive
from pipeline.archive.custody import adopt_key, key_file, passphrase, recorded_manifests
from pipeline.archive.fixity import verify_bag
from pipeline.archive.journal import Entry, Event, append, last_line, manifest_of
from pipeline.archive.keys import (
    fingerprint,
    is_signed,
    load_public,
    load_signer,
    make_key,
    trust,
    trusted,
    trusted_file,
)

NO_KEY = "The archive has no key to sign with."
MAKE_KEY = "Make one: `bannasar keys init`."


@dataclass(frozen=True, slots=True)
class Key:
    """The archive's own key: its private and its public file, and whether it was made now or was there."""

    private: Path
    public: Path
    is_new: bool


@dataclass(frozen=True, slots=True)
class Keys:
    """The public keys that an archive trusts; ``own`` is the fingerprint of the one it signs with, "" without one."""

    files: tuple[Path, ...]
    own: str
    warning: str


@dataclass(frozen=True, slots=True)
class Signed:
    """How many bags were signed, and the ids of those skipped: damaged, or not the ones in the journal."""

    count: int
    skipped: tuple[str, ...]


def make(archive: Archive, asker: Asker) -> Key:
    """Make a key, or use the one in the settings' file, and let the archive sign with it from now on.

    Raises:
        NotAllowedError: the asker may not.
        ConflictError: the archive signs with that key already.
        ArchiveError: the key or the journal cannot be used.
        OSError: something cannot be read or written.
    """
    asker.must_be_allowed(Action.MAINTAIN)
    file = key_file(archive.settings)
    secret = passphrase(archive.settings)
    with archive.held():
        signer = load_signer(file, secret) if file.exists() else None
        if signer and signer.fingerprint in trusted(archive.folder):
            raise ConflictError(f"The archive already signs with the key {file}.")
        is_new = signer is None
        signer = signer or make_key(file, secret)
        return Key(file, adopt_key(archive.folder, signer, asker.actor), is_new)


def known(archive: Archive, asker: Asker) -> Keys:
    """Return the keys that the archive trusts, and which of them it signs with.

    Raises:
        NotAllowedError: the asker may not.
        KeyUnusableError: a key cannot be used.
        OSError: a key cannot be read.
    """
    asker.must_be_allowed(Action.MAINTAIN)
    recorder = archive.recorder
    files = tuple(trusted_file(archive.folder, name) for name in trusted(archive.folder))
    return Keys(files, recorder.signer.fingerprint if recorder.signer else "", recorder.warning)


def public_keys(archive: Archive, asker: Asker) -> list[bytes]:
    """Return the public keys that the archive trusts, each as 32 bytes (Ed25519).

    Raises:
        NotAllowedError: the asker may not.
        KeyUnusableError: there is none, or one cannot be read.
        OSError: one cannot be read.
    """
    asker.must_be_allowed(Action.MAINTAIN)
    keys = trusted(archive.folder).values()
    if not keys:
        raise KeyUnusableError(NO_KEY, MAKE_KEY)
    return [key.public_bytes_raw() for key in keys]


def trust_key(archive: Archive, asker: Asker, file: Path) -> str:
    """Trust another archive's public key, and return its fingerprint.

    Raises:
        NotAllowedError: the asker may not.
        UsageError: there is no such file.
        ArchiveError: the key or the journal cannot be used.
        OSError: something cannot be read or written.
    """
    asker.must_be_allowed(Action.MAINTAIN)
    if not file.exists():
        raise UsageError(f"{file} does not exist.")
    with archive.held():
        public = load_public(file)
        trust(archive.folder, public)
        entry = Entry(Event.KEY_TRUSTED, reason=fingerprint(public))
        append(archive.folder, entry, asker.actor, archive.recorder.signer)
    return fingerprint(public)


def sign(archive: Archive, asker: Asker) -> Signed:
    """Verify and sign the bags that the archive's key has not signed yet, and the journal if it is not signed.

    Raises:
        NotAllowedError: the asker may not.
        KeyUnusableError: the archive has no key, or it is not there.
        JournalBrokenError: a line of the journal was changed.
        OSError: something cannot be read or written.
    """
    asker.must_be_allowed(Action.MAINTAIN)
    with archive.held():
        recorder = archive.recorder
        if recorder.signer is None:
            raise KeyUnusableError(recorder.warning or NO_KEY, "" if recorder.warning else MAKE_KEY)
        own = {recorder.signer.fingerprint: recorder.signer.key.public_key()}
        waiting = [bag for bag in archive.bags() if not is_signed(bag, own)]
        journal = recorded_manifests(archive.folder)
        skipped = []
        for bag in waiting:
            if verify_bag(bag) or manifest_of(bag) != journal.get(archive.path_of(bag)):
                skipped.append(bag.name)
            else:
                recorder.enter(Event.SIGNED, bag, asker.actor)
        last = last_line(archive.folder)
        if last is None or not last.is_signed_by(own):
            append(archive.folder, Entry(Event.SIGNED, reason="the journal"), asker.actor, recorder.signer)
        return Signed(len(waiting) - len(skipped), tuple(skipped))
