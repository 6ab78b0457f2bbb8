"""The archive that services work on, for their callers: commands, and programs in Python."""

from pipeline.archive.archive import Archive

__all__ = ["Archive"]
