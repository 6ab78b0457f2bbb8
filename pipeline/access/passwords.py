"""Passwords: which are accepted, and how they are kept (Argon2id, RFC 9106)."""

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from models.errors import UsageError

# NIST SP 800-63B-4, 3.1.1.2, for a password that is the only factor.
_SHORTEST = 15
_LONGEST = 1024


class Passwords:
    """Keeps passwords by a hasher; by default with the costs that argon2-cffi takes from RFC 9106."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """Set the hasher."""
        self._hasher = hasher or PasswordHasher()
        self._nobody = ""

    def kept(self, password: str) -> str:
        """Return the form in which a password is kept.

        Raises:
            UsageError: it is too short or too long.
        """
        if not _SHORTEST <= len(password) <= _LONGEST:
            raise UsageError(
                f"A password has at least {_SHORTEST} characters, and at most {_LONGEST}.",
                "Take some words that do not belong together.",
            )
        return self._hasher.hash(_normal(password))

    def is_right(self, kept: str, password: str) -> bool:
        """Whether a password belongs to a kept form. The form "" belongs to nobody, and the check takes as long."""
        if not self._nobody:
            self._nobody = self._hasher.hash("nobody's")
        try:
            return self._hasher.verify(kept or self._nobody, _normal(password[: _LONGEST + 1])) and bool(kept)
        except (VerificationError, InvalidHashError):
            return False

    def is_outdated(self, kept: str) -> bool:
        """Whether it was kept with other costs than those in use now."""
        return self._hasher.check_needs_rehash(kept)


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password)
