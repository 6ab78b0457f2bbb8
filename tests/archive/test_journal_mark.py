"""A check of the journal that goes on where an earlier one ended finds what a check of every line finds."""

import base64
import hashlib
import json
import os
from dataclasses import replace

import pytest

from models.actor import Actor, ActorKind
from pipeline.access.chain import Checked, digest
from pipeline.archive import journal, journal_mark
from pipeline.archive.custody import adopt_key, custody
from pipeline.archive.journal import Entry, Event, read_line
from pipeline.archive.journal_mark import Mark, Walk, put_mark
from pipeline.archive.keys import make_key, trust

_ACTOR = Actor(name="root@host", kind=ActorKind.OPERATOR)


@pytest.fixture
def signer(tmp_path):
    """The archive's key."""
    return make_key(tmp_path / "key.pem")


@pytest.fixture
def archive(tmp_path, signer):
    """An archive whose journal has nine lines, of which eight were checked."""
    folder = tmp_path / "archive"
    folder.mkdir()
    adopt_key(folder, signer, _ACTOR)
    _go_on(folder, signer, 7)
    assert list(custody(folder, signer=signer)) == []
    _go_on(folder, signer, 1)
    return folder


@pytest.fixture
def begun(monkeypatch):
    """After how many lines, that were checked before, each check began."""
    seen = []

    def lines(folder, checked):
        seen.append(checked.lines)
        return journal.lines(folder, checked)

    monkeypatch.setattr(journal_mark, "lines", lines)
    return seen


def _go_on(folder, signer, count):
    for number in range(count):
        journal.append(
            folder, Entry(Event.CLOCK_CONFIRMED, reason=f"2026-01-0{number + 1}T00:00:00+00:00"), _ACTOR, signer
        )


def _lines(folder):
    return (folder / journal.FILE).read_bytes().splitlines(keepends=True)


def _put(folder, lines):
    (folder / journal.FILE).write_bytes(b"".join(lines))


def _made_again(folder, signer):
    """Make the chain again from a changed line on, as whoever lacks the private key can; ``signer`` is their own."""
    previous, made = None, []
    for raw in _lines(folder):
        line = read_line(raw)
        by = "somebody" if line.number == 3 else line.by
        if previous:
            line = replace(line, previous=digest(previous), by=by, key="", signature="")
            line = _signed(line, signer) if signer else line
        made.append(line.written().encode() + b"\n")
        previous = line
    return made


def _signed(line, signer):
    line = replace(line, key=signer.fingerprint)
    return replace(line, signature=base64.b64encode(signer.sign(line.written().encode())).decode())


def _tampered(folder, how):
    lines = _lines(folder)
    match how:
        case "a line is changed":
            _put(folder, [*lines[:2], lines[2].replace(b"root@host", b"toor@host"), *lines[3:]])
        case "a line is left out":
            _put(folder, lines[:2] + lines[3:])
        case "lines change places":
            _put(folder, [*lines[:2], lines[3], lines[2], *lines[4:]])
        case "a line is no longer one":
            _put(folder, [*lines[:2], b"{}\n", *lines[3:]])
        case "a line is brackets in brackets":
            _put(folder, [*lines[:2], b"[" * 3000 + b"\n", *lines[3:]])
        case "a line after the checked ones is changed":
            _put(folder, [*lines[:8], lines[8].replace(b"root@host", b"toor@host"), lines[8]])
        case "the chain is made again without the key":
            _put(folder, _made_again(folder, None))


_HOW = (
    "a line is changed",
    "a line is left out",
    "lines change places",
    "a line is no longer one",
    "a line is brackets in brackets",
    "a line after the checked ones is changed",
    "the chain is made again without the key",
)


def _mark(folder):
    return json.loads((folder / journal_mark.FILE).read_text("ascii"))


def _put_mark(folder, **changes):
    (folder / journal_mark.FILE).write_text(json.dumps(_mark(folder) | changes), "ascii")


def test_lines_that_were_checked_are_not_checked_again(archive, signer, begun):
    """Unless all of them are asked for. What came later is checked, and is not checked the next time."""
    assert list(custody(archive, signer=signer)) == []
    assert list(custody(archive, signer=signer)) == []
    assert list(custody(archive, signer=signer, whole=True)) == []
    assert list(custody(archive)) == []  # an account without the private key
    assert begun == [8, 9, 0, 0]


