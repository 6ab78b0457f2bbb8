"""The terminal. Everything is printed as plain text, whatever the names of files and boxes contain.

No text is read as markup or as the name of an emoji, and control characters are escaped: one could clear the screen,
hide a line, or reverse the order of letters.
"""

import json
import re
from collections.abc import Iterable
from typing import Any, Self

import rich.text
import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.style import Style

# Control characters; line ends; characters that reverse the order of letters; halves of characters, from file names
# whose bytes are not text.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


# Wide enough for any row of a table.
_NO_END = 100_000


class Text(rich.text.Text):
    """A text of one line with styles. Rich's own class drops some control characters silently."""

    def __init__(self, text: str = "", style: str | Style = "", **options: Any) -> None:  # noqa: ANN401  # as rich's
        """Take a text, with control characters escaped."""
        super().__init__(escaped(text), style, **options)

    def append(self, text: rich.text.Text | str, style: str | Style | None = None) -> Self:
        """Add a text, with control characters escaped."""
        super().append(escaped(text) if isinstance(text, str) else text, style)
        return self


class Terminal(Console):
    """A console that prints strings and texts unchanged, each on its own line, however long it is.

    Text of several lines is printed line by line.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        """Make a console for a stream."""
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)

    @property
    def options(self) -> ConsoleOptions:
        """The options of what is shown; for a file or another program, a table has no width to fit in."""
        own = super().options
        return own if self.is_terminal else own.update(max_width=_NO_END)

    def print(self, *objects: Any, **options: Any) -> None:  # noqa: ANN401  # as rich's
        """Print texts, each without line breaks in it, or something that fits itself to the width."""
        if all(isinstance(one, (str, rich.text.Text)) for one in objects):
            options.setdefault("soft_wrap", True)
        options.setdefault("crop", self.is_terminal)
        super().print(*objects, **options)

    def render_str(self, text: str, **options: Any) -> rich.text.Text:  # noqa: ANN401  # as rich's
        """Return a string as a text, with control characters escaped."""
        return super().render_str(escaped(text), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Return something in a form to show, alone or in a table, without control characters."""
        if isinstance(renderable, rich.text.Text) and _UNSAFE.search(renderable.plain):
            renderable = _escaped_text(renderable)
        return super().render(renderable, options)


def escaped(text: str) -> str:
    r"""Return a text with control characters as Python writes them: ``\x1b``, ``\n``, ``\u202e``."""
    return _UNSAFE.sub(lambda found: _SHORT.get(found[0]) or _code(found[0]), text)


def print_json(value: object, *, indent: int | None = 2) -> None:
    """Print JSON; control characters in it are written as JSON escapes."""
    typer.echo(json_line(value, indent=indent))


def json_line(value: object, *, indent: int | None = None) -> str:
    """Return JSON without control characters, except the line ends between its lines."""
    written = json.dumps(value, ensure_ascii=False, indent=indent)
    return "\n".join(_UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", line) for line in written.split("\n"))


def _escaped_text(text: rich.text.Text) -> rich.text.Text:
    """Return a text with control characters escaped, and its styles in the same places."""
    safe = text.blank_copy()
    at = 0
    for found in _UNSAFE.finditer(text.plain):
        safe.append_text(text[at : found.start()]).append(escaped(found[0]))
        at = found.end()
    return safe.append_text(text[at:])


def _code(character: str) -> str:
    return f"\\x{ord(character):02x}" if ord(character) < 0x100 else f"\\u{ord(character):04x}"
