"""The evidence for what an archive holds: bags are signed when they enter, and the journal records each."""

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from models.actor import Actor
from models.errors import BagError, JournalBrokenError
from models.progress import Show, silent
from models.settings import Settings
from pipeline.archive.bag import bag_folders
from pipeline.archive.fixity import Damage
from pipeline.archive.journal import FILE as JOURNAL
from pipeline.archive.journal import Entry, Event, Line, append, lines, manifest_of
from pipeline.archive.journal_mark import FILE as MARK
from pipeline.archive.journal_mark import Walk, mark_of, put_mark, still_begins_as
from pipeline.archive.journal_places import lines_about
from pipeline.archive.keys import (
    Signer,
    false_signatures,
    is_signed,
    load_signer,
    sign_bag,
    trust,
    trusted,
)
from pipeline.archive.withdrawal import is_withdrawn

_LOG = logging.getLogger(__name__)
# The events by which a bag is new here, so that it is signed.
_MAKING = frozenset({Event.ARCHIVED, Event.CORRECTED, Event.LEVEL_SET, Event.UNSEALED, Event.SIGNED})
# Only these say which bag belongs in a place: hiding a case file is no evidence for its content.
_ENTERING = _MAKING | {Event.IMPORTED}


@dataclass(frozen=True, slots=True)
class CustodyRecorder:
    """Records what happens to case files, and signs the records if the archive has a key.

    ``warning`` says why it does not sign although it should.
    """

    archive: Path
    signer: Signer | None = None
    warning: str = ""

    def sign(self, bag: Path, event: Event) -> None:
        """Sign a bag that is new by this event, if the archive has a key.

        Raises:
            OSError: the bag cannot be read or written.
        """
        if self.signer and event in _MAKING:
            sign_bag(bag, self.signer)

    def enter(self, event: Event, bag: Path, actor: Actor) -> Line:
        """Sign a bag that stays as it is, and record that.

        Raises:
            JournalBrokenError: nothing can be written after the journal's last line.
            OSError: something cannot be read or written.
        """
        self.sign(bag, event)
        entry = Entry(event, bag.relative_to(self.archive).as_posix(), manifest_of(bag))
        return append(self.archive, entry, actor, self.signer)


def custody_recorder(settings: Settings) -> CustodyRecorder:
    """Return the recorder of the archive's journal, with the key if it is there and the archive knows it.

    Raises:
        KeyUnusableError: a key cannot be used.
        OSError: a key cannot be read.
    """
    known = trusted(settings.archive)
    if not known:
        return CustodyRecorder(settings.archive)
    file = key_file(settings)
    if not file.exists():
        _LOG.warning("nothing is signed: the key is not in the place that the settings name")
        warning = f"The archive's key is not at {file}: nothing is signed. Put it back, then `bannasar keys sign`."
        return CustodyRecorder(settings.archive, warning=warning)
    signer = load_signer(file, passphrase(settings))
    if signer.fingerprint not in known:
        _LOG.warning("nothing is signed: the key %.12s is not one of this archive's", signer.fingerprint)
        warning = f"The key {file} is not one of this archive's: nothing is signed. `bannasar keys init` makes it one."
        return CustodyRecorder(settings.archive, warning=warning)
    _LOG.debug("the archive signs with the key %.12s", signer.fingerprint)
    return CustodyRecorder(settings.archive, signer)


def key_file(settings: Settings) -> Path:
    """Return the file of the private key."""
    return Path(settings.signing.key_file).expanduser()


def passphrase(settings: Settings) -> str:
    """Return the passphrase of the key, "" where it has none.

    Raises:
        OSError: its file cannot be read.
    """
    file = settings.signing.passphrase_file
    return Path(file).expanduser().read_text("utf-8").strip() if file else ""


def adopt_key(archive: Path, signer: Signer, actor: Actor) -> Path:
    """Make a key the archive's own, and return the file of its public key. The archive must be held.

    Raises:
        JournalBrokenError: nothing can be added after the journal's last line.
        OSError: something cannot be written.
    """
    file = trust(archive, signer.key.public_key())
    append(archive, Entry(Event.KEY_MADE, reason=signer.fingerprint), actor, signer)
    return file


def recorded_manifests(archive: Path) -> dict[str, str]:
    """Return the manifest of the last bag at each place (its path in the archive), as the journal records it.

    Raises:
        JournalBrokenError: a line was changed, left out or put in.
        OSError: it cannot be read.
    """
    return {line.bag: line.manifest for line in lines(archive) if line.bag and line.event in _ENTERING}


def require_recorded(archive: Path, bag: Path) -> None:
    """Refuse a bag that is not the last one that entered: the archive must not seal or sign any of it.

    Raises:
        BagError: it is a different one.
        JournalBrokenError: a line of the journal was changed, left out or put in.
        OSError: something cannot be read.
    """
    lines_of_it = lines_about(archive, bag.relative_to(archive).as_posix())
    recorded = [line.manifest for line in lines_of_it if line.event in _ENTERING]
    if recorded[-1:] != [manifest_of(bag)]:
        raise BagError(
            f"{bag.name} is not the case file that the journal records; `bannasar verify` says so, too. If the"
            f" machine stopped in between, `bannasar rerun --box {bag.parent.name} --stage describe` makes it again."
        )


