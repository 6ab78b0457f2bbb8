"""``bannasar verify``."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cli.common import ArchiveOption, Exit, JsonOption, err, give_up, open_ledger, out, read_settings
from cli.terminal import Text, print_json
from models.settings import Settings
from pipeline.archive.fixity import Damage, Pace
from pipeline.archive.keys import KeyUnusableError, read_keys
from pipeline.index.opening import open_to_rebuild
from pipeline.index.store import IndexUnusableError
from pipeline.run.custody import custody
from pipeline.run.lock import ArchiveBusyError, hold
from pipeline.run.reindex import rebuild, synchronise
from pipeline.run.verify import Checked
from pipeline.run.verify import verify as verify_bags


def verify(
    archive: ArchiveOption = None,
    sample: Annotated[
        float, typer.Option(min=0.001, max=1, help="Share of the bags to look at; each time others.")
    ] = 1.0,
    rate: Annotated[float | None, typer.Option(min=0.1, help="Megabytes to read a second, at most.")] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Begin anew, though the last time did not come to its end.")
    ] = False,
    key: Annotated[
        list[Path] | None,
        typer.Option("--key", metavar="KEY.pem", help="The public key that counts. [default: those in the archive]"),
    ] = None,
    repair_index: Annotated[
        bool, typer.Option("--repair-index", help="Bring the index together with the bags, too.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Read every bag again and say what is not as it was sealed: changed, missing and added files, each by its name.

    The journal is checked too: that no line of it was changed, that each bag is the one it tells of, and that the
    archive's key signed both. Who can change the archive can change the keys in it as well: --key takes one that was
    kept elsewhere.

    It can be stopped at any time: the same command goes on from there. What it found is kept in fixity.jsonl in the
    archive; where that cannot be written, it says so and looks at every bag. The exit status is 0 when all is well, 2
    when anything is not.

    Examples:
        bannasar verify

        bannasar verify --sample 0.05 --rate 20
    """
    settings = read_settings(archive)
    if not (settings.archive / "bags").is_dir():
        give_up(f"There are no bags at {settings.archive}. Make some with `bannasar run BOX`.")
    checked: list[Checked] = []

    def tell(sentence: str) -> None:
        err.print(Text(sentence))

    try:
        keys = read_keys(key) if key else None
        with Progress(
            TextColumn("bags"), MofNCompleteColumn(), TimeRemainingColumn(), console=err, transient=True,
            disable=not err.is_terminal,
        ) as bar:  # fmt: skip
            task = bar.add_task("bags", total=None)
            pace = Pace(rate * 1e6 if rate else None)
            for one in verify_bags(settings.archive, share=sample, pace=pace, again=again, tell=tell):
                checked.append(one)
                bar.update(task, completed=one.done, total=one.all)
                if one.damages and not as_json:
                    _print(one)
        against = _against(settings.archive, keys)
    except (ArchiveBusyError, KeyUnusableError) as error:
        give_up(str(error))
    except OSError as error:
        give_up(f"{error.filename or settings.archive}: {error.strerror}.")
    damaged = [one for one in checked if one.damages]
    if as_json:
        told = [{"bag": one.bag, "damages": [asdict(damage) for damage in one.damages]} for one in damaged]
        found = {"bags": len(checked), "damaged": told, "custody": [asdict(damage) for damage in against]}
        print_json(found)
    else:
        for damage in against:
            out.print(Text.assemble((f"{damage.kind}: ", "bold red"), damage.path, f" ({damage.detail})"))
        _print_end(checked, damaged)
    unwell = bool(damaged or against)
    if repair_index:
        try:
            _repair_index(settings)
        except (ArchiveBusyError, IndexUnusableError) as error:
            give_up(str(error), Exit.SOME_FAILED if unwell else Exit.WRONG_USE)
    if unwell:
        raise typer.Exit(Exit.SOME_FAILED)


def _against(archive: Path, keys: Mapping[str, Ed25519PublicKey] | None) -> list[Damage]:
    """Return what speaks against it at two looks: a run may just be writing down a bag that is in its place."""
    found = list(custody(archive, keys))
    again = list(custody(archive, keys)) if found else []
    return [damage for damage in found if damage in again]


def _print(one: Checked) -> None:
    out.print(Text(one.bag, "bold red"))
    for damage in one.damages:
        line = Text.assemble(f"  {damage.kind}: ", damage.path, f" ({damage.detail})" if damage.detail else "")
        out.print(line)


def _print_end(checked: list[Checked], damaged: list[Checked]) -> None:
    before = sum(one.before for one in checked)
    told = f"{len(checked)} bags looked at" + (f", {before} of them before this call" if before else "")
    if not damaged:
        out.print(f"{told}: all are as they were sealed.")
        return
    mend = (
        "Put them back from a copy; the scans in the box, if it is still there, are archived anew by `bannasar rerun "
        "--scan PATH --stage recognise`."
    )
    out.print(Text.assemble(f"{told}: ", (f"{len(damaged)} are not as they were sealed", "bold red"), f". {mend}"))


def _repair_index(settings: Settings) -> None:
    with (
        hold(settings.archive),
        open_ledger(settings.archive) as ledger,
        open_to_rebuild(settings.archive, settings.index) as store,
    ):
        found = synchronise(settings.archive, ledger, store, lambda _done, _all: None)
        unreadable: Sequence[Path] = found.unreadable
        if not unreadable and found.pages_in_bags != store.count():
            _, unreadable = rebuild(settings.archive, ledger, store, lambda _done, _all: None, is_own=True)
    if unreadable:
        err.print(f"The index holds what the bags hold, but for {len(unreadable)} that cannot be read.")
    else:
        err.print("The index holds what the bags hold.")