@pytest.mark.parametrize("how", _HOW)
def test_what_was_changed_before_the_mark_is_found(archive, signer, how):
    """The same is said as by a check without a mark."""
    _tampered(archive, how)
    found = list(custody(archive, signer=signer))
    (archive / journal_mark.FILE).unlink()
    expected = list(custody(archive, signer=signer))
    assert expected
    assert set(expected) <= set(found)


@pytest.mark.parametrize("how", _HOW)
@pytest.mark.parametrize(
    "mark", ["fits, not signed", "fits, signed by another key", "fits, another key is added", "junk"]
)
def test_a_mark_that_was_changed_hides_nothing(archive, signer, tmp_path, how, mark):
    """Whoever can change the journal can change the mark, but cannot sign it."""
    own = signer
    _tampered(archive, how)
    content = (archive / journal.FILE).read_bytes()
    if mark == "junk":
        (archive / journal_mark.FILE).write_bytes(b"[]")
    else:
        last = hashlib.sha256(content.splitlines()[-1]).hexdigest()
        forged = hashlib.sha256(content).hexdigest()
        _put_mark(archive, size=len(content), lines=content.count(b"\n"), last=last, sha256=forged)
    if mark in {"fits, signed by another key", "fits, another key is added"}:
        other = make_key(tmp_path / "other.pem")
        walk = Walk(archive, None)
        walk._sha256.update(content)
        walk.checked = Checked(len(content), content.count(b"\n"), last)
        put_mark(archive, walk, other)
        if mark == "fits, another key is added":
            trust(archive, other.key.public_key())
    found = list(custody(archive, signer=own))
    (archive / journal_mark.FILE).unlink()
    assert found == list(custody(archive, signer=own)) != []


def test_a_mark_that_was_changed_is_no_mark(archive, signer):
    """A journal that is whole is found whole, whatever is in the mark's place."""
    for changes in ({"size": 5}, {"lines": 3}, {"signature": ""}, {"key": "0"}, {"more": 1}):
        _put_mark(archive, **changes)
        assert list(custody(archive, signer=signer)) == []


@pytest.mark.parametrize("content", [b"[" * 3000, b"[" * 100_000, b" " * 5000 + b"{}", "a pipe"])
def test_a_mark_that_nobody_can_take_apart_is_no_mark(archive, signer, content):
    """Whoever can write the folder must not be able to stop the check."""
    if content == "a pipe":
        (archive / journal_mark.FILE).unlink()
        os.mkfifo(archive / journal_mark.FILE)
        os.mkfifo(archive / f"{journal_mark.FILE}.part")
    else:
        (archive / journal_mark.FILE).write_bytes(content)
    assert list(custody(archive, signer=signer)) == []
    assert _mark(archive)["lines"] == 9


def test_the_key_vouches_for_no_line_that_nobody_signed(archive, signer):
    """A mark counts as the key's word: it covers more only when a signed line follows."""
    _go_on(archive, None, 2)
    (found,) = custody(archive, signer=signer)
    assert "from line 10 on" in found.detail
    assert _mark(archive)["lines"] == 8
    _go_on(archive, signer, 1)
    assert list(custody(archive, signer=signer)) == []
    assert _mark(archive)["lines"] == 12


def test_a_journal_whose_end_was_cut_off_is_found(archive, signer):
    """The chain alone does not show that. It is said again and again, until a person deletes the mark."""
    _put(archive, _lines(archive)[:5])
    for whole in (False, True, False):
        (found,) = custody(archive, signer=signer, whole=whole)
        assert found.path == journal.FILE
        assert "up to line 8" in found.detail
    (archive / journal_mark.FILE).unlink()
    assert list(custody(archive, signer=signer)) == []


def test_a_key_that_was_kept_elsewhere_knows_the_mark(archive, signer, begun):
    """A copy is checked by whoever has only the public key; another key's holder checks every line."""
    assert list(custody(archive, {signer.fingerprint: signer.key.public_key()})) == []
    list(custody(archive, {}))
    assert begun == [8, 0]


def test_what_is_signed_cannot_be_taken_for_anything_else():
    """Otherwise a signed line, bag or certificate might be used as a mark."""
    mark = Mark(1, 1, "a", "b", "c")
    assert mark.signed_bytes().startswith(b"bannasar journal checked ")
