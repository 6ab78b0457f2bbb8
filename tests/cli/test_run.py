"""`bannasar run`: boxes in, an archive out, with any content, and even if it is stopped."""

import os
import shutil
import signal
import sqlite3
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageDraw

from pipeline.archive.bag import bags
from pipeline.archive.fixity import verify_bag
from pipeline.archive.ledger import Ledger
from pipeline.archive.lock import hold
from tests.cli.conftest import write_page, write_pages
from tests.gate import Gate


@pytest.fixture
def box(tmp_path):
    folder = tmp_path / "ប្រអប់ 1"
    folder.mkdir()
    return folder


def _reads(bannasar):
    with Ledger(bannasar.archive) as ledger:
        return ledger.times_read()


def test_a_box_of_good_and_bad_scans_ends_with_each_accounted_for(bannasar, box):
    """One archived, one duplicate, three refused, each with its own reason; the exit status says that some were not."""
    write_page(box / "good.pdf", "សាលក្រមព្រហ្មទណ្ឌ លេខ ២១៤")
    shutil.copy(box / "good.pdf", box / "second copy.pdf")
    (box / "text.pdf").write_text("no PDF at all", "utf-8")
    (box / "empty.tif").touch()
    with pikepdf.open(box / "good.pdf") as pdf:
        pdf.save(box / "locked.pdf", encryption=pikepdf.Encryption(user="secret", owner="secret"))
    done = bannasar.process("run", box)
    assert done.returncode == 2, done.stderr
    scans = bannasar.scans(box.name)
    assert {path: (scan["state"], scan["code"]) for path, scan in scans.items()} == {
        "good.pdf": ("archived", None),
        "second copy.pdf": ("duplicate", None),
        "text.pdf": ("refused", "not-a-document"),
        "empty.tif": ("refused", "empty"),
        "locked.pdf": ("refused", "encrypted"),
    }
    reasons = {scan["reason"] for scan in scans.values() if scan["state"] == "refused"}
    assert len(reasons) == 3
    assert all(reason in done.stdout.replace("\n", " ") for reason in reasons)
    assert scans["second copy.pdf"]["duplicate_of"]["path"] == "good.pdf"
    assert scans["good.pdf"]["pages"] == 1
    assert scans["good.pdf"]["confidence"] > 0.5
    (counts,) = [told["counts"] for told in bannasar.json("status")["boxes"]]
    assert counts["scans"] == 5 == sum(counts[s] for s in ("archived", "duplicate", "refused", "failed", "pending"))


def test_the_same_box_again_does_nothing_and_says_so(bannasar, archived_box):
    """A second call costs seconds, not pages."""
    again = bannasar("run", archived_box)
    assert again.returncode == 0
    assert "Nothing new" in again.stdout
    assert set(_reads(bannasar).values()) == {1}


def test_a_box_that_has_grown_does_only_what_is_new(bannasar, box):
    """And the case file's bag holds the old scan and the new."""
    write_page(box / "dossier" / "1.png", "Première pièce du dossier")
    assert bannasar("run", box).returncode == 0
    write_page(box / "dossier" / "2.png", "Deuxième pièce du dossier")
    write_page(box / "3.png", "Une lettre seule")
    done = bannasar("run", box)
    assert done.returncode == 0
    assert "2 pages read" in done.stdout
    assert set(_reads(bannasar).values()) == {1}
    originals = {file.name for bag in bags(bannasar.archive) for file in (bag / "data" / "originals").iterdir()}
    assert originals == {"1.png", "2.png", "3.png"}
    assert [verify_bag(bag) for bag in bags(bannasar.archive)] == [[], []]
    assert len(bannasar.json("search", "dossier")["hits"]) == 2


def test_a_scan_that_was_replaced_is_archived_beside_what_it_was(bannasar, box):
    """Nothing that was archived is lost because a file was overwritten."""
    write_page(box / "1.png", "Ancienne version")
    assert bannasar("run", box).returncode == 0
    write_page(box / "1.png", "Nouvelle version corrigée")
    assert bannasar("run", box).returncode == 0
    assert [hit["path"] for hit in bannasar.json("search", "ancienne")["hits"]] == ["1.png"]
    assert [hit["path"] for hit in bannasar.json("search", "corrigée")["hits"]] == ["1.png"]
    (bag,) = bags(bannasar.archive)
    assert len(list((bag / "data" / "originals").iterdir())) == 2
    bannasar("export", "text", box.parent / "texts")
    assert len(list((box.parent / "texts").iterdir())) == 2
    assert verify_bag(bag) == []


