"""A seal that is set while a run holds the archive is in force at once, and in the bag when the run has ended."""

import pytest

from models.errors import ArchiveBusyError, NotAllowedError, NotFoundError
from models.level import Level
from models.restriction import Reach
from pipeline.access.account import Account
from pipeline.access.roles import Role
from pipeline.access.waiting_seals import WaitingSeals
from pipeline.archive.archive import Archive
from pipeline.archive.bag import read_case
from pipeline.archive.custody import custody
from pipeline.archive.fixity import verify_bag
from pipeline.archive.journal import Event, lines
from pipeline.index.store import View
from pipeline.services import digitise, open_case, seal, search, sight, waiting_seals
from pipeline.services.level_commit import commit_level
from pipeline.services.seal import Part, Why
from tests.access.conftest import NOW, person
from tests.access.test_seal import STEPS
from tests.dying import die_at

ORDER = Why("a minor is named", "order 12/2026")


@pytest.fixture
def public(archive, operator):
    """The archive, with its case file open to everybody."""
    seal.set_level(archive, operator, "box_a", Part(), Level.PUBLIC, ORDER)
    return archive


@pytest.fixture
def other(public):
    """Another process's view of the archive."""
    with Archive(public.settings) as other:
        yield other


def _is_shown(archive):
    """Whether a reader finds the case file, or opens it; both must be the same."""
    asker = sight.person(archive, Account("sokha", Role.READER), NOW)
    found = search.search(archive, asker, "greffier", View()).found.pages
    try:
        open_case.open_case(archive, asker, "box_a")
    except NotFoundError:
        assert found == 0
        return False
    assert found == 1
    return True


def _sealed_in_the_bag(archive):
    record = read_case(archive.bag("box_a"))
    return [one.reach for one in record.restrictions if one.level is Level.SEALED]


@pytest.mark.parametrize("part", [Part(), Part(1), Part(1, 1)], ids=["case file", "document", "page"])
def test_a_seal_during_a_run_holds_at_once_and_is_completed_after_it(public, other, operator, clerk, part):
    assert _is_shown(public)
    with other.held():
        done = seal.set_level(public, clerk, "box_a", part, Level.SEALED, ORDER)
        assert "in use" in done.waits
        assert not _is_shown(public)
        assert not _is_shown(other)
        assert not open_case.shows_file(public, sight.anybody(public, NOW), public.bag("box_a"))
        assert open_case.open_case(public, operator, "box_a").whole, "an operator still sees it"
        assert _sealed_in_the_bag(public) == []
        assert [one.level for one in seal.waiting_for(public, operator, "box_a")] == [Level.SEALED]
        waiting_seals.complete(other)
    assert seal.waiting_for(public, operator, "box_a") == []
    assert len(_sealed_in_the_bag(public)) == 1
    assert verify_bag(public.bag("box_a")) == []
    last = list(lines(public.folder))[-1]
    assert (last.event, last.by) == (Event.LEVEL_SET, clerk.actor.name)
    assert WaitingSeals(public.folder).all() == []
    if part == Part():
        assert not _is_shown(public)
    with public.held():
        waiting_seals.complete(public)
    assert len(_sealed_in_the_bag(public)) == 1, "once"


def test_every_run_completes_what_waits(public, other, operator, tmp_path):
    """One that was set while the run before it worked."""
    with other.held():
        seal.set_level(public, operator, "box_a", Part(), Level.SEALED, ORDER)
    (tmp_path / "empty").mkdir()
    digitise.digitise(public, operator, [tmp_path / "empty"])
    assert _sealed_in_the_bag(public) == [Reach.CASE]


def test_a_box_is_sealed_during_a_run_with_what_the_run_brings_in(public, other, operator):
    with other.held():
        done = seal.set_level_of_box(public, operator, "box", Level.SEALED, ORDER)
        assert (done.cases, bool(done.waits)) == (("box_a",), True)
        assert not _is_shown(public)
        other.ledger.enter_case("box_new", "box", "new", "new")
        assert sight.person(public, Account("sokha", Role.READER), NOW).scope.refused == {"box_a", "box_new"}
    seal.set_level(public, operator, "box_a", Part(), Level.SEALED, Why("another order"))
    assert _sealed_in_the_bag(public) == [Reach.BOX, Reach.CASE], "in the order in which they were set"


