"""The archive that services work on, for their callers: commands, and programs in Python.

The callers of services may import from no other room of the pipeline, so what they need of one is named here.
"""

from pipeline.archive.archive import Archive

__all__ = ["Archive"]
