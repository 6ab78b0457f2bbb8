"""The command line itself: what the help lists, and what is loaded to answer."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cli.app import app

group = typer.main.get_group(app)
context = typer.Context(group, info_name="bannasar")

# Modules that take long to load, and are needed only to read pages or to ask a server.
_HEAVY = {"cv2", "dask", "distributed", "elasticsearch", "matplotlib", "numpy", "pikepdf", "scipy", "sklearn"}


def _first_paragraph(text: str) -> str:
    return " ".join(inspect.cleandoc(text).split("\n\n")[0].split())


@pytest.mark.parametrize("name", group.list_commands(context))
def test_the_help_says_of_a_command_what_the_command_says_of_itself(name: str) -> None:
    listed, itself = group.commands[name], group.get_command(context, name)
    assert itself is not None
    assert itself.name == name
    assert listed.help == _first_paragraph(itself.help or "")


def _loaded_by(*typed: str) -> set[str]:
    program = (
        f"import sys; sys.argv = ['bannasar', *{list(typed)}]\n"
        "from cli.main import main\n"
        "try: main()\n"
        "finally: print('Loaded:', *sys.modules, file=sys.__stderr__)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    return set(done.stderr.split("Loaded:")[1].split())


def test_the_help_loads_no_command() -> None:
    loaded = _loaded_by("--help")
    assert "cli.app" in loaded
    assert not loaded & {"cli.common", "cli.edge", "pydantic", *_HEAVY}


def test_a_search_loads_nothing_that_reads_pages(tmp_path: Path) -> None:
    loaded = _loaded_by("search", "--archive", str(tmp_path), "police")
    assert "pipeline.services.search" in loaded
    assert not loaded & _HEAVY


def test_an_export_loads_what_draws_or_signs_pages_only_when_it_draws_or_signs(tmp_path: Path) -> None:
    loaded = _loaded_by("export", "text", str(tmp_path / "texts"), "--archive", str(tmp_path))
    assert "pipeline.services.export" in loaded
    assert not loaded & {*_HEAVY, "pyhanko"}


def test_a_reading_room_loads_nothing_that_draws_or_signs_pages_before_somebody_needs_it(tmp_path: Path) -> None:
    loaded = _loaded_by("serve", "--archive", str(tmp_path))
    assert "web.app" in loaded
    assert not loaded & {*_HEAVY, "pyhanko"} - {"pikepdf"}


def test_a_mistyped_command_is_refused_with_one_that_exists() -> None:
    done = CliRunner().invoke(app, ["serch"])
    assert done.exit_code == 1
    assert "Did you mean 'search'" in done.output


def test_the_shell_completes_names_of_commands_and_their_options() -> None:
    def completed(words: str) -> list[str]:
        environment = {"_BANNASAR_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        done = CliRunner().invoke(app, prog_name="bannasar", env=environment)
        return done.output.split()

    assert completed("bannasar sear") == ["search"]
    assert completed("bannasar export te") == ["text"]
    assert "--by-case" in completed("bannasar search --by")
