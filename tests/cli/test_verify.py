"""Bags are verified, and an archive is rebuilt from its bags alone."""

import json
import os
import shutil
import subprocess
import time
import zipfile
from contextlib import contextmanager

import bagit
import pytest

from pipeline.archive.archive import Archive
from pipeline.archive.bag import bags
from pipeline.archive.fixity import Damage, verify_bag
from pipeline.archive.ledger import Ledger
from pipeline.services.verify import verify
from tests.cli.conftest import Bannasar
from tests.conftest import archive_settings, at_the_shell
from tests.gate import Gate


def _bag(bannasar, name):
    return bannasar.archive / "bags" / "box" / f"box_{name}.jpg" / "data"


@contextmanager
def bagit_of(folder):
    """Yield the record of a bag, to be changed and sealed again."""
    made = bagit.Bag(str(folder))
    yield made.info
    made.save(manifests=True)


def test_flipped_missing_added_and_swapped_files_are_named(archived):
    """And an undamaged bag is not."""
    assert "3 bags checked: all are as they were sealed." in archived("verify").stdout
    scan = _bag(archived, "a") / "originals" / "a.jpg"
    flipped = bytearray(scan.read_bytes())
    flipped[len(flipped) // 2] ^= 1
    scan.write_bytes(flipped)
    (_bag(archived, "a") / "added.txt").write_text("x")
    one, other = (_bag(archived, name) / "pages" / "0001" / "000001.json" for name in "bc")
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    (_bag(archived, "c") / "documents" / "001.pdf").unlink()
    done = archived("verify", "--json")
    assert done.returncode == 2
    assert {
        (entry["bag"].rpartition("_")[2], damage["kind"], damage["path"])
        for entry in json.loads(done.stdout)["damaged"]
        for damage in entry["damages"]
    } == {
        ("a.jpg", "changed", "data/originals/a.jpg"),
        ("a.jpg", "unexpected", "data/added.txt"),
        ("b.jpg", "changed", "data/pages/0001/000001.json"),
        ("c.jpg", "changed", "data/pages/0001/000001.json"),
        ("c.jpg", "missing", "data/documents/001.pdf"),
    }
    told = archived("verify").stdout
    assert "data/originals/a.jpg" in told
    assert "3 are not as they were sealed" in told


@pytest.mark.parametrize("what", ["record", "payload", "everything"])
def test_a_bag_is_looked_at_whatever_is_left_of_it(archived, what):
    """A case file that lost its record is not ignored."""
    bag = _bag(archived, "a").parent
    if what == "record":
        (bag / "data" / "case.json").unlink()
    else:
        shutil.rmtree(bag if what == "everything" else bag / "data")
        bag.mkdir(exist_ok=True)
    done = archived("verify", "--json")
    assert done.returncode == 2
    told = json.loads(done.stdout)
    assert told["bags"] == 3
    (found,) = told["damaged"]
    assert found["bag"] == "bags/box/box_a.jpg"
    if what == "record":
        assert found["damages"] == [{"kind": "missing", "path": "data/case.json", "detail": ""}]


def test_what_was_put_back_is_looked_at_again_though_the_pass_was_stopped(archived):
    """What was undamaged before is not."""
    scan = _bag(archived, "a") / "originals" / "a.jpg"
    content = scan.read_bytes()
    scan.write_bytes(content + b"x")
    assert archived("verify").returncode == 2
    log = archived.archive / "fixity.jsonl"
    log.write_text("".join(log.read_text("utf-8").splitlines(keepends=True)[:-1]), "utf-8")
    scan.write_bytes(content)
    done = archived("verify")
    assert done.returncode == 0
    assert "3 bags checked, 2 of them by an earlier command: all" in done.stdout


def test_half_a_line_does_not_swallow_the_next(archived):
    """Otherwise the end of a pass would be lost, and the next one would check nothing."""
    assert archived("verify").returncode == 0
    log = archived.archive / "fixity.jsonl"
    begun, *bags, _ = log.read_text("utf-8").splitlines(keepends=True)
    log.write_text(begun + "".join(bags) + '{"event": "en', "utf-8")
    assert "3 bags checked, 3 of them by an earlier command: all" in archived("verify").stdout
    assert "3 bags checked: all" in archived("verify").stdout


def test_a_pass_that_was_stopped_goes_on_where_it_was(archived):
    """A power cut leaves half a line: only that bag is checked again."""
    assert archived("verify").returncode == 0
    log = archived.archive / "fixity.jsonl"
    begun, first, second, *_ = log.read_text("utf-8").splitlines(keepends=True)
    log.write_text(begun + first + second[: len(second) // 2], "utf-8")
    assert "3 bags checked, 1 of them by an earlier command" in archived("verify").stdout
    assert "3 bags checked: all" in archived("verify", "--again").stdout


def test_a_sample_looks_at_a_part_and_a_rate_holds_it_back(archived):
    """Of three bags with a share of a thousandth, none or few; a limit of a megabyte per second is kept."""
    assert json.loads(archived("verify", "--sample", "0.001", "--json").stdout)["bags"] < 3
    size = sum(file.stat().st_size for file in archived.archive.glob("bags/**/*") if file.is_file())
    started = time.monotonic()
    assert archived("verify", "--rate", "0.1").returncode == 0
    assert time.monotonic() - started > size / 0.1e6 - 2


def test_an_archive_is_made_whole_again_elsewhere_from_its_bags_alone(archived, three_archived, tmp_path):
    """Copied to another machine, without ledger, index or results: it searches as before."""
    before = archived.json("search", "greffier")
    shutil.copytree(archived.archive / "bags", tmp_path / "elsewhere" / "archive" / "bags")
    copy = Bannasar(tmp_path / "elsewhere" / "archive")
    assert copy("verify").returncode == 0
    done = copy("rebuild")
    assert done.returncode == 0, done.stderr
    assert "3 case files, 3 pages" in done.stdout
    assert "a new one is begun with the 3 undamaged bags" in done.stdout
    assert copy("verify", "--again").returncode == 0
    assert copy.json("search", "greffier") == before
    assert copy("ledger", "check").returncode == 0
    assert copy("index", "check").returncode == 0
    assert {scan["state"] for scan in copy.scans("box").values()} == {"archived"}
    again = copy("run", three_archived / "box")
    assert again.returncode == 0
    assert copy.json("search", "greffier") == before
    assert len(copy.json("status")["boxes"]) == 1


def test_an_archive_copied_whole_works_where_it_is_now(tmp_path, three_archived):
    """By ``cp -a``, its boxes and the archive it came from being elsewhere: as if it had been made there."""
    before = Bannasar(three_archived / "archive").json("search", "greffier")
    (tmp_path / "other" / "disk").mkdir(parents=True)
    copied = tmp_path / "other" / "disk" / "archive"
    subprocess.run(["cp", "-a", three_archived / "archive", copied], check=True)
    assert not [file for file in copied.rglob("*.json*") if str(three_archived).encode() in file.read_bytes()]
    # Where it was, nothing is any more, as far as these processes see.
    apart = [
        "unshare",
        "--map-root-user",
        "--mount",
        "sh",
        "-ec",
        f'mount -t tmpfs none {three_archived}; exec "$@"',
        "sh",
    ]

    def there(*arguments):
        command = [*apart, *Bannasar(copied).command(*arguments)]
        environment = Bannasar(copied).environment()
        return subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=False)

    assert "3 bags checked: all are as they were sealed." in there("verify").stdout
    for _ in range(2):
        assert json.loads(there("search", "greffier", "--json").stdout) == before
        assert there("search", "greffier", "--pictures", tmp_path / "pictures").returncode == 0
        assert len(list((tmp_path / "pictures").iterdir())) == 3
        shutil.rmtree(tmp_path / "pictures")
        done = there("rebuild", "--force")
        assert done.returncode == 0, done.stderr
    assert there("verify", "--again").returncode == 0


@pytest.mark.parametrize("change", ["gone", "strange"])
def test_one_damaged_bag_does_not_keep_the_others_from_a_rebuild(archived, change):
    """It is named, and left out of ledger and index."""
    record = _bag(archived, "b") / "case.json"
    if change == "gone":
        record.unlink()
    else:
        record.write_text('{"id": 1}', "utf-8")
    done = archived("rebuild", "--force")
    assert done.returncode == 2
    assert "bags/box/box_b.jpg" in done.stderr
    assert "2 case files, 2 pages" in done.stdout
    assert {hit["path"] for hit in archived.json("search", "greffier")["hits"]} == {"a.jpg", "c.jpg"}


def test_a_pass_over_many_bags_goes_on_where_it_was_killed(archived, tmp_path):
    """None is checked twice, and none is left out."""
    for number in range(97):
        shutil.copytree(_bag(archived, "a").parent, archived.archive / "bags" / "box" / f"copy_{number:03}")
    log = archived.archive / "fixity.jsonl"

    def looked_at():
        told = [json.loads(line) for line in log.read_text("utf-8").splitlines() if line.endswith("}")]
        return [event["bag"] for event in told if event["event"] == "bag"]

    for _ in range(2):
        gate = Gate(tmp_path, 21, "pipeline.services.verify:_Log.note")
        with archived.start("verify", gate=gate) as process:
            gate.wait(process)
            process.kill()
    assert len(looked_at()) == 41  # each time a line more, of which the first one begins the pass
    done = archived("verify", "--json")
    assert json.loads(done.stdout)["bags"] == 100
    assert json.loads(done.stdout)["damaged"] == []
    assert len(looked_at()) == len(set(looked_at())) == 100


@pytest.mark.parametrize("harm", ["lost", "stale", "too much"])
def test_the_index_is_brought_together_with_the_bags(archived, tmp_path, harm):
    """If it is gone, older than the bags, or holds what no bag holds."""
    before = archived.json("search", "greffier")
    bag = archived.archive / "bags" / "box" / "box_a.jpg"
    if harm == "lost":
        for file in archived.archive.glob("index.db*"):
            file.unlink()
    elif harm == "stale":  # the index of before the case file was hidden
        kept = tmp_path / "index.db"
        shutil.copyfile(archived.archive / "index.db", kept)
        assert archived("withdraw", "box_a.jpg", "--reason", "order 12").returncode == 0
        shutil.copyfile(kept, archived.archive / "index.db")
        assert archived.json("search", "greffier")["pages"] == 3
    else:
        bag.rename(tmp_path / "aside")
    status = archived("verify", "--repair-index").returncode
    assert status == (2 if harm == "too much" else 0)  # for a bag is missing
    after = archived.json("search", "greffier")
    if harm == "lost":
        assert after == before
    else:
        assert sorted(hit["path"] for hit in after["hits"]) == ["b.jpg", "c.jpg"]
    assert archived("index", "check").returncode == 0


def test_a_key_that_is_not_there_is_said_before_hours_of_reading(archived, tmp_path):
    """The pass is not begun, and so not ended."""
    done = archived("verify", "--key", tmp_path / "typo.pem")
    assert done.returncode == 1
    assert "typo.pem" in done.stderr
    assert not (archived.archive / "fixity.jsonl").exists()


def test_what_is_wrong_is_told_though_the_index_cannot_be_repaired(archived):
    """The exit status says that bags are not as they were sealed."""
    (_bag(archived, "a") / "case.json").write_text("{}")
    done = archived("verify", "--repair-index", "--json", BANNASAR_INDEX__URL="http://127.0.0.1:9")
    assert done.returncode == 2
    assert [one["bag"] for one in json.loads(done.stdout)["damaged"]] == ["bags/box/box_a.jpg"]


def test_a_bag_that_is_swapped_while_it_is_read_is_read_again(archived, monkeypatch):
    """As a run at the same time does; the new one is undamaged."""
    bag = _bag(archived, "a").parent
    shutil.copytree(bag, archived.archive / "newer")
    with bagit_of(archived.archive / "newer") as newer:
        newer["Bagging-Date"] = "2030-01-01"
    looked = []

    def swap(place, pace=None):
        looked.append(place)
        if len(looked) == 1:
            shutil.rmtree(place)
            (archived.archive / "newer").rename(place)
            return [Damage("changed", "data/case.json")]
        return verify_bag(place, pace)

    monkeypatch.setattr("pipeline.services.verify.verify_bag", swap)
    (one, *_) = verify(Archive(archive_settings(archived.archive)), at_the_shell())
    assert (one.bag, one.damages) == ("bags/box/box_a.jpg", ())
    assert len(looked) >= 2


def test_whoever_may_look_into_the_archive_may_look_into_its_bags(archived):
    """A clerk's account is different from the archive team's."""
    for bag in bags(archived.archive):
        assert bag.stat().st_mode == archived.archive.stat().st_mode
        assert (bag / "data").stat().st_mode == archived.archive.stat().st_mode


def test_a_ledger_is_not_replaced_unasked_and_never_thrown_away(archived):
    """It knows what no bag does."""
    refused = archived("rebuild")
    assert refused.returncode != 0
    assert "--force" in refused.stderr
    assert archived("rebuild", "--force").returncode == 0
    assert len(list(archived.archive.glob("ledger-*.db"))) == 1
    assert archived.json("search", "greffier")["pages"] == 3


@pytest.mark.parametrize("to", ["stick", "a.zip"])
def test_a_case_file_goes_from_one_archive_into_another(archived, tmp_path, to):
    """As a folder or a ZIP file; it is verified during the copy, and found there."""
    done = archived("export", "bag", "box_a.jpg", "--to", tmp_path / to)
    assert done.returncode == 0, done.stderr
    other = Bannasar(tmp_path / "other")
    carried = tmp_path / to / "box_a.jpg" if to == "stick" else tmp_path / to
    assert "1 scan, 1 page imported" in other("import", carried).stdout
    assert [hit["path"] for hit in other.json("search", "greffier")["hits"]] == ["a.jpg"]
    assert other("verify").returncode == 0
    assert other("ledger", "check").returncode == 0
    again = other("import", carried)
    assert again.returncode != 0
    assert "exactly the same. Nothing needs to be done." in again.stderr


def test_an_import_that_was_stopped_is_gone_on_with(archived, tmp_path):
    """The bag was in its place, and neither the ledger nor the journal knew of it."""
    assert archived("export", "bag", "box_a.jpg", "--to", tmp_path / "stick").returncode == 0
    other = Bannasar(tmp_path / "other")
    shutil.copytree(tmp_path / "stick" / "box_a.jpg", other.archive / "bags" / "box" / "box_a.jpg")
    with Ledger(other.archive):
        pass
    assert "import it again" in " ".join(other("ledger", "check").stdout.split())
    assert "1 scan, 1 page imported" in other("import", tmp_path / "stick" / "box_a.jpg").stdout
    assert [hit["path"] for hit in other.json("search", "greffier")["hits"]] == ["a.jpg"]
    assert other("verify").returncode == 0
    assert other("ledger", "check").returncode == 0


def test_a_bag_that_was_changed_on_its_way_is_not_taken_in(archived, tmp_path):
    """A bag that was changed here is not copied, either; nothing is left behind."""
    assert archived("export", "bag", "box_a.jpg", "--to", tmp_path / "stick").returncode == 0
    (tmp_path / "stick" / "box_a.jpg" / "data" / "case.json").write_text("{}")
    other = Bannasar(tmp_path / "other")
    refused = other("import", tmp_path / "stick" / "box_a.jpg")
    assert refused.returncode != 0
    assert "data/case.json" in refused.stderr
    assert not list((tmp_path / "other").glob("bags/**/*"))
    assert not list((tmp_path / "other" / "tmp").iterdir())
    (_bag(archived, "b") / "case.json").write_text("{}")
    assert "not as it was sealed" in archived("export", "bag", "box_b.jpg", "--to", tmp_path / "b.zip").stderr
    assert not (tmp_path / "b.zip").exists()


def _changed_zip(archived, folder, change):
    """Write a bag as a ZIP file and change that."""
    assert archived("export", "bag", "box_a.jpg", "--to", folder / "whole.zip").returncode == 0
    file = folder / "a.zip"
    with zipfile.ZipFile(folder / "whole.zip") as whole, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        if change == "more beside it":
            packed.writestr("__MACOSX/a", "x")
        for name in whole.namelist():
            inside = name.partition("/")[2] if change == "without its folder" else name
            packed.writestr(inside, whole.read(name))
        if change == "paths that escape":
            for name in ("../escaped", "/escaped"):
                packed.writestr(name, "x")
        if change == "a name twice":
            with pytest.warns(UserWarning, match="Duplicate name"):
                packed.writestr("box_a.jpg/data/case.json", "{}")
        entry = packed.infolist()[-1]
    if change in {"a flipped bit", "cut off", "locked"}:
        content = bytearray(file.read_bytes())
        if change == "a flipped bit":
            start = entry.header_offset + 30 + len(entry.filename.encode())
            content[start : start + 4] = b"\xff\xff\xff\xff"
        elif change == "cut off":
            del content[len(content) // 2 :]
        else:  # the flag that says so, of the first file, where it stands in the list at the end
            content[content.index(b"PK\x01\x02") + 8] |= 1
        file.write_bytes(content)
    return file


@pytest.mark.parametrize("change", ["without its folder", "more beside it", "paths that escape"])
def test_a_zip_file_that_another_program_packed_is_taken_in(archived, tmp_path, change):
    """Only the bag, wherever it is in the file; nothing is written anywhere else."""
    other = Bannasar(tmp_path / "other")
    done = other("import", _changed_zip(archived, tmp_path, change))
    assert done.returncode == 0, done.stderr
    assert other("verify").returncode == 0
    assert [entry.name for entry in (tmp_path / "other" / "bags" / "box").iterdir()] == ["box_a.jpg"]
    assert not list(tmp_path.rglob("escaped"))


@pytest.mark.parametrize("change", ["a flipped bit", "cut off", "locked", "a name twice"])
def test_a_zip_file_that_is_not_sound_is_refused_in_a_sentence(archived, tmp_path, change):
    """And leaves nothing behind."""
    other = Bannasar(tmp_path / "other")
    done = other("import", _changed_zip(archived, tmp_path, change))
    assert done.returncode == 1
    assert done.stderr.startswith("bannasar: ")
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "other" / "tmp").iterdir())
    assert not list((tmp_path / "other").glob("bags/*/*"))


@pytest.mark.parametrize("change", ["box", "case", "scan", "page"])
def test_a_bag_that_names_what_is_not_in_it_is_refused(archived, tmp_path, change):
    """Valid as BagIt, it would be written elsewhere, or read from elsewhere."""
    assert archived("export", "bag", "box_a.jpg", "--to", tmp_path / "stick").returncode == 0
    bag = tmp_path / "stick" / "box_a.jpg"
    record = json.loads((bag / "data" / "case.json").read_text("utf-8"))
    if change == "box":
        record["box"] = "../.."
    elif change == "case":
        record["id"] = "a/b"
    elif change == "scan":
        record["scans"][0]["path"] = "../../../../../../../etc/passwd"
    else:
        (bag / "data" / "pages" / "0001" / "000001.json").unlink()
    (bag / "data" / "case.json").write_text(json.dumps(record), "utf-8")
    bagit.Bag(str(bag)).save(manifests=True)
    other = Bannasar(tmp_path / "other")
    done = other("import", bag)
    assert done.returncode == 1, done.stdout
    assert done.stderr.startswith("bannasar: ")
    assert not list((tmp_path / "other").rglob("case.json"))


def test_files_of_long_ago_go_into_a_zip_file(archived, tmp_path):
    """It cannot hold a time before 1980."""
    scan = _bag(archived, "a") / "originals" / "a.jpg"
    os.utime(scan, (0, 0))
    done = archived("export", "bag", "box_a.jpg", "--to", tmp_path / "a.zip")
    assert done.returncode == 0, done.stderr
    assert Bannasar(tmp_path / "other")("import", tmp_path / "a.zip").returncode == 0


@pytest.mark.parametrize("what", [["bag", "--to", "small/a.zip"], ["bag", "--to", "small"], ["pdf", "--to", "small"]])
def test_a_disk_that_fills_up_in_the_middle_of_an_export_is_told_and_left_clean(archived, tmp_path, what):
    """And what to do about it."""
    (tmp_path / "small").mkdir()
    mounted = 'mount -t tmpfs -o size=12k none small; set +e; "$@"; status=$?; ls -A small; exit $status'
    command = archived.command("export", what[0], "box_a.jpg", *what[1:])
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-ec", mounted, "sh", *command],
        capture_output=True,
        encoding="utf-8",
        env=archived.environment(),
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "is full. Make room" in done.stderr
    assert done.stdout == ""
