"""What is found in a box."""

import os
import subprocess
import sys
from pathlib import Path

from models.failure import Code
from pipeline.intake.discover import discover
from tests.conftest import ROOT

_DISCOVER = """
import sys
from pathlib import Path
from pipeline.intake.discover import discover
found = discover(Path(sys.argv[1]))
print([str(entry.path) for entry in found.entries], found.ignored)
"""


def _put(file: Path, content: bytes = b"x") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def test_every_file_is_found_in_path_order_and_knows_its_case_folder(tmp_path):
    """Folders in a box are case files, with their scans at any depth."""
    for name in ("b/2.pdf", "b/sub/1.pdf", "a.pdf", "ក/១.tif"):
        _put(tmp_path / name)
    entries = discover(tmp_path).entries
    assert [str(entry.path) for entry in entries] == ["a.pdf", "b/2.pdf", "b/sub/1.pdf", "ក/១.tif"]
    assert [entry.folder for entry in entries] == ["", "b", "b", "ក"]


def test_hidden_and_system_files_are_ignored_and_counted(tmp_path):
    """Files that computers leave behind are not scans, but they are counted."""
    for name in (".DS_Store", "a/Thumbs.db", ".hidden/1.pdf", "1.pdf"):
        _put(tmp_path / name)
    found = discover(tmp_path)
    assert [str(entry.path) for entry in found.entries] == ["1.pdf"]
    assert found.ignored == 3


def test_a_folder_that_is_ignored_is_not_looked_into(tmp_path):
    """Often nobody may open it: it must not stop the rest. Its content counts as one ignored thing."""
    _put(tmp_path / "dossier" / "1.pdf")
    names = (".Trash-0", "lost+found", "System Volume Information", "$RECYCLE.BIN", "dossier/@eaDir", "#recycle")
    folders = [tmp_path / name for name in (*names, "dossier/.snapshot")]
    for folder in folders:
        _put(folder / "more" / "deleted.pdf")
        folder.chmod(0o000)
    done = subprocess.run(
        ["unshare", "--user", sys.executable, "-c", _DISCOVER, str(tmp_path)],  # root may open everything
        capture_output=True,
        encoding="utf-8",
        check=False,
        cwd=ROOT,
    )
    for folder in folders:
        folder.chmod(0o700)
    assert done.stdout.strip() == "['dossier/1.pdf'] 7", done.stderr


def test_a_file_or_link_called_like_a_system_folder_is_not_ignored(tmp_path):
    """Only what is certainly not a scan is ignored."""
    _put(tmp_path / "recycled")
    _put(tmp_path / "dossier" / "lost+found.pdf")
    (tmp_path / "lost+found").symlink_to("dossier")
    found = discover(tmp_path)
    assert [str(entry.path) for entry in found.entries] == ["dossier/lost+found.pdf", "lost+found", "recycled"]
    assert found.ignored == 0


def test_a_link_out_of_the_box_is_refused(tmp_path):
    """A link must not add files that nobody submitted."""
    secret = _put(tmp_path / "secret.pdf")
    box = tmp_path / "box"
    box.mkdir()
    (box / "1.pdf").symlink_to(secret)
    (box / "2.pdf").symlink_to("2.pdf")
    (box / "3.pdf").symlink_to("nowhere")
    (box / "4").symlink_to(tmp_path)
    refusals = {str(entry.path): entry.refusal for entry in discover(box).entries}
    assert {path: refusal and refusal.code for path, refusal in refusals.items()} == dict.fromkeys(
        ("1.pdf", "2.pdf", "3.pdf", "4"), Code.OUTSIDE_BOX
    )


def test_a_link_within_the_box_is_a_scan(tmp_path):
    """A link to a scan of the same box is the same scan again."""
    _put(tmp_path / "1.pdf")
    (tmp_path / "2.pdf").symlink_to("1.pdf")
    assert [entry.refusal for entry in discover(tmp_path).entries] == [None, None]


def test_a_pipe_is_refused_unopened(tmp_path):
    """Opening a pipe would wait for ever."""
    os.mkfifo(tmp_path / "1.pdf")
    (entry,) = discover(tmp_path).entries
    assert entry.refusal is not None
    assert entry.refusal.code is Code.OUTSIDE_BOX


def test_odd_names_are_kept(tmp_path):
    """Names with newlines, Khmer, 255 bytes or invalid UTF-8 are normal names."""
    names = [b"a\nb.pdf", "សំណុំរឿង.pdf".encode(), b"n" * 251 + b".pdf", b"caf\xe9.pdf"]
    for name in names:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(b"x")
    entries = discover(tmp_path).entries
    assert sorted(os.fsencode(entry.file.name) for entry in entries) == sorted(names)
    assert {"caf\\xe9.pdf", "a\nb.pdf", "សំណុំរឿង.pdf"} <= {str(entry.path) for entry in entries}


def test_no_two_names_are_shown_alike(tmp_path):
    """A name is the key of a scan: of two alike, one would disappear. Other names with backslashes stay as they are."""
    odd = [
        b"\xff.pdf",
        b"\\xff.pdf",
        b"\\x5cxff.pdf",
        b"\\x5c.pdf",
        b"\\.pdf",
        b"\\\xff.pdf",
        b"\\\\xff.pdf",
        b"\\xf\xff.pdf",
    ]
    for name in odd:
        _put(Path(os.fsdecode(os.fsencode(tmp_path / "a") + b"/" + name)), name)
    found = {str(entry.path): os.fsencode(entry.file.name) for entry in discover(tmp_path).entries}
    assert sorted(found.values()) == sorted(odd)
    assert found["a/\\xff.pdf"] == b"\xff.pdf"
    assert found["a/\\.pdf"] == b"\\.pdf"