def test_nothing_but_a_seal_waits(public, other, operator):
    """Another level could open something that was sealed meanwhile."""
    with other.held():
        for level in (Level.PUBLIC, Level.REGISTERED, Level.STAFF):
            with pytest.raises(ArchiveBusyError):
                seal.set_level(public, operator, "box_a", Part(), level, ORDER)
            with pytest.raises(ArchiveBusyError):
                seal.set_level_of_box(public, operator, "box", level, ORDER)
        with pytest.raises(NotAllowedError):
            seal.set_level(public, person("sokha", Role.READER), "box_a", Part(), Level.SEALED, ORDER)
        with pytest.raises(NotFoundError):
            seal.set_level(public, operator, "box_a", Part(9), Level.SEALED, ORDER)
    assert WaitingSeals(public.folder).all() == []


@pytest.mark.parametrize(("step", "when"), STEPS)
def test_a_completion_that_dies_opens_nothing_and_is_done_again(public, other, operator, step, when):
    with other.held():
        seal.set_level(public, operator, "box_a", Part(), Level.SEALED, ORDER)
    other.close()
    public.close()

    def complete():
        with Archive(public.settings) as dying, dying.held():
            waiting_seals.complete(dying)

    die_at(step, when, complete)
    with Archive(public.settings) as after:
        assert not _is_shown(after)
        with after.held():
            assert not _is_shown(after)
            waiting_seals.complete(after)
        assert not _is_shown(after)
        assert _sealed_in_the_bag(after) == [Reach.CASE]
        assert list(custody(after.folder)) == []
        assert WaitingSeals(after.folder).all() == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_seal_that_dies_while_it_is_set_is_there_or_not(public, other, operator, monkeypatch, when):
    add = WaitingSeals.add

    def stop(waiting, given):
        if when == "after":
            add(waiting, given)
        raise KeyboardInterrupt

    monkeypatch.setattr(WaitingSeals, "add", stop)
    with other.held(), pytest.raises(KeyboardInterrupt):
        seal.set_level(public, operator, "box_a", Part(), Level.SEALED, ORDER)
    assert _is_shown(public) == (when == "before")


def test_a_bag_that_cannot_be_changed_stays_refused(public, other, operator):
    """A damaged bag keeps its seal waiting, and the others are completed."""
    with other.held():
        seal.set_level(public, operator, "box_a", Part(), Level.SEALED, ORDER)
    manifest = public.bag("box_a") / "tagmanifest-sha512.txt"
    manifest.write_bytes(manifest.read_bytes() + b"\n")
    with public.held():
        waiting_seals.complete(public)
    assert len(WaitingSeals(public.folder).all()) == 1
    assert not _is_shown(public)


@pytest.mark.parametrize("of_box", [False, True], ids=["case file", "box"])
def test_a_seal_holds_before_it_is_in_the_bag(public, operator, monkeypatch, of_box):
    """A large bag takes seconds; if it fails, all is as before."""
    put, seen = commit_level, []

    def slow(*given):
        seen.append(_is_shown(public))
        if len(seen) == 1:
            raise OSError("the disk is gone")
        return put(*given)

    monkeypatch.setattr("pipeline.services.seal.commit_level", slow)

    def do():
        if of_box:
            seal.set_level_of_box(public, operator, "box", Level.SEALED, ORDER)
        else:
            seal.set_level(public, operator, "box_a", Part(), Level.SEALED, ORDER)

    with pytest.raises(OSError, match="the disk is gone"):
        do()
    assert _is_shown(public)
    do()
    assert seen == [False, False]
    assert not _is_shown(public)
    assert len(_sealed_in_the_bag(public)) == 1
    assert WaitingSeals(public.folder).all() == []
