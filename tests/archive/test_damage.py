"""What is wrong with a bag is named; names and full disks do no harm."""

import errno
import hashlib
import unicodedata
from pathlib import Path, PurePosixPath

import bagit
import pytest

from models.errors import ScanError
from models.failure import Code
from pipeline.archive.bag import original, stored_paths
from pipeline.archive.fixity import Damage, verify_bag
from tests.conftest import bag_in_place

CONTENT = b"the scan, as it was handed in"
SHA = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def build(make, tmp_path):
    """Build the bag of one scan."""

    def build(path="សំណុំរឿង.pdf", archive=tmp_path / "archive"):
        (tmp_path / "scan").write_bytes(CONTENT)
        pages = [make.page(["ព្រះ|រាជា"], scan=SHA, number=1), make.page(["ជាតិ"], scan=SHA, number=2)]
        pictures = {(SHA, page.number): make.picture(page, tmp_path / f"{page.number}.jpg") for page in pages}
        return bag_in_place(make.case(*pages, path=path), pages, {SHA: tmp_path / "scan"}, pictures, archive)

    return build


def test_each_fault_is_named_though_there_are_several(build):
    """A missing file does not hide a changed one, nor one that was added."""
    bag = build()
    (bag / "data/alto/0001/000001.xml").unlink()
    (bag / "data/added").write_bytes(b"x")
    (bag / "data/originals/សំណុំរឿង.pdf").write_bytes(CONTENT.replace(b"was", b"saw"))
    assert [(damage.kind, damage.path) for damage in verify_bag(bag)] == [
        ("unexpected", "data/added"),
        ("missing", "data/alto/0001/000001.xml"),
        ("changed", "data/originals/សំណុំរឿង.pdf"),
    ]


@pytest.mark.parametrize("name", ["added.txt", "signatures/added.txt", "manifest.bak", "deep/er/added"])
def test_a_file_that_was_added_beside_the_payload_is_named(build, name):
    """The RFC allows it; nobody here put it there."""
    bag = build()
    (bag / name).parent.mkdir(parents=True, exist_ok=True)
    (bag / name).write_bytes(b"x")
    assert verify_bag(bag) == [Damage("unexpected", name)]


@pytest.mark.parametrize("algorithm", ["sha256", "md5"])
def test_a_file_beside_the_payload_that_only_an_unsigned_list_names_is_named(build, algorithm):
    """Signatures cover only the list of SHA-512: who adds a file can write it into every other one."""
    bag = build()
    unsigned = bag / f"tagmanifest-{algorithm}.txt"
    (bag / "order.txt").write_bytes(b"x")
    digest = hashlib.new(algorithm, b"x").hexdigest()
    known = unsigned.read_text("utf-8") if unsigned.exists() else ""
    unsigned.write_text(f"{known}{digest}  order.txt\n", "utf-8")
    assert Damage("unexpected", "order.txt") in verify_bag(bag)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("manifest-shake_128.txt", "00  data/case.json\n"),
        ("bagit.txt", "BagIt-Version: 1.0\nBagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"),
    ],
)
def test_what_bagit_python_does_not_expect_is_invalid(build, name, text):
    """Digests without a length, a version twice: anybody may give such a bag to Verify."""
    bag = build()
    (bag / name).write_text(text, "utf-8")
    assert [damage.kind for damage in verify_bag(bag)] == ["invalid"]


def test_files_that_changed_places_are_named(build):
    """Both of them, though nothing is missing and no total differs."""
    bag = build()
    first, second = (bag / "data/pages/0001" / f"{number:06}.json" for number in (1, 2))
    contents = second.read_bytes(), first.read_bytes()
    first.write_bytes(contents[0])
    second.write_bytes(contents[1])
    assert verify_bag(bag) == [
        Damage("changed", "data/pages/0001/000001.json"),
        Damage("changed", "data/pages/0001/000002.json"),
    ]


def test_what_is_no_bag_is_told(tmp_path):
    """It is not raised: a run over many bags continues."""
    (damage,) = verify_bag(tmp_path)
    assert damage.kind == "invalid"


def test_a_bag_that_went_through_a_mac_is_sound(build):
    """Its names come back decomposed."""
    bag = build("pièce à conviction.pdf")
    name = bag / "data/originals/pièce à conviction.pdf"
    name.rename(name.with_name(unicodedata.normalize("NFD", name.name)))
    assert verify_bag(bag) == []


@pytest.mark.parametrize(
    "name", ["space .pdf", "at the end.pdf ", "no break\u00a0", "line\u2028line.pdf", "ក" * 85 + ".pdf"]
)
def test_names_that_break_manifests_do_not(build, name):
    """With any file name, the bag is undamaged and gives the file back."""
    bag = build(name)
    assert verify_bag(bag) == []
    assert original(bag, SHA).read_bytes() == CONTENT


@pytest.mark.parametrize("pair", [("a.pdf", "A.PDF"), ("ក" * 85, "ក" * 86), ("é.pdf", "e\u0301.pdf")])
def test_names_that_another_system_takes_for_one_stay_two(make, pair):
    """And neither is longer than a file system allows."""
    case = make.case(make.page(["a"]), path=pair[0])
    other = case.scans[0].model_copy(update={"path": PurePosixPath(pair[1]), "sha256": "cd" * 32})
    stored = stored_paths(case.model_copy(update={"scans": (*case.scans, other)})).values()
    assert len({str(path).casefold() for path in stored}) == 2
    assert all(len(path.name.encode()) <= 255 for path in stored)


def test_a_disk_that_fills_up_leaves_the_old_bag_and_no_trace(build, tmp_path, monkeypatch):
    """Not even the working folder of the process, if the archive's path is relative."""
    monkeypatch.chdir(tmp_path)
    bag = build(archive=Path("archive"))

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(bagit.Bag, "_load_manifests", full)
    with pytest.raises(ScanError) as caught:
        build(archive=Path("archive"))
    monkeypatch.undo()
    assert caught.value.failure.code is Code.DISK_FULL
    assert verify_bag(tmp_path / bag) == []
    assert list((tmp_path / "archive/tmp").iterdir()) == []


def test_a_disk_that_fills_up_while_the_bag_is_sealed_keeps_the_working_folder(build, tmp_path, monkeypatch):
    """bagit-python works in the bag's folder, and stays there if saving fails."""
    monkeypatch.chdir(tmp_path)
    save = bagit._make_tagmanifest_file  # it is called in the bag's folder
    calls = []

    def full(*arguments, **named):
        calls.append(Path.cwd())
        if len(calls) > 2:  # two while the bag is made, then two while it is saved
            raise OSError(errno.ENOSPC, "No space left on device")
        save(*arguments, **named)

    monkeypatch.setattr(bagit, "_make_tagmanifest_file", full)
    with pytest.raises(ScanError) as caught:
        build(archive=Path("archive"))
    assert caught.value.failure.code is Code.DISK_FULL
    assert calls[-1] != tmp_path
    assert Path.cwd() == tmp_path
