"""The archive that services are given, for whoever calls them: commands, and programs in Python."""

from pipeline.archive.archive import Archive

__all__ = ["Archive"]
