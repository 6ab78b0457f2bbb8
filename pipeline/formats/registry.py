"""The formats in which case files can be written. A new one is a module here with ``FORMAT``.

The module's name, not that of its ``FORMAT``, is added to the list.

PDF, METS and IIIF need more than records (pictures, the files of a bag), so they are not in the list.
"""

from functools import cache
from importlib import import_module

from pipeline.formats.format import Format

_MODULES = (
    "alto",
    "hocr",
    "plain_text",
)


@cache
def formats() -> tuple[Format, ...]:
    """Return all formats in the order of the list."""
    return tuple(import_module(f"pipeline.formats.{module}").FORMAT for module in _MODULES)