def test_a_mended_scan_is_taken_in_the_next_time(bannasar, box):
    """A refusal is about those bytes, not about that name."""
    (box / "1.png").touch()
    assert bannasar("run", box).returncode == 2
    write_page(box / "1.png", "Enfin lisible")
    assert bannasar("run", box).returncode == 0
    assert [scan["state"] for scan in bannasar.scans(box.name).values()] == ["archived"]


def test_what_was_refused_and_taken_out_of_the_box_is_not_complained_of_any_more(bannasar, box):
    """Taken out, renamed, or replaced by another file: following the advice of a run solves the problem."""
    (box / "notes.docx").write_text("no scan", "utf-8")
    (box / "empty.tif").touch()
    (box / "link.pdf").symlink_to("/etc/hostname")
    (box / "cut.pdf").write_bytes(b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" + bytes(3000))
    assert bannasar("run", box).returncode == 2
    still = bannasar("ledger", "dismiss", "cut.pdf", "--reason", "scanned again")
    assert (still.returncode, "take it out of the box first" in still.stderr) == (1, True)
    for name in ("notes.docx", "link.pdf", "empty.tif"):
        (box / name).unlink()
    (box / "cut.pdf").rename(box / "dossier.pdf")
    assert bannasar("run", box).returncode == 2
    scans = bannasar.scans(box.name)
    assert {path: (scan["state"], scan["code"]) for path, scan in scans.items()} == {
        "notes.docx": ("gone", None),
        "empty.tif": ("gone", None),
        "link.pdf": ("gone", None),
        "cut.pdf": ("gone", None),
        "dossier.pdf": ("refused", "damaged"),
    }
    (box / "dossier.pdf").unlink()
    assert bannasar("ledger", "dismiss", "dossier.pdf", "--reason", "no paper of it").returncode == 0
    done = bannasar("run", box)
    assert (done.returncode, "refused:" in done.stdout) == (0, False)


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=["killed", "Ctrl-C", "ended"])
def test_a_run_that_was_stopped_goes_on_and_reads_no_finished_page_twice(bannasar, box, sign):
    """An operator types the same command in the morning."""
    write_pages(box / "long.pdf", 12)
    gate = Gate(box.parent, 4)
    process = bannasar.start("run", box, "--workers", "2", gate=gate)
    gate.wait(process)
    if sign == signal.SIGINT:
        os.killpg(process.pid, sign)  # as a terminal does
    else:
        process.send_signal(sign)
    gate.open()  # what is being kept is kept before the run ends
    output, errors = process.communicate(timeout=300)
    assert process.returncode == (-signal.SIGKILL if sign == signal.SIGKILL else 130), output + errors
    if sign != signal.SIGKILL:
        assert "run the same command again" in errors
        assert "Traceback" not in errors
    finished = _reads(bannasar)
    kept = len(list((bannasar.archive / "results").rglob("*.json.gz")))
    assert 4 <= kept < 12
    done = bannasar("run", box)
    assert done.returncode == 0, done.stderr
    assert f"{12 - kept} pages read" in done.stdout
    assert {page: times for page, times in _reads(bannasar).items() if page in finished} == finished
    assert set(_reads(bannasar).values()) == {1}
    with Ledger(bannasar.archive) as ledger:
        (scan,) = ledger.scans(box.name)
        assert [page.number for page in ledger.pages(scan.sha256)] == list(range(1, 13))
    (bag,) = bags(bannasar.archive)
    assert verify_bag(bag) == []
    assert len(bannasar.json("search", "dossier", "--limit", "20")["hits"]) == 12


def test_a_second_run_on_the_archive_says_who_holds_it(bannasar, box):
    """Two at once would damage the ledger."""
    with hold(bannasar.archive):
        second = bannasar("run", box)
    assert second.returncode == 1
    assert f"process {os.getpid()}" in second.stderr


def test_an_index_that_was_lost_is_made_anew(bannasar, archived_box):
    """The bags are the archive, the index is made from them."""
    for file in bannasar.archive.glob("index.db*"):
        file.unlink()
    assert bannasar("run", archived_box).returncode == 0
    assert len(bannasar.json("search", "greffier")["hits"]) == 1


