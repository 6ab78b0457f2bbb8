"""Names with markup, control characters, HTML or formulas are printed completely, and have no effect."""

import csv
import html
import io
import json

import pytest
from rich.table import Table
from rich.text import Text as RichText

from cli.terminal import Terminal, Text, escaped, print_json
from tests.cli.conftest import Bannasar, write_page

_NAMES = [
    "Affaire [copie] 12",
    "[red]x[/red]",
    "[/]",
    "[bold",
    "x]",
    r"\[x]",
    ":warning:",
    "<b>x</b>",
    "=1+1",
    "ឯកសារ [ចម្លង]",
    "[link=https://x]y[/link]",
    "[@click=app.quit]z",
    "x " * 200,
]
_CONTROLS = {
    "a\nb": r"a\nb",
    "\x1b[2Jx": r"\x1b[2Jx",
    "a\rb\tc\x07\x08\x0b\x0c\x00": r"a\rb\tc\x07\x08\x0b\x0c\x00",
    "\x9b2J\x85\x7f": r"\x9b2J\x85\x7f",
    "\u202egpj.exe\u2066": r"\u202egpj.exe\u2066",
    "a\u2028b": r"a\u2028b",
    "\udcff.pdf": r"\udcff.pdf",
}


@pytest.mark.parametrize("name", [*_NAMES, *_CONTROLS])
@pytest.mark.parametrize("is_terminal", [True, False])
def test_whatever_is_printed_is_seen_as_it_is(name, is_terminal, monkeypatch):
    """As a string, as a text with styles of any kind, in a table; on its own line, for any reader."""
    shown, seen = _CONTROLS.get(name, name), io.StringIO()
    terminal = Terminal()
    monkeypatch.setattr(Terminal, "is_terminal", is_terminal)
    monkeypatch.setattr(terminal, "_color_system", None)
    monkeypatch.setattr(terminal, "file", seen)
    for one in (name, Text(name, "bold"), RichText(name), Text.assemble(("a: ", "dim"), name, (name, "red"))):
        terminal.print(one)
    lines = seen.getvalue().replace(" \n", "\n").splitlines()
    assert len(lines) == 4
    assert lines[0].strip() == lines[1].strip() == shown.strip()
    assert f"a: {shown}{shown}".strip() == lines[3].strip()
    assert escaped(seen.getvalue().replace("\n", "")) == seen.getvalue().replace("\n", "")
    table = Table(box=None)
    table.add_column(name)
    table.add_row(name)
    table.add_row(Text(name))
    terminal.print(table)
    if not is_terminal:
        assert [line.strip() for line in seen.getvalue().splitlines()[4:]] == [shown.strip()] * 3


def test_json_holds_no_control_characters_and_says_the_same(capsys):
    """A program reads what was meant, and a person's terminal does nothing."""
    told = {name: [name] for name in [*_NAMES, *_CONTROLS]}
    print_json(told)
    printed = capsys.readouterr().out
    assert json.loads(printed) == told
    assert all(escaped(line) == line for line in printed.splitlines())


