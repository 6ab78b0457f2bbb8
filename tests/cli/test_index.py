"""An archive whose searches use a cluster, which may be down, late or new."""

import csv
import json
import sqlite3

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import write_page
from tests.elastic import PASSWORD, USER, V8, V9


@pytest.fixture
def box(tmp_path):
    write_page(tmp_path / "box" / "a.jpg", "លេខ ២១៤ សាលក្រមព្រហ្មទណ្ឌ", "Le greffier en chef")
    return tmp_path / "box"


def _environment(server, name):
    known = {"USER": USER, "PASSWORD": PASSWORD, "CA_FILE": str(server.certificate)} if server.is_secure else {}
    known |= {"URL": server.url, "NAME": name}
    return {f"BANNASAR_INDEX__{key}": value for key, value in known.items()}


@pytest.mark.parametrize("version", [V8, V9])
def test_a_box_goes_in_and_its_pages_are_found_on_the_cluster(bannasar, box, servers, version):
    """With TLS, as a user; no secret is left in the ledger, the archive or the output."""
    cluster = _environment(servers.get(version, secure=True), "box-in")
    done = bannasar("run", box, **cluster)
    assert done.returncode == 0, done.stderr
    assert not (bannasar.archive / "index.db").exists()
    found = bannasar("search", "សាលក្រមព្រហ្មទណ្ឌ", "--json", **cluster)
    assert [hit["path"] for hit in json.loads(found.stdout)["hits"]] == ["a.jpg"]
    assert bannasar("index", "check", **cluster).returncode == 0
    assert PASSWORD not in done.stdout + done.stderr + found.stderr
    with sqlite3.connect(bannasar.archive / "ledger.db") as ledger:
        assert PASSWORD not in "\n".join(ledger.iterdump())
    for file in bannasar.archive.rglob("*"):
        assert not file.is_file() or PASSWORD.encode() not in file.read_bytes()


def test_a_cluster_that_is_down_loses_nothing_and_stops_nothing(bannasar, box, servers):
    """The box is archived, the bag waits, and `index sync` catches up."""
    away = {"BANNASAR_INDEX__URL": "http://127.0.0.1:9", "BANNASAR_RUN__RETRY_SECONDS": "0.01"}
    done = bannasar("run", box, **away)
    assert "cannot be reached" in done.stdout + done.stderr
    assert "1 case file waits for the index: `bannasar index sync`" in done.stdout
    assert "1 case file waits for the index" in bannasar("status").stdout
    assert bannasar.json("status")["waiting_for_index"] == 1
    assert bannasar.scans("box")["a.jpg"]["state"] == "archived"
    refused = bannasar("search", "greffier", **away)
    assert refused.returncode != 0
    assert "Is the cluster up?" in refused.stderr
    cluster = _environment(servers.get(V8), "late")
    differs = bannasar("index", "check", "--json", **cluster)
    assert (differs.returncode, json.loads(differs.stdout)["missing"]) == (2, ["box_a.jpg"])
    assert "1 case file added" in bannasar("index", "sync", **cluster).stdout
    assert bannasar("index", "check", **cluster).returncode == 0
    assert json.loads(bannasar("search", "greffier", "--json", **cluster).stdout)["pages"] == 1
    assert "waits" not in bannasar("status").stdout


def test_an_archive_moves_to_a_cluster_and_back(archived, servers):
    """The index is made from the bags, in any place."""
    server = servers.get(V8)
    there = {"BANNASAR_INDEX__NAME": "moved"}
    moved = archived("index", "rebuild", "--to", server.url, **there)
    assert moved.returncode == 0, moved.stderr
    assert "set index.url" in moved.stdout
    assert json.loads(archived("search", "greffier", "--json", **_environment(server, "moved")).stdout)["pages"] == 3
    (archived.archive / "index.db").write_bytes(b"rubbish" * 500)
    damaged = archived("search", "greffier")
    assert damaged.returncode != 0
    assert "bannasar index rebuild" in damaged.stderr
    assert archived("index", "rebuild").returncode == 0
    assert archived.json("search", "greffier")["pages"] == 3