def test_a_dry_run_tells_and_does_nothing(bannasar, box):
    """Not even an archive is made."""
    write_pages(box / "a.pdf", 3)
    (box / "empty.tif").touch()
    done = bannasar("run", box, "--dry-run")
    assert done.returncode == 0
    assert "would read 3 pages of 1 scan" in done.stdout
    assert "would refuse empty.tif" in done.stdout
    assert not bannasar.archive.exists()


def test_a_page_that_is_not_blank_and_has_no_text_fails(bannasar, box):
    """Empty is never success."""
    image = Image.new("L", (1240, 1754), 255)
    ImageDraw.Draw(image).ellipse((300, 300, 900, 900), fill=40)
    image.save(box / "a.png", dpi=(150, 150))
    assert bannasar("run", box).returncode == 2
    (scan,) = bannasar.scans(box.name).values()
    assert (scan["state"], scan["code"]) == ("failed", "no-text")
    assert scan["reason"].startswith("Page 1: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "nowhere"], "does not exist"),
        (["run", "."], "is inside the box"),
        (["run"], "Missing argument"),
        (["run", "box", "--wrokers", "2"], "No such option"),
        (["status", "nothing"], "no archive"),
        (["ledger", "check"], "no archive"),
        (["index", "sync"], "no archive"),
        (["index", "rebuild"], "no archive"),
        (["correct", "case", "--kind", "letter"], "no archive"),
        (["withdraw", "case", "--reason", "x"], "no archive"),
        (["review"], "no archive"),
        (["search", "x"], "nothing to search"),
        (["search", '"x'], "not closed"),
    ],
)
def test_wrong_use_ends_with_1_and_says_what_is_wrong(bannasar, arguments, said):
    """2 is for scans that failed."""
    done = bannasar(*arguments)
    assert done.returncode == 1
    assert said in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr
    assert not bannasar.archive.exists()


def test_a_missing_model_ends_with_3_and_says_how_to_mend_it(bannasar, box, tmp_path):
    """Before anything is touched."""
    write_page(box / "a.png", "texte")
    done = bannasar("run", box, BANNASAR_PAGE__MODELS_FOLDER=str(tmp_path))
    assert done.returncode == 3
    assert "apt-get install tesseract-ocr" in done.stderr
    assert not (bannasar.archive / "ledger.db").exists()
    assert bannasar("doctor", BANNASAR_PAGE__MODELS_FOLDER=str(tmp_path)).returncode == 3


def test_doctor_finds_this_machine_well(bannasar):
    """What the tests need, a run needs."""
    done = bannasar("doctor")
    assert done.returncode == 0, done.stdout
    assert "model khm" in done.stdout


def test_a_damaged_ledger_is_named_and_left_alone(bannasar, box):
    """Nothing is overwritten that could be repaired."""
    write_page(box / "a.png", "texte")
    bannasar.archive.mkdir()
    ledger = bannasar.archive / "ledger.db"
    ledger.write_bytes(b"rubbish" * 1000)
    done = bannasar("run", box)
    assert done.returncode == 1
    assert "ledger.db" in done.stderr.replace("\n", "")
    assert ledger.read_bytes() == b"rubbish" * 1000


def test_a_page_that_is_not_accounted_for_is_said_at_the_end_of_a_run(bannasar, archived_box):
    """For any cause: a run that cannot account for each page has failed."""
    database = sqlite3.connect(bannasar.archive / "ledger.db")
    database.execute("UPDATE scans SET read = 0")
    database.commit()
    database.close()
    done = bannasar("run", archived_box)
    assert done.returncode == 1
    assert "Of the 1 page of box-1, 0 are accounted for" in done.stderr
    assert bannasar("ledger", "check").returncode == 2


@pytest.mark.usefixtures("archived_box")
def test_every_attempt_is_in_the_ledger(bannasar):
    """Who read what, when, with which recipe."""
    database = sqlite3.connect(Path(bannasar.archive) / "ledger.db")
    steps = [row[0] for row in database.execute("SELECT step FROM attempts WHERE outcome = 'done' ORDER BY id")]
    database.close()
    assert steps == ["inspect", "read", "archive"]
