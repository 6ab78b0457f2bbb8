"""What each role may do and see: the one table of it.

Nobody sees what is sealed by a role. A person sees it for a time when it was granted; the operator at the shell, who
can read the disk anyway, sees it always, and the journal and the audit log say so.
"""

from dataclasses import dataclass
from enum import StrEnum

from models.level import Level


class Action(StrEnum):
    """What can be done; the value completes the sentence "may …"."""

    SEARCH = "search, and open what is found"
    ASK_TO_SEE = "ask to see a case file that is out of sight"
    REPORT = "report a mistake on a page"
    EXPORT = "take copies: files, tables, texts"
    DIGITISE = "bring in boxes, and read scans again"
    CORRECT = "correct what was read"
    SEAL = "set a stricter level, and seal"
    LOOSEN = "set a looser level on what is not sealed"
    WITHDRAW = "withdraw and reinstate case files"
    ASK_TO_UNSEAL = "ask that something be unsealed"
    UNSEAL = "unseal what another asked for"
    LET_SEE = "grant or refuse a request to see"
    READ_AUDIT = "read and verify the audit log"
    MANAGE_ACCOUNTS = "add, change and lock accounts, but none that may unseal or manage accounts"
    MAINTAIN = "look after the whole archive: verify and rebuild it, its index and ledger, keys and classifier"


class Role(StrEnum):
    """What a person is to the archive."""

    READER = "reader"
    CLERK = "clerk"
    ARCHIVIST = "archivist"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Rights:
    """What a role may see, up to a level, and do."""

    sees: Level
    may: frozenset[Action]


_READER = frozenset({Action.SEARCH, Action.ASK_TO_SEE, Action.REPORT, Action.EXPORT})
_CLERK = _READER | {Action.DIGITISE, Action.CORRECT, Action.SEAL, Action.ASK_TO_UNSEAL}

RIGHTS = {
    Role.READER: Rights(Level.REGISTERED, _READER),
    Role.CLERK: Rights(Level.STAFF, _CLERK),
    Role.ARCHIVIST: Rights(Level.STAFF, _CLERK | {Action.LOOSEN, Action.WITHDRAW, Action.UNSEAL, Action.LET_SEE}),
    Role.AUDITOR: Rights(Level.PUBLIC, frozenset({Action.SEARCH, Action.READ_AUDIT})),
    Role.ADMINISTRATOR: Rights(Level.PUBLIC, frozenset({Action.SEARCH, Action.MANAGE_ACCOUNTS})),
}
OPERATOR = Rights(Level.SEALED, frozenset(Action))

# A person who can create such an account, or change its password, could unseal or create more of them alone.
ONLY_FOR_OPERATORS = frozenset(
    role for role, rights in RIGHTS.items() if rights.may & {Action.UNSEAL, Action.MANAGE_ACCOUNTS}
)


def same_person(one: str, other: str) -> bool:
    """Whether two actors' names are one person's: an operator's account of this machine is the account without it."""
    return one.partition("@")[0].casefold() == other.partition("@")[0].casefold()
