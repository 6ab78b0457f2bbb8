"""Output that cannot be written or encoded: no traceback, in any command."""

import json
import subprocess
from pathlib import Path

import pytest

COMMANDS = [
    ("kinds",),
    ("search", "--help"),
    ("status", "--json"),
    ("search", "greffier"),
    ("search", "x", "--csv", "-"),
]


def _started(archived, command, **streams):
    environment = archived.environment(**streams.pop("environment", {}))
    with_archive = [*archived.command(*command)]
    if command[0] == "kinds" or "--help" in command:
        with_archive = with_archive[:-2]
    encoding = environment.get("PYTHONIOENCODING", "utf-8").split(":")[0].replace("ascii", "utf-8")
    return subprocess.Popen(with_archive, stderr=subprocess.PIPE, encoding=encoding, env=environment, **streams)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_told_in_a_sentence(archived, command):
    """And with the exit status: what should be kept is not there."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        process = _started(archived, command, stdout=full)
        _, said = process.communicate()
    assert process.returncode == 3
    assert said.splitlines()[-1] == "bannasar: Standard output: No space left on device."
    assert "Traceback" not in said


@pytest.mark.parametrize("command", COMMANDS)
def test_a_reader_who_leaves_is_no_fault(archived, command):
    """As ``head`` does: silence, and the exit status of a program that SIGPIPE ended."""
    process = _started(archived, command, stdout=subprocess.PIPE)
    process.stdout.close()
    said = process.stderr.read()
    assert process.wait() == 141
    assert "bannasar:" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize("encoding", ["ascii:strict", "latin-1:strict", "utf-8"])
def test_every_letter_is_told_in_every_encoding(archived, encoding):
    """In UTF-8 if no encoding was chosen, by number if the chosen one lacks the letter; JSON stays JSON."""
    for command in (("search", "សាលក្រមព្រហ្មទណ្ឌ", "--json"), ("kinds",)):
        process = _started(archived, command, environment={"PYTHONIOENCODING": encoding}, stdout=subprocess.PIPE)
        told, said = process.communicate()
        assert process.returncode == 0, said
        if command[0] == "search":
            assert "សាលក្រមព្រហ្មទណ្ឌ" in json.loads(told)["hits"][0]["snippet"]
        else:
            assert (r"\u179f" in told) == encoding.startswith("latin")


def test_a_run_goes_on_when_nobody_can_be_told_how_far_it_is(bannasar, archived_box):
    """Its exit status, the report and the ledger hold the result."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            bannasar.command("run", archived_box, "--log-format", "json"),
            stdout=subprocess.PIPE,
            stderr=full,
            encoding="utf-8",
            env=bannasar.environment(),
            check=False,
        )
    assert done.returncode == 0
    assert "Nothing new" in done.stdout
