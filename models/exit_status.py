"""The exit statuses of the commands. It imports nothing else, because the command line loads it at once."""

from enum import IntEnum


class ExitStatus(IntEnum):
    """The commands' exit statuses, by their meaning."""

    DONE = 0
    WRONG_USE = 1
    SOME_FAILED = 2
    MISSING_DEPENDENCY = 3
    UNKNOWN = 3
    INTERRUPTED = 130
    NOBODY_READS = 141
