"""A file system as slow as one on a network, for one process; nothing else is imported, so that it costs nothing."""

import os
import time
from typing import Any


def slowed(folder: str, seconds: float) -> None:
    """Let each question about a file in a folder take so long, in this process, as if it were on a network."""

    def slow(name: str) -> None:
        ask = getattr(os, name)

        def asked(path: Any = ".", *more: Any, **named: Any) -> Any:  # as os's own
            if isinstance(path, (str, os.PathLike)) and os.fspath(path).startswith(folder):
                time.sleep(seconds)
            return ask(path, *more, **named)

        setattr(os, name, asked)

    for name in ("stat", "lstat", "scandir"):
        slow(name)