_BOX = "box [copie] :x:"
_FOLDER = "Affaire [copie] 12 <b>x[, :warning:"
# In its folder it is a closing tag.
_PATH = f"{_FOLDER}/bold] =1.png"
_CONTROL = "e\x1b[2J\u202e\nx.png"
_BAD = "=bad [x]\n.pdf"


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Return an archive with such names in its own path and in all that it holds."""
    folder = tmp_path_factory.mktemp("names")
    box = folder / _BOX
    write_page(box / _PATH, "Le greffier")
    write_page(box / _CONTROL, "Le greffier en chef")
    (box / _BAD).write_bytes(b"%PDF-1.4")
    bannasar = Bannasar(folder / "a [old] :x:")
    done = bannasar("run", box, "--workers", "1")
    assert done.returncode == 2, done.stderr
    assert f"{_BOX}/{escaped(_BAD)}" in done.stdout
    assert f"The archive is at {bannasar.archive}." in done.stdout
    return bannasar.archive


@pytest.fixture(scope="module")
def case(archive):
    (bag,) = (bag.name for bag in (archive / "bags" / _BOX).iterdir() if "Affaire" in bag.name)
    return bag


@pytest.mark.parametrize(
    ("command", "seen"),
    [
        (["status"], [_BOX]),
        (["status", _BOX], [_PATH, _CONTROL, _BAD, "{case}"]),
        (["status", "[nope]"], ["[nope]", _BOX]),
        (["failures"], [f"{_BOX}/{_BAD}"]),
        (["show", f"{_BOX}/{_PATH}"], [f"{_BOX}/{_PATH}", "{archive}", "{case}"]),
        (["show", f"{_BOX}/{_CONTROL}"], [f"{_BOX}/{_CONTROL}"]),
        (["show", "[/nope]\x1b"], ["[/nope]\x1b"]),
        (["search", "greffier"], [f"1. {_PATH}, page 1", "{case}", _CONTROL]),
        (["search", "greffier", "--facets"], [_BOX]),
        (["search", "[red]x[/red]\x1b\n :x: \""], ["[red]x[/red]\x1b\n :x: \""]),
        (["search", "box:[/red]:x:"], ["box:[/red]:x:", _BOX]),
        (["search", "greffier", "--pictures", "{tmp}/[p]"], ["{tmp}/[p]"]),
        (["review"], ["{case}, document 1", "{archive}"]),
        (["report", _BOX, "--html", "{tmp}/[r].html"], ["{tmp}/[r].html"]),
        (["export", "text", "{tmp}/[t]"], ["{tmp}/[t]"]),
        (["export", "bag", "{case}", "--to", "{tmp}/[b]"], ["{case} is copied to {tmp}/[b]"]),
        (["export", "pdf", "{case}", "--to", "{tmp}/[d]"], ["of {case} is copied to {tmp}/[d]"]),
        (["export", "hocr", "{case}", "--to", "{tmp}/[h]"], ["of {case} written to {tmp}/[h]"]),
        (["export", "iiif", "{case}", "--to", "{tmp}/[i]", "--base", "https://x"], ["{case}", "{tmp}/[i]"]),
        (["export", "bag", "[/nope]", "--to", "{tmp}"], ["[/nope]"]),
        (["run", "{box}", "--dry-run"], [_BOX, _BAD]),
        (["run", "{tmp}/[/nope]"], ["{tmp}/[/nope]"]),
        (["rerun", "--box", _BOX, "--dry-run"], [f"{_BOX}/{_PATH}", f"{_BOX}/{_CONTROL}"]),
        (["rerun", "--box", _BOX, "--stage", "describe", "--dry-run"], [f"{_BOX}/{_PATH}", "{archive}"]),
        (["rerun", "--scan", "[/nope]"], ["[/nope]"]),
        (["withdraw", "{case}", "--reason", "[/x]"], ["{case} is withdrawn"]),
        (["reinstate", "{case}", "--reason", "[/x]"], ["{case} is reinstated"]),
        (["correct", "{case}", "--kind", "[/x]"], ["no kind [/x]"]),
        (["correct", "{case}", "--case-number", "1/98"], ["1. bold] =1, 1 page"]),
        (["split", "{case}", "--page", "2"], ["Document 1"]),
        (["index", "rebuild"], ["{archive}/index.db"]),
        (["certify", "{case}", "--to", "{tmp}/[c].pdf"], ["bannasar keys init"]),
        (["import", "{tmp}/[/nope]"], ["{tmp}/[/nope] does not exist."]),
        (["keys", "trust", "{tmp}/[/nope]"], ["{tmp}/[/nope] does not exist."]),
        (["check", "{tmp}/[/nope]"], ["{tmp}/[/nope]"]),
        (["sheets", "--to", "{tmp}/[s].pdf"], ["{tmp}/[s].pdf"]),
        (["sheets", "--to", "{tmp}/[s2].pdf", "--kind", "[/x]"], ["[/x]"]),
        (["rebuild"], ["{archive}"]),
    ],
    ids=" ".join,
)  # fmt: skip
def test_every_command_that_prints_a_name_prints_it_whole(archive, case, tmp_path, typed, command, seen):
    """And nothing else: no control character, no extra line."""

    def filled(text):
        for name, value in {"case": case, "archive": archive, "tmp": tmp_path, "box": archive.parent / _BOX}.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    options = [] if command[0] == "sheets" else ["--archive", archive]
    _, printed = typed(*map(filled, command), *options)
    for name in seen:
        assert escaped(filled(name)) in printed
    assert all(escaped(line) == line for line in printed.split("\n"))


def test_a_table_for_a_spreadsheet_holds_no_formula(archive, tmp_path, typed):
    """A sign before it makes it a text, what would steer a terminal is left out; JSON Lines have the unchanged name."""
    for option in ("--csv", "--jsonl"):
        assert typed("search", "greffier", option, tmp_path / option, "--archive", archive)[0] == 0
    rows = list(csv.DictReader((tmp_path / "--csv").open(encoding="utf-8", newline="")))
    assert {row["path"] for row in rows} == {_PATH, "e[2J\nx.png"}
    lines = (tmp_path / "--jsonl").read_text("utf-8").splitlines()
    assert {json.loads(line)["path"] for line in lines} == {_PATH, _CONTROL}


def test_a_report_shows_names_and_not_what_they_would_do(archive, tmp_path, typed):
    """A name may be HTML."""
    typed("report", _BOX, "--html", tmp_path / "r.html", "--archive", archive)
    page = (tmp_path / "r.html").read_text("utf-8")
    assert html.escape(_PATH) in page
    assert "<b>x[" not in page
