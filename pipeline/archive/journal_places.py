"""Where the lines about each bag are in the journal, for those who ask again and again, as a reading room does.

The chain of lines is checked once. Later only a digest shows that what was checked is still the same, which takes a
hundredth of the time, and the lines that came after it are checked.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from pipeline.access.chain import Checked, digest
from pipeline.archive.journal import FILE, Line, lines, read_line


@dataclass(slots=True)
class _Known:
    """What is known of a journal: the part that was checked, its SHA-256, and where each bag's lines begin and end."""

    checked: Checked = field(default_factory=Checked)
    sha256: bytes = field(default_factory=lambda: hashlib.sha256().digest())
    places: dict[str, list[tuple[int, int]]] = field(default_factory=dict)


_LOCK = Lock()
_KNOWN: dict[Path, _Known] = {}


def lines_about(archive: Path, bag: str) -> list[Line]:
    """Return the lines of the journal about a bag, by its path in the archive, the oldest first.

    Raises:
        JournalBrokenError: a line of the journal was changed, left out or put in.
        OSError: it cannot be read.
    """
    try:
        content = (archive / FILE).read_bytes()
    except FileNotFoundError:
        return []
    with _LOCK:
        known = _KNOWN.pop(archive, None)
        if known is None or _sha256(content, known.checked.size) != known.sha256:
            known = _Known()
        size, count, last = known.checked
        for line in lines(archive, known.checked):
            end = size + len(line.written().encode()) + 1
            if line.bag:
                known.places.setdefault(line.bag, []).append((size, end))
            size, count, last = end, line.number, digest(line)
            if size >= len(content):  # what is written meanwhile is for the next question
                break
        known.checked, known.sha256 = Checked(size, count, last), _sha256(content, size)
        _KNOWN[archive] = known
        places = list(known.places.get(bag, ()))
    return [read_line(content[start : end - 1]) for start, end in places]


def _sha256(content: bytes, size: int) -> bytes:
    return hashlib.sha256(memoryview(content)[:size]).digest()
