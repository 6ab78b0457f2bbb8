"""Names of case files: readable, unique in the archive, safe as a folder's name."""

import hashlib
import unicodedata

_MOST_BYTES = 120


def case_id(box: str, folder: str) -> str:
    """Return the id of the case file at ``folder`` (or of the single scan of that name) in a box.

    The name keeps its script. Characters that could cause problems in a file system or a shell become ``-``. A name
    that had to be changed, or is long, ends in eight digits of the SHA-256 of the original, so that all differ.
    """
    name = f"{box}_{folder}"
    safe = unicodedata.normalize("NFC", name)
    safe = "".join("-" if _is_awkward(character) else character for character in safe).strip(". ")
    while len(safe.encode()) > _MOST_BYTES:
        safe = safe[:-1]
    if safe == name:
        return safe
    return f"{safe}~{hashlib.sha256(f'{box}/{folder}'.encode()).hexdigest()[:8]}"


def _is_awkward(character: str) -> bool:
    return character in '/\\:*?"<>|~' or unicodedata.category(character) in {"Cc", "Zl", "Zp", "Cs"}
