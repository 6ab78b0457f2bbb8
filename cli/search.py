"""``bannasar search``."""

import json
from typing import Annotated

import typer
from rich.cells import cell_len
from rich.text import Text

from cli.common import ArchiveOption, JsonOption, give_up, out, read_settings
from models.hit import Hit
from pipeline.index.query import QueryError, parse
from pipeline.index.sqlite import open_index
from pipeline.index.store import IndexUnusableError


def search(
    query: Annotated[list[str], typer.Argument(metavar="QUERY…", help='Words and "exact phrases".')],
    archive: ArchiveOption = None,
    limit: Annotated[int, typer.Option(min=1, help="Most pages to show.")] = 10,
    as_json: JsonOption = False,
) -> None:
    """Find pages, best first, with the words that were found marked.

    Khmer needs no spaces between words, and is found inside longer text. Khmer and Arabic digits, accents and capitals
    make no difference. Words in double quotes must stand side by side as they are.

    Examples:
        bannasar search សាលក្រមព្រហ្មទណ្ឌ

        bannasar search '"tribunal de première instance"' --limit 5

        bannasar search លេខ 214 --json
    """
    settings = read_settings(archive)
    text = " ".join(query)
    try:
        parsed = parse(text)
    except QueryError as error:
        give_up(f"{error}\n  {text}\n  {' ' * cell_len(text[: error.position])}^")
    if not (settings.archive / "index.db").is_file():
        give_up(f"There is nothing to search at {settings.archive} yet. Begin with `bannasar run BOX`.")
    try:
        with open_index(settings.archive) as store:
            hits = store.search(parsed, limit)
    except IndexUnusableError as error:
        give_up(str(error))
    if as_json:
        typer.echo(json.dumps({"hits": [hit.model_dump(mode="json") for hit in hits]}, ensure_ascii=False, indent=2))
        return
    for number, hit in enumerate(hits, 1):
        _print_hit(number, hit)
    if not hits:
        out.print("Nothing found. Try fewer words, a part of the phrase, or another spelling.")


def _print_hit(number: int, hit: Hit) -> None:
    out.print(Text(f"{number}. {hit.path}, page {hit.page}", style="bold"), soft_wrap=True)
    out.print(Text(f"   {hit.case} · document {hit.document}", style="dim"), soft_wrap=True)
    shown = Text(hit.snippet) if out.is_terminal else Text(_bracketed(hit))
    if out.is_terminal:
        for mark in hit.marks:
            shown.stylize("bold black on yellow", mark.start, mark.end)
    shown.pad_left(3)
    out.print(shown, soft_wrap=True)


def _bracketed(hit: Hit) -> str:
    """Return a hit's snippet with its marks in brackets, for whatever shows no colour."""
    text = hit.snippet
    for mark in reversed(hit.marks):
        text = f"{text[: mark.start]}[{text[mark.start : mark.end]}]{text[mark.end :]}"
    return text