@pytest.mark.parametrize("harm", ["record cut short", "record lost", "page lost"])
def test_a_bag_that_cannot_be_read_is_named_and_keeps_no_other_out_of_the_index(archived, harm):
    """And it is found again after it is put back from a copy."""
    data = archived.archive / "bags" / "box" / "box_b.jpg" / "data"
    file = data / ("pages/0001/000001.json" if harm == "page lost" else "case.json")
    content = file.read_bytes()
    if harm == "record cut short":
        file.write_bytes(content[:100])
    else:
        file.unlink()
    told = archived("index", "rebuild")
    assert (told.returncode, told.stderr) == (2, "")
    assert "holds 2 pages" in told.stdout
    assert "1 case file with bags that cannot be read: box_b.jpg\n`bannasar verify`" in told.stdout
    assert [hit["path"] for hit in archived.json("search", "greffier")["hits"]] == ["a.jpg", "c.jpg"]
    synced = archived("index", "sync")
    assert (synced.returncode, synced.stderr) == (2, "")
    assert "cannot be read: box_b.jpg\n" in synced.stdout
    checked = archived("index", "check", "--json")
    assert checked.returncode == 2
    named = json.loads(checked.stdout)
    assert named["missing" if harm == "page lost" else "unreadable"] == ["box_b.jpg"]
    assert "2 in the index." in archived("index", "check").stdout
    file.write_bytes(content)
    assert "1 case file added, 0 removed. Nothing is waiting." in archived("index", "sync").stdout
    assert archived("index", "check").returncode == 0


def test_what_the_index_holds_of_a_bag_that_cannot_be_read_stays(archived):
    """A check of the index removes nothing from searches."""
    record = archived.archive / "bags" / "box" / "box_b.jpg" / "data" / "case.json"
    record.write_bytes(record.read_bytes()[:100])
    assert archived("index", "sync").returncode == 2
    assert archived("verify", "--repair-index").returncode == 2
    assert archived.json("search", "greffier")["pages"] == 3


def test_hits_are_taken_along_as_tables_lines_and_pictures(archived, tmp_path):
    """All hits, and where on the page they are."""
    assert archived("search", "greffier", "case:box_a.jpg", "--csv", tmp_path / "hits.csv").returncode == 0
    (row,) = csv.DictReader((tmp_path / "hits.csv").open(encoding="utf-8"))
    assert (row["path"], row["page"], row["level"]) == ("a.jpg", "1", "staff")
    assert "[greffier]" in row["snippet"]
    assert archived("search", "greffier", "case:box_a.jpg", "--jsonl", tmp_path / "hits.jsonl").returncode == 0
    (line,) = (tmp_path / "hits.jsonl").read_text("utf-8").splitlines()
    ((left, top, right, bottom),) = json.loads(line)["boxes"]
    assert archived("search", "greffier", "case:box_a.jpg", "--pictures", tmp_path / "pictures").returncode == 0
    (picture,) = (tmp_path / "pictures").iterdir()
    pixels = np.asarray(Image.open(picture).convert("RGB")).astype(int)
    yellow = (pixels[..., 0] > 200) & (pixels[..., 2] < 120)
    rows, columns = np.nonzero(yellow)
    assert abs(rows.mean() - (top + bottom) / 2) < 12
    assert abs(columns.mean() - (left + right) / 2) < 12
    assert yellow.sum() > 0.3 * (right - left) * (bottom - top)


@pytest.mark.parametrize(
    ("query", "said", "place"),
    [
        ('greffier "le', "not closed", 9),
        ("judge:Sok", "There is no field judge:", 0),
        (" -greffier", "only says what must not be", 0),
        ("date:1963-13", "A date is written", 5),
        ("OR greffier", "OR must be between", 0),
    ],
)
def test_a_query_that_cannot_be_read_is_refused_with_the_place_of_the_fault(bannasar, query, said, place):
    """Nothing else is searched for."""
    done = bannasar("search", query)
    assert done.returncode != 0
    assert said in done.stderr
    assert done.stderr.rstrip("\n").splitlines()[-1] == " " * (2 + place) + "^"
