"""Sentences for people. They are English text, and know what they were made from, so that an edge can translate them.

The templates are found by reading the code (tests/web/test_translations.py), so they are always written out where the
sentence is made.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class What(StrEnum):
    """What a value of the archive is the name of."""

    KIND = "kind"
    COURT = "court"
    DATE = "date"
    WORD = "word"
    FIELD = "field"


class Value(str):
    """A kind, a court, a date or a word as the archive stores it, or a field of a query.

    Each language has its own way to write it. A field has a colon after its name.
    """

    __slots__ = ("what",)
    what: What

    def __new__(cls, text: str, what: What) -> "Value":
        """Make the value."""
        made = super().__new__(cls, text)
        made.what = what
        return made

    def __getnewargs__(self) -> tuple[str, What]:  # type: ignore[override]  # its own arguments, not those of str
        """Return what it is made from again in another process."""
        return str(self), self.what


Part = str | int | tuple[str, ...]
"""What stands in a place of a template: text (a Message and a Value are translated), a number, or a list."""


class Message(str):
    """A sentence in English. ``template`` has a place ``{name}`` for each of ``values``; ``many`` is its plural."""

    __slots__ = ("many", "template", "values")
    template: str
    many: str
    values: Mapping[str, Part]

    def __new__(cls, template: str, /, **values: Part) -> "Message":
        """Make the sentence from its template and what stands in its places."""
        return cls._made(template, "", values)

    @classmethod
    def _made(cls, template: str, many: str, values: Mapping[str, Part]) -> "Message":
        chosen = many if many and values["n"] != 1 else template
        made = super().__new__(cls, chosen.format(**{name: _english(value) for name, value in values.items()}))
        made.template, made.many, made.values = template, many, values
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what it is made from again in another process."""
        return Message._made, (self.template, self.many, dict(self.values))


def counted(one: str, many: str, /, n: int, **values: Part) -> Message:
    """Return the sentence for a number of things, which stands at ``{n}``."""
    return Message._made(one, many, {"n": n, **values})


def sentences(*parts: str) -> Message:
    """Return sentences one after the other, without those that are empty."""
    said = [part for part in parts if part]
    return Message(
        " ".join(f"{{s{number}}}" for number in range(len(said))), **{f"s{n}": s for n, s in enumerate(said)}
    )


def _english(value: Part) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, tuple):
        return ", ".join(map(_english, value))
    return f"{value}:" if isinstance(value, Value) and value.what is What.FIELD else str(value)
