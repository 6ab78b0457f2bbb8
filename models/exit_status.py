"""What the commands end with. It loads nothing else: the command line needs it before anything is typed."""

from enum import IntEnum


class ExitStatus(IntEnum):
    """What the commands' exit statuses mean."""

    DONE = 0
    WRONG_USE = 1
    SOME_FAILED = 2
    MISSING_DEPENDENCY = 3
    UNKNOWN = 3
    INTERRUPTED = 130
    NOBODY_READS = 141
