"""``bannasar search``."""

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console

from cli.actor import at_the_shell
from cli.common import ArchiveOption, JsonOption, err, keep_outside, out, read_settings
from cli.terminal import Text, print_json
from models.errors import UsageError
from models.hit import Found, Hit
from models.plural import number_of, plural
from pipeline.services import search as service
from pipeline.services.archives import Archive
from pipeline.services.search import MOST_COUNTED, Query, Sort, View
from pipeline.services.tables import TABLE_COLUMNS, as_text_cell, bracketed, cells

_MOST_VALUES = 8


def search(
    query: Annotated[list[str], typer.Argument(metavar="QUERY…", help="What to look for; see docs/researchers.md.")],
    archive: ArchiveOption = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many hits to show at most.")] = 10,
    page: Annotated[int, typer.Option(min=1, help="Which page of hits to show.")] = 1,
    sort: Annotated[
        Sort, typer.Option(help="The order: the best first, or by the documents' dates, oldest or newest first.")
    ] = Sort.RANK,
    by_case: Annotated[bool, typer.Option("--by-case", help="Show only the best page of each case file.")] = False,
    facets: Annotated[
        bool, typer.Option("--facets", help="Count what is found by kind, court, year, box and script.")
    ] = False,
    pictures: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the pages shown as pictures, hits marked.")
    ] = None,
    as_csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write all hits as a table; - for standard output.")
    ] = None,
    as_lines: Annotated[
        Path | None,
        typer.Option("--jsonl", metavar="FILE", help="Write all hits as JSON Lines; - for standard output."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Find pages, the best first, and mark the words that were found.

    Khmer needs no spaces between words, and is found inside longer text. Khmer and Arabic digits, accents and capitals
    make no difference. Words "in quotes" of any kind must be side by side; -word or NOT word must not be there; use one
    AND other, either OR other, and (parentheses); kind: court: case: box: script: date:1960..1965 narrow the search, in
    Khmer and French as well (ប្រភេទ:សាលក្រម, type:jugement); word~ also finds similar spellings, begin* finds words that
    begin so. Put the whole query in single quotes.

    A query that can find nothing is refused: a message shows the place of the mistake, and the exit status is 1. If
    nothing is found, a message names the part of the query that no page matches; the exit status is 0.

    Examples:
        bannasar search សាលក្រមព្រហ្មទណ្ឌ

        bannasar search '"tribunal de première instance" -appel date:1960..1965' --facets

        bannasar search 'លេខ 214' --pictures hits
    """
    if as_csv and as_lines:
        raise UsageError("Give only one of --csv and --jsonl.")
    text = " ".join(query)
    exported = as_csv or as_lines
    view = View(limit=limit, offset=(page - 1) * limit, sort=sort, by_case=by_case, facets=facets)
    with Archive(read_settings(archive)) as opened:
        for target in (pictures, exported):
            if target is not None and str(target) != "-":
                keep_outside(opened.folder, target)
        if exported:
            count = _export(service.each(opened, at_the_shell(), text, sort), exported, as_table=as_csv is not None)
            err.print(f"{number_of(count, 'hit')} written.")
            if not count:
                _explain(service.why_none(opened, at_the_shell(), text), err)
            return
        answer = service.search(opened, at_the_shell(), text, view)
        drawn = _draw(answer.found, pictures, opened, view.offset) if pictures else []
    if as_json:
        print_json(answer.found.model_dump(mode="json"))
        _explain(answer.why, err)
    elif answer.found.whole and not answer.found.pages:
        tried = "Try fewer words, a part of the phrase, or a similar spelling: word~"
        out.print(f"Nothing found. {tried}" if answer.query.groups and not answer.why else "Nothing found.")
        _explain(answer.why, out)
    else:
        _print(answer.found, answer.query, view)
    if drawn:
        err.print(f"{number_of(len(drawn), 'picture')} written to {pictures}.")


def _explain(sentences: Sequence[str], console: Console) -> None:
    for sentence in sentences:
        console.print(sentence)


def _print(found: Found, query: Query, view: View) -> None:
    for number, hit in enumerate(found.hits, view.offset + 1):
        _print_hit(number, hit)
    last = view.offset + len(found.hits)
    total = f"{number_of(found.cases, 'case file')}, " if found.cases is not None else ""
    total += number_of(found.pages, "page")
    there = plural(found.pages if found.cases is None else found.cases, "there is", "there are")
    if not found.whole and last > found.exact:
        total = f"more than {MOST_COUNTED:,} pages, {found.exact} of them with an exact match of the whole query"
    elif not found.whole:
        total += " with an exact match of the whole query; pages with a part of it or similar words come after them"
    elif query.groups and found.exact != found.pages:
        total += f", {found.exact} of them with an exact match of the whole query"
    shown = f"Hits {view.offset + 1} to {last} of " if found.hits else f"No hits from {view.offset + 1} on; {there} "
    out.print(Text(f"{shown}{total}.", "bold"))
    for name, counts in found.facets.items():
        values = " · ".join(f"{count.value} {count.pages}" for count in counts[:_MOST_VALUES])
        more = f" · and {len(counts) - _MOST_VALUES} more" if len(counts) > _MOST_VALUES else ""
        out.print(Text.assemble((f"  {name}: ", "dim"), (values or "not known") + more))


def _print_hit(number: int, hit: Hit) -> None:
    out.print(Text(f"{number}. {hit.path}, page {hit.page}", style="bold"))
    about = [hit.case, f"document {hit.document}", "" if hit.kind == "unknown" else hit.kind, hit.court]
    about += [hit.case_number, hit.date, _in_case(hit)]
    out.print(Text(f"   {' · '.join(filter(None, about))}", style="dim"))
    out.print(_marked(hit) if out.is_terminal else f"   {bracketed(hit)}")


def _in_case(hit: Hit) -> str:
    if hit.pages is None:
        return ""
    return f"{number_of(hit.pages, 'page')} found in this case file"


def _marked(hit: Hit) -> Text:
    """Return a hit's snippet with its marks in colour."""
    shown, at = Text("   "), 0
    for mark in hit.marks:
        shown.append(hit.snippet[at : mark.start]).append(hit.snippet[mark.start : mark.end], "bold black on yellow")
        at = mark.end
    return shown.append(hit.snippet[at:])


def _export(hits: Iterable[Hit], file: Path, *, as_table: bool) -> int:
    count = 0
    with _open(file) as stream:
        table = csv.writer(stream, lineterminator="\n")
        if as_table:
            table.writerow(TABLE_COLUMNS)
        for hit in hits:
            count += 1
            if as_table:
                table.writerow(map(as_text_cell, cells(hit).values()))
            else:
                stream.write(hit.model_dump_json() + "\n")
    return count


@contextmanager
def _open(file: Path) -> Iterator[TextIO]:
    if str(file) == "-":
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # standard output is a text file
        yield sys.stdout
    else:
        with file.open("w", encoding="utf-8", newline="") as stream:
            yield stream


def _draw(found: Found, folder: Path, archive: Archive, offset: int) -> list[Path]:
    # The module that draws takes half a second to load, so it is loaded only for pictures.
    from pipeline.services.pictures import draw_hit  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    files, asker = [], at_the_shell()
    for number, hit in enumerate(found.hits, offset + 1):
        files.append(folder / f"{number:03}-{hit.case}-{hit.page}.jpg")
        draw_hit(archive, asker, hit, files[-1])
    return files
