"""``bannasar demo``."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from cli.actor import at_the_shell, operator
from cli.common import err, out, read_settings
from cli.running import check_tools, run_and_report
from cli.terminal import Text
from models.errors import MissingDependencyError, UsageError
from models.settings import Settings
from pipeline.services import keys
from pipeline.services.archives import Archive
from pipeline.services.digitise import digitise
from web.server import Listening
from web.server import serve as serve_room

SAMPLES = Path(__file__).resolve().parent.parent / "samples" / "boxes"
_MARK = "training-archive.txt"
_UNFINISHED = "unfinished"
_WORDS = "Made by `bannasar demo` from its sample boxes, to practise with. Everything in this folder can be deleted.\n"


def demo(
    serve: Annotated[bool, typer.Option("--serve", help="Open it in a browser, with ten exercises.")] = False,
    folder: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Make it there and keep it. [default: a folder that is deleted]")
    ] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Delete the archive in --folder, and make it again.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for one that is free.")] = 0,
) -> None:
    """Make a training archive from the sample boxes: nothing in it can be broken.

    With --serve it opens in a browser, with a page of ten exercises in Khmer, French and English. Making it takes about
    a minute. Without --folder it is deleted when you close it with Ctrl-C.

    Examples:
        bannasar demo --serve

        bannasar demo --serve --folder training

        bannasar demo --serve --folder training --reset
    """
    if not serve and folder is None:
        raise UsageError(
            "A training archive must be opened or kept.",
            "Open one: `bannasar demo --serve`. Or keep one: `bannasar demo --folder DIR`.",
        )
    if reset and folder is None:
        raise UsageError("--reset needs a folder.", "Name it: --folder DIR.")
    boxes = sorted(SAMPLES.iterdir()) if SAMPLES.is_dir() else []
    if not boxes:
        raise MissingDependencyError(
            f"The sample boxes are not at {SAMPLES}.", "Use the `bannasar` that script/setup installed in a repository."
        )
    with _place(folder, reset=reset) as place:
        settings = _settings(place, "archive")
        if not settings.archive.exists():
            _make(place, settings.archive, boxes)
        if serve:
            serve_room(settings, operator(), Listening("127.0.0.1", port), _announce, is_training=True)
        else:
            out.print(f"Open it: `bannasar demo --serve --folder {folder}`.")


@contextmanager
def _place(folder: Path | None, *, reset: bool) -> Iterator[Path]:
    """Give the folder of the training archive; one that nobody named is deleted at the end."""
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="bannasar-training-", ignore_cleanup_errors=True) as made:
            yield Path(made)
        return
    place = folder.absolute()
    is_ours = (place / _MARK).is_file()
    if place.exists() and not is_ours and any(place.iterdir()):
        raise UsageError(
            f"{folder} is not a training archive, and not empty.",
            "Name another folder; nothing in this one is changed.",
        )
    if reset and is_ours:
        shutil.rmtree(place)
    place.mkdir(parents=True, exist_ok=True)
    (place / _MARK).write_text(_WORDS, "utf-8")
    yield place


def _settings(place: Path, name: str) -> Settings:
    """Return the settings, with a key and an index of its own: it touches nothing outside its folder."""
    own = {"key_file": str(place / "key.pem"), "passphrase_file": ""}
    return read_settings(place / name, signing=own, index={"url": ""}, run={"scheduler": ""})


def _make(place: Path, archive: Path, boxes: list[Path]) -> None:
    """Digitise the sample boxes. The archive gets its name when it is complete, so a killed process leaves none."""
    settings = _settings(place, _UNFINISHED)
    check_tools(settings)
    err.print("Making a training archive from the sample boxes. It takes about a minute.")
    shutil.rmtree(settings.archive, ignore_errors=True)
    try:
        with Archive(settings) as opened:
            keys.make(opened, at_the_shell())
        run_and_report(settings, lambda opened, watch: digitise(opened, at_the_shell(), boxes, watch))
        settings.archive.rename(archive)
    except BaseException:
        shutil.rmtree(settings.archive, ignore_errors=True)
        raise


def _announce(address: str) -> None:
    out.print(
        "The training archive is open: nothing in it can be broken. Open this address in a browser; Ctrl-C closes it:"
    )
    out.print(Text(address, style="bold"))
