"""The audit log: what it contains, and what may be shown while it cannot be written."""

import errno
import os
import stat
from datetime import UTC, datetime

import pytest

from models.actor import Actor, ActorKind
from models.errors import AuditBrokenError, AuditUnusableError
from models.level import Level
from pipeline.access.audit import AuditLog, Deed, hashed_words

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
DARA = Actor(name="dara", kind=ActorKind.PERSON)


@pytest.fixture
def log(tmp_path):
    log = AuditLog(tmp_path)
    log.write(DARA, Deed.OPENED, "box_a/1", now=NOW)
    return log


def test_a_line_says_who_did_what_when_and_as_what(log, tmp_path):
    note = log.write(DARA, Deed.SEARCHED, "", words="ab12", now=NOW)
    assert (note.by, note.kind, note.at, note.words) == ("dara", "person", "2026-11-28T09:00:00+00:00", "ab12")
    assert [each.deed for each in log.notes()] == [Deed.OPENED, Deed.SEARCHED]
    assert stat.S_IMODE((tmp_path / "audit.jsonl").stat().st_mode) == 0o600


def test_it_is_on_the_disk_before_anything_is_shown(log, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda _: synced.append(len(list(log.notes()))))
    log.before_showing(Level.SEALED, DARA, Deed.OPENED, "box_a/2", now=NOW)
    assert synced == [2]


def test_what_was_edited_shows(log, tmp_path):
    file = tmp_path / "audit.jsonl"
    log.write(DARA, Deed.EXPORTED, "box_a", now=NOW)
    file.write_text(file.read_text().replace("box_a/1", "box_b/1"))
    with pytest.raises(AuditBrokenError):
        list(log.notes())


@pytest.mark.parametrize("level", Level)
def test_on_a_full_disk_only_what_is_public_is_shown(log, monkeypatch, level):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    if level is Level.PUBLIC:
        assert "No space left" in log.before_showing(level, DARA, Deed.OPENED, "box_a/1", now=NOW)
    else:
        with pytest.raises(AuditUnusableError):
            log.before_showing(level, DARA, Deed.OPENED, "box_a/1", now=NOW)


def test_the_same_words_are_hashed_alike_in_one_archive_and_otherwise_in_another():
    assert hashed_words("greffier", b"1" * 32) == hashed_words("greffier", b"1" * 32)
    assert hashed_words("greffier", b"1" * 32) != hashed_words("greffier", b"2" * 32)
