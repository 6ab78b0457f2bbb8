"""The audit log of an archive: searched, verified, and anchored where it cannot be rewritten."""

import os

import pytest

from models.errors import AuditUnusableError, NotAllowedError, NotFoundError
from models.level import Level
from pipeline.access.audit import AuditLog, Deed
from pipeline.access.roles import Role
from pipeline.archive.custody import custody
from pipeline.archive.journal import Event, lines
from pipeline.services import audit, seal
from pipeline.services.audit import Sought
from pipeline.services.seal import Part, Why
from tests.access.conftest import NOW, person


@pytest.fixture
def auditor():
    return person("meas", Role.AUDITOR)


def _fill(archive, asker, count=3):
    for number in range(1, count + 1):
        audit.note(archive, asker, Deed.OPENED, f"box_a/{number}", Level.STAFF)


def _lines(archive):
    return (archive.folder / "audit.jsonl").read_text().splitlines(keepends=True)


def _rewrite(archive, kept):
    """Rewrite the log like a person who knows how it is chained."""
    (archive.folder / "audit.jsonl").unlink()
    for note in kept:
        AuditLog(archive.folder).write(person(note.by, Role.READER).actor, note.deed, note.what, now=NOW)


def test_a_log_as_it_was_written_is_sound(archive, auditor, reader):
    _fill(archive, reader)
    assert audit.verify_log(archive, auditor) == audit.Verified(3, 0, ())
    assert audit.anchor(archive, auditor) == 3
    assert audit.verify_log(archive, auditor) == audit.Verified(3, 3, ())
    assert list(custody(archive.folder)) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [lines[0].replace("sokha", "chann"), *lines[1:]],
        lambda lines: [lines[0], lines[2]],
        lambda lines: [lines[1], lines[0], lines[2]],
    ],
    ids=["edited", "cut out", "reordered"],
)
def test_what_was_changed_is_found(archive, auditor, reader, change):
    _fill(archive, reader)
    (archive.folder / "audit.jsonl").write_text("".join(change(_lines(archive))))
    assert audit.verify_log(archive, auditor).damages


@pytest.mark.parametrize("left", [0, 2])
def test_what_was_cut_off_at_the_end_is_found_by_the_anchor(archive, auditor, reader, left):
    _fill(archive, reader)
    audit.anchor(archive, auditor)
    (archive.folder / "audit.jsonl").write_text("".join(_lines(archive)[:left]))
    (damage,) = audit.verify_log(archive, auditor).damages
    assert "cut" in damage


def test_a_log_that_was_written_anew_is_found_by_the_anchor(archive, auditor, reader):
    _fill(archive, reader)
    audit.anchor(archive, auditor)
    kept = list(AuditLog(archive.folder).notes())
    _rewrite(archive, [kept[0], kept[0], kept[2]])
    assert "was replaced" in audit.verify_log(archive, auditor).damages[0]


def test_the_log_is_anchored_by_itself_every_hundred_lines(archive, reader):
    _fill(archive, reader, 100)
    last = list(lines(archive.folder))[-1]
    assert last.event is Event.AUDITED
    assert last.reason.startswith("100 ")
    assert last.signature


def test_the_words_of_searches_are_not_in_it_but_can_be_looked_for(archive, auditor, reader):
    audit.note(archive, reader, Deed.SEARCHED, "", Level.REGISTERED, words="ឈ្មោះ")
    assert "ឈ្មោះ" not in (archive.folder / "audit.jsonl").read_text("utf-8")
    assert [line.by for line in audit.search_log(archive, auditor, Sought(words="ឈ្មោះ"))] == ["sokha"]
    assert list(audit.search_log(archive, auditor, Sought(words="other"))) == []


@pytest.mark.parametrize(
    ("sought", "count"),
    [
        (Sought(), 3),
        (Sought(by="sokha"), 3),
        (Sought(by="dara"), 0),
        (Sought(what="box_a"), 3),
        (Sought(what="box_a/2"), 1),
        (Sought(deed=Deed.EXPORTED), 0),
        (Sought(since=NOW), 3),
        (Sought(until=NOW), 0),
    ],
)
def test_the_log_is_searched(archive, auditor, reader, sought, count):
    _fill(archive, reader)
    assert len(list(audit.search_log(archive, auditor, sought))) == count


@pytest.mark.parametrize("role", [Role.READER, Role.CLERK, Role.ARCHIVIST, Role.ADMINISTRATOR])
def test_only_an_auditor_reads_it(archive, role):
    for read in (audit.verify_log, lambda archive, asker: audit.search_log(archive, asker, Sought())):
        with pytest.raises(NotAllowedError):
            read(archive, person("x", role))


def test_on_a_full_disk_what_is_sealed_is_not_shown_and_what_is_public_is(archive, reader, monkeypatch):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert audit.note(archive, reader, Deed.OPENED, "box_a/1", Level.PUBLIC)
    with pytest.raises(AuditUnusableError):
        audit.note(archive, reader, Deed.OPENED, "box_a/1", Level.SEALED)


@pytest.mark.parametrize("case", ["box_a", "box_z"], ids=["there", "not there"])
def test_who_was_refused_is_written_down_whether_the_thing_is_there_or_not(archive, reader, operator, case):
    seal.set_level(archive, operator, "box_a", Part(), Level.SEALED, Why("x"))
    with pytest.raises(NotFoundError):
        seal.set_level(archive, reader, case, Part(), Level.PUBLIC, Why("x"))
    last = AuditLog(archive.folder).last()
    assert last is not None
    assert (last.by, last.deed, last.what) == ("sokha", Deed.REFUSED, f"set_level {case}")
