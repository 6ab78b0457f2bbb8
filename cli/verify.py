"""``bannasar verify``."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cli.actor import at_the_shell
from cli.common import ArchiveOption, JsonOption, out, read_settings, warn
from cli.progress import counted
from cli.terminal import Text, print_json
from models.errors import BagError, BannasarError
from models.exit_status import ExitStatus
from models.plural import number_of, plural
from pipeline.services import verify as service
from pipeline.services.archives import Archive
from pipeline.services.index import repair
from pipeline.services.verify import Checked, Pace, read_keys


def verify(
    archive: ArchiveOption = None,
    sample: Annotated[
        float, typer.Option(min=0.001, max=1, help="Share of the bags to check; other bags each time.")
    ] = 1.0,
    rate: Annotated[float | None, typer.Option(min=0.1, help="Megabytes to read per second, at most.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Begin again, even if the last check did not finish.")] = False,
    key: Annotated[
        list[Path] | None,
        typer.Option("--key", metavar="KEY.pem", help="The public key to trust. [default: those in the archive]"),
    ] = None,
    whole_journal: Annotated[
        bool, typer.Option("--whole-journal", help="Check every line of the journal, also those checked before.")
    ] = False,
    repair_index: Annotated[
        bool, typer.Option("--repair-index", help="Then make the index agree with the bags.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Read every bag again and list what is not as it was sealed: changed, missing and added files, each by its name.

    The journal is checked too: that no line of it was changed, that each bag is the one it records, and that the
    archive's key signed both. A person who can change the archive can also change the keys in it: with --key, use a key
    that was kept elsewhere. If the private key is there, journal-checked.json keeps how much of the journal was
    checked: the next check only compares the SHA-256 of that part, and checks newer lines one by one.

    You can stop it at any time: the same command continues from there. The results are kept in fixity.jsonl in the
    archive. If that file cannot be written, a message says so and every bag is checked. The exit status is 0 when all
    is well, 2 when anything is not.

    Examples:
        bannasar verify

        bannasar verify --sample 0.05 --rate 20
    """
    keys = read_keys(key) if key else None
    count = before = 0
    damaged: list[Checked] = []
    opened = Archive(read_settings(archive))
    with counted("bags") as show:
        pace = Pace(rate * 1e6 if rate else None)
        for one in service.verify(opened, at_the_shell(), share=sample, pace=pace, again=again, report=warn):
            count, before = count + 1, before + one.before
            show(one.done, one.all)
            if one.damages:
                damaged.append(one)
            if one.damages and not as_json:
                _print(one)
    with counted("bags in the journal") as show:
        against = service.check_custody(opened, at_the_shell(), keys, whole=whole_journal, show=show)
    if as_json:
        bags = [{"bag": one.bag, "damages": [asdict(damage) for damage in one.damages]} for one in damaged]
        found = {"bags": count, "damaged": bags, "custody": [asdict(damage) for damage in against]}
        print_json(found)
    else:
        for damage in against:
            out.print(Text.assemble((f"{damage.kind}: ", "bold red"), damage.path, f" ({damage.detail})"))
        _print_end(count, before, damaged)
    is_damaged = bool(damaged or against)
    if repair_index:
        _repair(opened, is_damaged=is_damaged)
    if is_damaged:
        raise typer.Exit(ExitStatus.SOME_FAILED)


def _repair(archive: Archive, *, is_damaged: bool) -> None:
    """Make the index agree with the bags. If that fails, the exit status still shows that bags are damaged."""
    try:
        with archive:
            unreadable = repair(archive, at_the_shell())
    except BannasarError as error:
        if is_damaged:
            raise BagError(str(error)) from error
        raise
    but = f", except {len(unreadable)} that cannot be read" if unreadable else ""
    warn(f"The index holds what the bags hold{but}.")


def _print(one: Checked) -> None:
    out.print(Text(one.bag, "bold red"))
    for damage in one.damages:
        line = Text.assemble(f"  {damage.kind}: ", damage.path, f" ({damage.detail})" if damage.detail else "")
        out.print(line)


def _print_end(bags: int, before: int, damaged: list[Checked]) -> None:
    count = f"{number_of(bags, 'bag')} checked" + (f", {before} of them by an earlier command" if before else "")
    if not damaged:
        out.print(f"{count}: {plural(bags, 'it is as it was', 'all are as they were')} sealed.")
        return
    next_step = (
        "Put them back from a copy. If the box is still there, `bannasar rerun --scan PATH --stage recognise` archives "
        "its scans again."
    )
    out.print(Text.assemble(f"{count}: ", (f"{len(damaged)} are not as they were sealed", "bold red"), ". ", next_step))
