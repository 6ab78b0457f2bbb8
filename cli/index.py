"""``bannasar index``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli.actor import at_the_shell
from cli.common import ArchiveOption, JsonOption, open_archive, out
from cli.progress import counted
from cli.terminal import Text, print_json
from models.exit_status import ExitStatus
from models.plural import number_of
from pipeline.services import index as service
from pipeline.services.index import Difference

app = typer.Typer(help="Look after the index: it can always be made again from the bags.", no_args_is_help=True)


@app.command()
def check(archive: ArchiveOption = None, as_json: JsonOption = False) -> None:
    """Compare the index with the bags, and say what differs.

    The exit status is 0 when they agree, 2 when they do not: `bannasar index sync` repairs it.

    Example:
        bannasar index check
    """
    with open_archive(archive) as opened, counted("case files") as show:
        found = service.compare(opened, at_the_shell(), show)
    if as_json:
        print_json(_as_json(found))
    else:
        _print(found)
    if not found.is_none:
        raise typer.Exit(ExitStatus.SOME_FAILED)


@app.command()
def sync(archive: ArchiveOption = None) -> None:
    """Add to the index what it lacks, and remove from it what no bag holds.

    Every run does this for the bags that wait. Use it between runs, when a cluster can be reached again. Bags that
    cannot be read are named; then the exit status is 2.

    Example:
        bannasar index sync
    """
    with open_archive(archive) as opened, counted("case files") as show:
        found = service.synchronise(opened, at_the_shell(), show)
    put, removed = len(found.missing) + len(found.changed), len(found.unknown)
    done = f"{number_of(put, 'case file')} added, {removed} removed."
    out.print(done if found.unreadable else f"{done} Nothing is waiting.")
    _end_with(found.unreadable)


@app.command()
def rebuild(
    archive: ArchiveOption = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="URL", help="Make it on this Elasticsearch cluster instead.")
    ] = None,
) -> None:
    """Make a new index from the bags; searches use the old one until the new one is complete.

    With --to it is made on a cluster that is not in the settings yet: try it, then set index.url. Bags that cannot be
    read are named and left out; then the exit status is 2.

    Examples:
        bannasar index rebuild

        bannasar index rebuild --to https://search.example:9200
    """
    with open_archive(archive) as opened, counted("case files") as show:
        own = opened.settings.index.url
        pages, unreadable = service.rebuild_index(opened, at_the_shell(), show, to)
        where = to or opened.index_place
    out.print(f"The index at {where} holds {number_of(pages, 'page')}.")
    if to and to != own:
        out.print("To search it, set index.url in bannasar.toml.")
    _end_with(unreadable)


def _print(found: Difference) -> None:
    _list("not in the index", [bag.name for bag in found.missing])
    _list("in the index as they were archived before", [bag.name for bag in found.changed])
    _list("in the index, and in no bag", found.unknown)
    counts = f"{number_of(found.pages_in_bags, 'page')} in the bags, {found.pages_in_index} in the index."
    differs = not found.is_none and not found.unreadable
    out.print(f"{counts} Repair it: `bannasar index sync`, or `bannasar index rebuild`." if differs else counts)
    _print_unreadable(found.unreadable)


def _end_with(unreadable: Sequence[Path]) -> None:
    """Name the bags that cannot be read, and end with an exit status that a script can see."""
    if unreadable:
        _print_unreadable(unreadable)
        raise typer.Exit(ExitStatus.SOME_FAILED)


def _print_unreadable(unreadable: Sequence[Path]) -> None:
    if unreadable:
        _list("with bags that cannot be read", [bag.name for bag in unreadable])
        out.print(
            "`bannasar verify` says what is wrong with them. Put them back from a copy, then: `bannasar index sync`. "
            "If it finds nothing wrong, give the workers more memory (limits.page_megabytes).",
        )


def _list(what: str, names: Sequence[str]) -> None:
    if names:
        files = number_of(len(names), "case file")
        out.print(Text.assemble((files, "bold red"), f" {what}: {', '.join(names[:5])}"))
        if len(names) > 5:
            out.print(f"  … and {len(names) - 5} more")


def _as_json(found: Difference) -> dict[str, object]:
    return {
        "agree": found.is_none,
        "missing": [bag.name for bag in found.missing],
        "changed": [bag.name for bag in found.changed],
        "unknown": list(found.unknown),
        "unreadable": [bag.name for bag in found.unreadable],
        "pages_in_bags": found.pages_in_bags,
        "pages_in_index": found.pages_in_index,
    }