def custody(
    archive: Path,
    keys: Mapping[str, Ed25519PublicKey] | None = None,
    *,
    whole: bool = False,
    signer: Signer | None = None,
    show: Show = silent,
) -> Iterator[Damage]:
    """Yield what speaks against the journal and its keys, and each bag that is not the one recorded last.

    A complete bag in another's place shows no damage, and neither does one that was added; the journal records which
    ones belong there. An archive of which only the bags were copied has no journal: `bannasar rebuild` begins one.

    Args:
        archive: the archive's folder.
        keys: the keys whose signatures count, by fingerprint; None for those in the archive's own folder ``keys``,
            which protect only against people who cannot change that folder.
        whole: check every line of the journal, also those that an earlier check found whole.
        signer: the archive's own key: signs how much of the journal is whole, and knows what it signed before. Without
            it, and without ``keys``, every line is checked: a key in the archive's folder proves nothing about a mark.
        show: called after each bag with the number of those done and of all.

    Raises:
        KeyUnusableError: a key cannot be read.
        OSError: something cannot be read.
    """
    known = trusted(archive) if keys is None else keys
    own = {signer.fingerprint: signer.key.public_key()} if signer else {}
    mark = mark_of(archive, own if keys is None else keys)
    agrees = mark is None or still_begins_as(archive, mark)
    told, walk = _Told(), Walk(archive, mark if agrees and not whole else None)
    try:
        for line in walk.lines():
            told.add(line, known)
    except JournalBrokenError as error:
        yield Damage("changed", JOURNAL, str(error))
        return
    unsigned_from = told.unsigned_from(archive, known) if known else 0
    if mark and not agrees:
        yield Damage(
            "changed",
            JOURNAL,
            f"it does not begin as an earlier check found it, up to line {mark.lines}: it was made again, or its end "
            f"was cut off. If you put an older copy back on purpose, delete {MARK}",
        )
    elif (
        signer
        and signer.fingerprint in known
        and walk.checked.lines > (mark.lines if mark else 0)
        and not unsigned_from  # the key must not vouch for lines that nobody signed
    ):
        put_mark(archive, walk, signer)
    if unsigned_from:
        unsigned = f"no key that is trusted signed it from line {unsigned_from} on; `bannasar keys sign`"
        yield Damage("unsigned", JOURNAL, unsigned)
    there = set(trusted(archive))
    for fingerprint in sorted(there - told.keys):
        yield Damage("unexpected", f"keys/{fingerprint}.pem", "the journal does not name this key")
    for fingerprint in sorted(told.keys - there):
        yield Damage("missing", f"keys/{fingerprint}.pem", "the journal names this key")
    for done, (place, line) in enumerate(told.recorded.items(), 1):
        yield from _against(archive, line, told.withdrawn.get(place, False), known)
        show(done, len(told.recorded))
    for bag in bag_folders(archive) if told.begun else ():
        if str(bag.relative_to(archive)) not in told.recorded:
            yield Damage("unexpected", str(bag.relative_to(archive)), "the journal does not name it")


@dataclass(slots=True)
class _Told:
    """What a journal tells: the last line about each bag, which are withdrawn, and the archive's keys."""

    recorded: dict[str, Line] = field(default_factory=dict)
    withdrawn: dict[str, bool] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    begun: bool = False
    signed: Line | None = None  # the last line that says that a known key signed it
    after_it: int = 0  # the number of the first line after that one

    def add(self, line: Line, known: Collection[str]) -> None:
        if line.event in {Event.KEY_MADE, Event.KEY_TRUSTED}:
            self.keys.add(line.reason)
        if line.bag and line.event in _ENTERING:
            self.recorded[line.bag] = line
        self.begun = self.begun or bool(line.bag)
        if line.event in {Event.WITHDRAWN, Event.REINSTATED}:
            self.withdrawn[line.bag] = line.event is Event.WITHDRAWN
        if line.signature and line.key in known:
            self.signed, self.after_it = line, 0
        else:
            self.after_it = self.after_it or line.number

    def unsigned_from(self, archive: Path, known: Mapping[str, Ed25519PublicKey]) -> int:
        """Return from which line on no known key signed the journal, 0 if its end is signed.

        A signed line is evidence for all lines before it. So only the last signature is checked, unless it is false.
        """
        if self.signed is None or self.signed.is_signed_by(known):
            return self.after_it
        unsigned_from = 0
        for line in lines(archive):
            unsigned_from = 0 if line.is_signed_by(known) else unsigned_from or line.number
        return unsigned_from


def _against(archive: Path, line: Line, withdrawn: bool, keys: Mapping[str, Ed25519PublicKey]) -> Iterator[Damage]:
    bag = archive / line.bag
    try:
        if manifest_of(bag) != line.manifest:
            yield Damage("changed", line.bag, "it is not the bag that the journal records")
    except FileNotFoundError:
        yield Damage("missing", line.bag, "the journal names it")
        return
    for name in false_signatures(bag, keys):
        yield Damage("changed", f"{line.bag}/signatures/{name}.sig", "it is not a signature of this bag")
    if is_withdrawn(bag) != withdrawn:
        now = "withdrawn" if is_withdrawn(bag) else "not withdrawn"
        yield Damage("changed", line.bag, f"it is {now}, but the journal says otherwise")
    # For an imported bag, the signed line itself is the evidence.
    if keys and not line.is_signed_by(keys) and not is_signed(bag, keys):
        yield Damage("unsigned", line.bag, "no key that is trusted signed it; `bannasar keys sign`")
