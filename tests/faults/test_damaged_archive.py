"""With any damage to one file of an archive, every command ends with its sentence, and shows no text of a paper."""

import hashlib
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Bannasar, write_page

pytestmark = pytest.mark.usefixtures("warm_sandboxes")

CASE = "box_a.png"
SECRET = "Zanzibar"  # noqa: S105  # it stands on the paper
BAG = f"bags/box/{CASE}"
FILES = [
    "ledger.db",
    "index.db",
    "journal.jsonl",
    "fixity.jsonl",
    "lock",
    "pending.json",
    "keys/*.pem",
    "../key.pem",
    "../bannasar.toml",
    "results/*/*/*/000001.json.gz",
    f"{BAG}/bagit.txt",
    f"{BAG}/bag-info.txt",
    f"{BAG}/manifest-sha512.txt",
    f"{BAG}/tagmanifest-sha512.txt",
    f"{BAG}/signatures/*.sig",
    f"{BAG}/withdrawn.json",
    f"{BAG}/data/case.json",
    f"{BAG}/data/mets.xml",
    f"{BAG}/data/pages/0001/000001.json",
    f"{BAG}/data/alto/0001/000001.xml",
    f"{BAG}/data/documents/001.pdf",
    f"{BAG}/data/originals/a.png",
]
# The files that are read most: every kind of damage to them.
_VITAL = {"ledger.db", "index.db", "journal.jsonl", "../key.pem", f"{BAG}/data/case.json"}
READING = [
    "status",
    "failures",
    f"show {CASE.removeprefix('box_')}",
    f"search {SECRET}",
    "review",
    "report box --html {tmp}/r.html",
    "export text {tmp}/t",
    f"export bag {CASE} --to {{tmp}}/b",
    f"export hocr {CASE} --to {{tmp}}/h",
    f"export pdf {CASE} --to {{tmp}}/p",
    f"certify {CASE} --to {{tmp}}/c.pdf",
    f"check {{archive}}/{BAG}",
    "verify",
    "index check",
    "ledger check --dry-run",
    "keys show",
    "evaluate",
]
CHANGING = [
    f"correct {CASE} --kind summons",
    f"withdraw {CASE} --reason x",
    "keys sign",
    "index sync",
    "rebuild",
    "rerun --box box --dry-run",
]


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _cut(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes() or b"x")
    content[len(content) // 2] ^= 0x10
    file.write_bytes(content)


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


DAMAGES = {"emptied": _empty, "cut": _cut, "flipped": _flip, "a folder": _folder}


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Return a folder with an archive of one case file, with a key and everything else that an archive may contain."""
    folder = tmp_path_factory.mktemp("sound")
    write_page(folder / "box" / "a.png", f"Le greffier {SECRET}")
    (folder / "bannasar.toml").write_text(f'[signing]\nkey_file = "{folder}/key.pem"\n')
    bannasar = Bannasar(folder / "archive")
    for command in (["keys", "init"], ["run", folder / "box", "--workers", "1"], ["verify"]):
        done = bannasar(*command, BANNASAR_SIGNING__KEY_FILE=f"{folder}/key.pem")
        assert done.returncode == 0, done.stderr
    (folder / "archive" / "pending.json").write_text("{}")
    return folder


def _kept(archive: Path) -> str:
    """Return a digest of what must not change by itself: the bags and the journal."""
    digest = hashlib.sha256()
    for file in sorted(file for file in [*archive.glob("bags/**/*"), archive / "journal.jsonl"] if file.is_file()):
        digest.update(str(file.relative_to(archive)).encode() + file.read_bytes())
    return digest.hexdigest()


@pytest.mark.parametrize(
    ("file", "damage"),
    [(file, damage) for file in FILES for damage in DAMAGES if damage in {"cut", "a folder"} or file in _VITAL],
)
def test_every_command_ends_with_a_sentence(sound, tmp_path, monkeypatch, typed, file, damage):
    """With an exit status, no text of the paper in the error message, and the archive unchanged."""
    here = tmp_path / "here"
    shutil.copytree(sound, here)
    toml = here / "bannasar.toml"
    toml.write_text(toml.read_text().replace(str(sound), str(here)))
    monkeypatch.chdir(here)
    archive = here / "archive"
    if file.endswith("withdrawn.json"):  # many commands skip what is withdrawn
        (archive / file).write_text('{"at": "2026-01-01", "reason": "x"}\n')
    (victim, *_) = archive.glob(file) if ".." not in file else [(archive / file).resolve()]
    DAMAGES[damage](victim)
    before = _kept(archive)
    for number, command in enumerate([*READING, *CHANGING]):
        out = tmp_path / str(number)
        out.mkdir()
        words = command.format(tmp=out, archive=archive).split()
        status, printed = typed(*words, "--archive", archive)
        visible = "" if command.startswith("search") else printed
        assert status in {0, 1, 2, 3}, command
        assert "Traceback" not in printed, command
        assert "that Bannasar does not know" not in printed, f"{command}: {printed}"
        assert SECRET not in visible, command
        assert "input_value" not in printed, command
        if command in READING:
            assert _kept(archive) == before, command
        elif status == 1:
            after = _kept(archive)
            assert after == before, f"{command}: {printed}"
        else:  # done, or with 2 done but for the index
            before = _kept(archive)
