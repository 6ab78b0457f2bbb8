"""What the rooms of the house may know of each other, beside the layers that import-linter holds."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT

# Folders of an archive, and its files.
_FOLDERS = {"bags", "keys", "lock", "results", "tmp"}
_FILES = {
    "case.json",
    "fixity.jsonl",
    "index.db",
    "journal.jsonl",
    "kinds.npz",
    "ledger.db",
    "pending.json",
    "withdrawn.json",
}
# The rooms that lay something into an archive; the classifier that is installed is another kinds.npz.
_OWN = {"pipeline/archive", "pipeline/index/opening.py", "pipeline/document/classifier.py"}


def _modules() -> Iterator[Path]:
    for package in ("cli", "config", "models", "pipeline"):
        yield from sorted((ROOT / package).rglob("*.py"))


def _paths_in(tree: ast.AST) -> Iterator[str]:
    """Yield the names from an archive that a module joins to a folder, or writes as the name of a file."""
    for node in ast.walk(tree):
        match node:
            case ast.BinOp(op=ast.Div(), right=ast.Constant(value=str(name))) if name.split("/")[0] in _FOLDERS:
                yield name
            case ast.Constant(value=str(name)) if name.split("/")[-1] in _FILES:
                yield name


def test_only_the_rooms_of_the_archive_know_where_things_lie_in_it() -> None:
    spelt = {
        f"{path}: {name}"
        for file in _modules()
        if not any((path := file.relative_to(ROOT).as_posix()).startswith(own) for own in _OWN)
        for name in _paths_in(ast.parse(file.read_text("utf-8")))
    }
    assert not spelt


def test_only_the_rooms_that_keep_a_database_write_sql() -> None:
    """The ledger, the accounts and the index; `bannasar doctor` asks SQLite what it can do."""
    keepers = ("pipeline/archive/ledger", "pipeline/access/", "pipeline/index/", "pipeline/services/doctor.py")
    asking = set()
    for file in _modules():
        path = file.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="execute" | "executemany" | "executescript" | "query")):
                    asking.add(path)
    assert not {path for path in asking if not path.startswith(keepers)}
