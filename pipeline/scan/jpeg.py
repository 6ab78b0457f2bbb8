"""Whether a JPEG is complete. Its readers fill in what is missing, and do not report it."""

import mmap
import re
from pathlib import Path

# A marker that is not part of a scan's data (ITU-T T.81, B.1.1.5), and those that have no segment after them.
_MARKER = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])")
_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
# A disk or a network that lost the rest of a file fills it with zeros, whole blocks of them.
_FEWEST_ZEROS = 64


def is_cut_off(file: Path) -> bool:
    """Whether a JPEG has no end, and zeros in place of it. Its reader refuses one that only ends too early.

    Raises:
        OSError: it cannot be read.
    """
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content[-_FEWEST_ZEROS:] == bytes(_FEWEST_ZEROS) and not _has_end(content)


def _has_end(content: mmap.mmap) -> bool:
    place = 0
    while found := _MARKER.search(content, place):
        marker = found[1][0]
        if marker == _END:
            return True
        place = found.end()
        if marker not in {_START, _SCAN}:
            # A thumbnail in a segment has its own end.
            place += int.from_bytes(content[place : place + 2], "big")
    return False
