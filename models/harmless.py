"""Text that others wrote, made so that it can only be read."""

import re

# Characters that move the cursor, or change the direction of what comes after them, and those that no XML may hold.
# A line break is kept, and so are the invisible characters of Khmer.
_UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def harmless(text: str) -> str:
    """Return a text without characters that could make the text around it look like something else."""
    return _UNSAFE.sub("", text)
