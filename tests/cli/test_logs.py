"""The log: it shows what happened, and holds nothing that is in the archive."""

import hashlib
import logging
import re

import pikepdf
import pytest

from pipeline.logs import about, keeping, log_again
from tests.cli.conftest import write_page

WORD, TITLE, PERSON, BOX = "XYLOPHONE", "Bordereau-rose", "Kunthea", "boite-Vannak"
SEARCHED, REASON = "zeppelin", "mauvaise-herbe"
PASSWORDS = ("s3same-ouvre", "correct-horse-battery")
LINE = re.compile(
    r"\d{4}-\d\d-\d\dT[\d:.]+Z (DEBUG|INFO|WARNING|ERROR) +"
    r"run=[0-9a-f]{8} scan=([0-9a-f]{12}|-) page=(\d+|-) [\w.]+: .+"
)


@pytest.fixture
def log(tmp_path):
    """Return a file for the log."""
    return tmp_path / "logs" / "bannasar.log"


@pytest.fixture
def logged(typed, log, tmp_path, monkeypatch):
    """Return a function that types a command on its own archive with everything logged; it returns the exit status."""
    monkeypatch.setenv("BANNASAR_SIGNING__KEY_FILE", str(tmp_path / "key.pem"))

    def type_it(*command):
        return typed("-vv", "--log-file", log, *command, "--archive", tmp_path / "archive")

    return type_it


def _box(folder):
    """Make a box of two scans: a page in a folder, and a PDF that needs a password."""
    page = write_page(folder / BOX / TITLE / "1.png", f"Le greffier {WORD}", f"Madame {PERSON}", "le 6 mars 1964")
    locked = folder / BOX / f"{PERSON}.pdf"
    write_page(folder / "plain.pdf", f"Le tribunal {WORD}")
    with pikepdf.open(folder / "plain.pdf") as pdf:
        pdf.save(locked, encryption=pikepdf.Encryption(owner=PASSWORDS[0], user=PASSWORDS[0]))
    (folder / "secret").write_text(PASSWORDS[0], "utf-8")
    return page.parents[1], locked


def test_a_log_holds_nothing_of_what_is_in_the_archive(logged, log, tmp_path):
    """No text, title, name of a person, a file or a box, query, reason or password, at any level, whatever is done."""
    box, locked = _box(tmp_path)
    case = f"{BOX}_{TITLE}"
    assert logged("run", box)[0] == 2
    assert logged("rerun", "--scan", f"{BOX}/{locked.name}", "--password-file", tmp_path / "secret")[0] == 0
    assert logged("keys", "init")[0] == 0
    status, shown = logged("search", WORD)
    assert (status, WORD in shown) == (0, True)
    assert logged("search", SEARCHED)[0] == 0
    assert logged("correct", case, "--kind", "summons", "--date", "1965-01-01")[0] == 0
    for what in ("hocr", "pdf"):
        assert logged("export", what, case, "--to", tmp_path / what)[0] == 0
    assert logged("certify", case, "--to", tmp_path / f"{PERSON}.pdf")[0] == 0
    (tmp_path / "secret").write_text(PASSWORDS[1], "utf-8")
    added = ("users", "add", PERSON, "--role", "archivist", "--password-file", tmp_path / "secret")
    assert logged(*added)[0] == 0
    assert logged("seal", case, "--reason", REASON)[0] == 0
    assert logged("withdraw", case, "--reason", REASON)[0] == 0
    (record,) = (tmp_path / "archive" / "bags" / BOX / case).rglob("case.json")
    record.write_bytes(record.read_bytes()[:200])
    assert logged("correct", case, "--kind", "summons")[0] == 2
    assert logged("verify")[0] == 2
    written = log.read_text("utf-8")
    lines = written.splitlines()
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    sha256 = hashlib.sha256((box / TITLE / "1.png").read_bytes()).hexdigest()
    of_page = [line.partition(" page=1 ")[2] for line in lines if f"scan={sha256[:12]} page=1 " in line]
    assert of_page[0].startswith("pipeline.page.stages: seconds: polarity ")
    assert of_page[1].startswith("pipeline.page.stages: seconds: render ")
    assert of_page[2].startswith("pipeline.execution.executor: done: read_page on ")
    secrets = (WORD, TITLE, PERSON, BOX, SEARCHED, REASON, *PASSWORDS, "greffier", "1965", "summons")
    for secret in secrets:
        assert [line for line in lines if secret.lower() in line.lower()] == []


def test_nothing_is_logged_unless_it_is_asked_for(typed, tmp_path, monkeypatch):
    """A command prints what it always did; the settings may ask for a log, too."""
    monkeypatch.chdir(tmp_path)
    status, printed = typed("search", "x")
    assert (status, printed.count("\n")) == (1, 1)
    (tmp_path / "bannasar.toml").write_text('[log]\nfile = "kept.log"\n', "utf-8")
    assert typed("search", "x") == (status, printed)
    (begun, *_, ended) = (tmp_path / "kept.log").read_text("utf-8").splitlines()
    assert "search begins" in begun
    assert "search ends with exit status 1" in ended


def test_a_log_that_cannot_be_written_stops_nothing_but_its_beginning(typed, tmp_path, monkeypatch):
    """A full disk is reported once; an impossible place is reported at once, and nothing is done."""
    monkeypatch.chdir(tmp_path)
    assert typed("--log-file", "/dev/full", "doctor")[1].count("cannot be written: No space left on device") == 1
    (tmp_path / "file").touch()
    status, printed = typed("--log-file", "file/log", "doctor")
    assert (status, "tesseract" in printed) == (1, False)


def test_the_words_of_other_libraries_are_not_kept(typed, tmp_path, monkeypatch):
    """Only that there was a message, and where; the same is true for the message of an error."""
    monkeypatch.chdir(tmp_path)

    def examine(_settings, _asker):
        logging.getLogger("PIL").warning("bad string: %s", WORD)
        try:
            int(WORD)
        except ValueError:
            logging.getLogger("pipeline.x").exception("a number")
        return []

    monkeypatch.setattr("cli.doctor.examine", examine)
    typed("-v", "--log-file", "log", "doctor")
    written = (tmp_path / "log").read_text("utf-8")
    assert WORD not in written
    assert re.search(r"WARNING .* PIL: \(the message of a library is not kept; test_logs, line \d+\)", written)
    assert "pipeline.x: a number [ValueError]" in written


def test_a_request_that_is_sent_again_is_logged(typed, tmp_path, monkeypatch):
    """And without a log nothing of it is printed; the words of a search are in neither."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BANNASAR_INDEX__URL", "http://127.0.0.1:9")
    assert typed("search", SEARCHED)[1].count("\n") == 1
    typed("--log-file", "log", "search", SEARCHED)
    written = (tmp_path / "log").read_text("utf-8")
    assert (
        "elastic_transport.transport: Retrying request after failure (attempt 0 of 2) [ConnectionError (ECONNREFUSED)]"
        in written
    )
    assert "pipeline.index.cluster: the cluster did not do " in written
    assert SEARCHED not in written


def test_lines_of_another_process_keep_what_they_are_about(caplog):
    """They are logged again by the process that asked for the work, if it logs so much."""
    caplog.set_level(logging.INFO, "pipeline")
    with keeping(logging.DEBUG) as kept, about(scan="ab" * 32, page=3):
        logging.getLogger("pipeline.page").debug("a stage")
        logging.getLogger("pipeline.page").info("read")
    caplog.clear()
    log_again(kept)
    (record,) = caplog.records
    assert (record.getMessage(), record.scan, record.page, record.created) == ("read", "ab" * 6, "3", kept[1].at)
