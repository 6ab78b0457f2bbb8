"""Set levels: stored in the bag, recorded, and lowered only by people who may do so."""

from dataclasses import replace
from datetime import timedelta

import pytest

from models.errors import ConflictError, NotAllowedError, NotFoundError, UsageError
from models.level import Level
from pipeline.access.account import Account
from pipeline.access.asker import Asker
from pipeline.access.requests import Requests
from pipeline.access.roles import Role
from pipeline.archive.archive import Archive
from pipeline.archive.bag import read_case
from pipeline.archive.custody import custody
from pipeline.archive.fixity import verify_bag
from pipeline.archive.journal import Event, lines
from pipeline.services import rebuild, requests, seal, sight
from pipeline.services.seal import Part, Why
from tests.access.conftest import NOW, ROOT, SHA, person
from tests.conftest import at_the_shell
from tests.dying import die_at

DAY = timedelta(days=1)
ORDER = Why("a minor is named", "order 12/2026")
CASE, DOCUMENT, PAGE = Part(), Part(1), Part(1, 2)


def _levels(archive):
    record = read_case(archive.bag("box_a"))
    found = sight.levels(archive.folder, record, NOW)
    return [found.of(SHA, number) for number in (1, 2, 3)]


def _set(archive, asker, level, part=CASE, why=ORDER):
    return seal.set_level(archive, asker, "box_a", part, level, why)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (CASE, [Level.SEALED] * 3),
        (DOCUMENT, [Level.SEALED, Level.SEALED, Level.STAFF]),
        (PAGE, [Level.STAFF, Level.SEALED, Level.STAFF]),
    ],
    ids=["case file", "document", "page"],
)
def test_what_is_sealed_is_all_of_it_and_nothing_else(archive, operator, part, expected):
    assert _levels(archive) == [Level.STAFF] * 3
    _set(archive, operator, Level.SEALED, part)
    assert _levels(archive) == expected


def test_a_seal_is_in_the_bag_with_its_reason_and_in_the_signed_journal(archive, operator):
    _set(archive, operator, Level.SEALED)
    bag = archive.bag("box_a")
    (restriction,) = read_case(bag).restrictions
    assert (restriction.reason, restriction.order, restriction.by) == (ORDER.reason, ORDER.order, ROOT)
    last = list(lines(archive.folder))[-1]
    assert (last.event, last.case, last.by) == (Event.LEVEL_SET, "box_a", "root@host")
    assert "order 12/2026" in last.reason
    assert last.signature
    assert verify_bag(bag) == []
    assert list(custody(archive.folder)) == []


def test_nothing_else_of_the_bag_changes_and_nothing_is_written_again(archive, operator):
    bag = archive.bag("box_a")
    before = {file.relative_to(bag): file.stat().st_ino for file in (bag / "data").rglob("*") if file.is_file()}
    older = read_case(bag)
    _set(archive, operator, Level.SEALED)
    after = {file.relative_to(bag): file.stat().st_ino for file in (bag / "data").rglob("*") if file.is_file()}
    changed = {path.name for path in before if before[path] != after[path]}
    assert before.keys() == after.keys()
    assert changed == {"case.json", "mets.xml"}
    assert read_case(bag).documents == older.documents
    assert [version.created for version in read_case(bag).history] == [older.created]


def test_levels_outlive_the_loss_of_everything_but_the_bags(archive, operator):
    _set(archive, operator, Level.SEALED, PAGE)
    archive.close()
    for name in ("ledger.db", "index.db", "journal.jsonl"):
        (archive.folder / name).unlink()
    rebuild.rebuild_archive(archive, at_the_shell(ROOT), force=True)
    assert _levels(archive) == [Level.STAFF, Level.SEALED, Level.STAFF]


def test_a_clerk_makes_stricter_and_only_an_archivist_looser(archive, clerk, archivist):
    _set(archive, archivist, Level.PUBLIC)
    _set(archive, clerk, Level.REGISTERED)
    with pytest.raises(NotAllowedError):
        _set(archive, clerk, Level.PUBLIC)
    _set(archive, archivist, Level.PUBLIC)
    assert _levels(archive) == [Level.PUBLIC] * 3


@pytest.mark.parametrize("role", [Role.READER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_the_other_roles_set_no_level(archive, archivist, role):
    _set(archive, archivist, Level.PUBLIC)
    with pytest.raises(NotAllowedError):
        _set(archive, person("x", role), Level.SEALED)


@pytest.mark.parametrize("sealed", [CASE, DOCUMENT, PAGE], ids=["case file", "document", "page"])
def test_nobody_alone_opens_what_is_sealed(archive, operator, sealed):
    """Not by the operator either, and not through a lower level of the same thing."""
    _set(archive, operator, Level.SEALED, sealed)
    before = _levels(archive)
    for level in (Level.PUBLIC, Level.REGISTERED, Level.STAFF):
        with pytest.raises(ConflictError, match="two people"):
            _set(archive, operator, level, sealed)
    assert _levels(archive) == before


def test_an_end_date_shortens_no_seal(archive, operator):
    _set(archive, operator, Level.SEALED)
    _set(archive, operator, Level.SEALED, why=Why("x", until=NOW + DAY))
    record = read_case(archive.bag("box_a"))
    assert record.levels(NOW + 2 * DAY).level is Level.SEALED


def test_a_seal_ends_by_itself_on_its_day_and_not_by_a_clock_set_forward(archive, operator):
    _set(archive, operator, Level.SEALED, why=Why("x", until=NOW + 40 * DAY))
    record = read_case(archive.bag("box_a"))
    begun = list(lines(archive.folder))[-1]
    assert sight.levels(archive.folder, record, NOW + 41 * DAY).level is Level.SEALED, begun.at
    with archive.held():
        sight.confirm_clock(archive, replace(operator, at=NOW + 41 * DAY))
    assert sight.levels(archive.folder, record, NOW + 41 * DAY).level is Level.STAFF
    assert sight.levels(archive.folder, record, NOW).level is Level.SEALED, "the clock may be right, then"


def test_a_box_is_sealed_with_all_that_comes_in_later(archive, operator):
    assert seal.inherited(archive.folder, "box", Level.STAFF, ROOT, NOW)[0].level is Level.STAFF
    done = seal.set_level_of_box(archive, operator, "box", Level.SEALED, ORDER)
    assert done.cases == ("box_a",)
    assert _levels(archive) == [Level.SEALED] * 3
    assert [one.level for one in seal.inherited(archive.folder, "box", Level.STAFF, ROOT, NOW)] == [Level.SEALED]
    count = len(list(lines(archive.folder)))
    seal.set_level_of_box(archive, operator, "box", Level.SEALED, ORDER)
    assert len(list(lines(archive.folder))) == count, "it was set already"


@pytest.mark.parametrize(
    ("part", "why", "error"),
    [
        (CASE, Why(" "), UsageError),
        (CASE, Why("x", until=NOW), UsageError),
        (Part(None, 1), ORDER, UsageError),
        (Part(3), ORDER, NotFoundError),
        (Part(1, 3), ORDER, NotFoundError),
        (Part(1, 0), ORDER, NotFoundError),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(archive, operator, part, why, error):
    before = archive.bag("box_a").stat().st_ino
    with pytest.raises(error):
        _set(archive, operator, Level.SEALED, part, why)
    assert archive.bag("box_a").stat().st_ino == before


def test_a_case_file_that_is_out_of_sight_answers_as_one_that_is_not_there(archive, operator, archivist):
    _set(archive, operator, Level.SEALED)
    with pytest.raises(NotFoundError) as sealed:
        _set(archive, archivist, Level.SEALED)
    with pytest.raises(NotFoundError) as none:
        seal.set_level(archive, archivist, "box_b", CASE, Level.SEALED, ORDER)
    assert str(sealed.value).replace("box_a", "box_b") == str(none.value)


def test_a_box_with_something_out_of_sight_answers_as_one_that_is_not_there(archive, operator, archivist):
    """Neither the sealed case file is named nor, to members of a group, the boxes of others."""
    _set(archive, operator, Level.SEALED)
    member = Asker.person(Account("vanna", Role.CLERK, "other", frozenset({"box-of-others"})), NOW)
    for asker in (archivist, member):
        answers = []
        for box in ("box", "bux"):
            with pytest.raises(NotFoundError) as refused:
                seal.set_level_of_box(archive, asker, box, Level.SEALED, ORDER)
            answers.append(str(refused.value).replace(f"box {box}.", "box B."))
        assert answers[0].partition("It holds")[0] == answers[1].partition("It holds")[0]
        assert "box_a" not in answers[0]
    assert answers[0] == answers[1]


STEPS = [
    ("journal.prepare", "before"),
    ("sync", "after"),
    ("move_into_place", "before"),
    ("move_into_place", "after"),
    ("Commits._write_down", "before"),
    ("Commits._write_down", "after"),
    ("Commits._enter", "after"),
    ("Commits._index", "before"),
    ("Commits._index", "after"),
]


def _seal(archive, operator):
    _set(archive, operator, Level.SEALED)


def _unseal(archive, _operator):
    requests.unseal(archive, person("dara", Role.ARCHIVIST), Requests(archive.folder).all()[0].number, "seen")


def _be_public(archive, operator):
    _set(archive, operator, Level.PUBLIC)


def _be_sealed(archive, operator):
    _set(archive, operator, Level.SEALED)
    requests.ask_to_unseal(archive, operator, "box_a", CASE, Level.PUBLIC, ORDER)


@pytest.mark.parametrize(("step", "when"), STEPS)
@pytest.mark.parametrize(("begin", "change"), [(_be_public, _seal), (_be_sealed, _unseal)], ids=["seal", "unseal"])
def test_what_dies_is_whole_or_not_there_and_never_open(archive, operator, begin, change, step, when):
    """Even before the next command repairs the archive, nobody is shown what the bag marks as sealed."""
    begin(archive, operator)
    before, known = _levels(archive), _known_to_the_index(archive)
    archive.close()
    die_at(step, when, lambda: change(Archive(archive.settings), operator))
    with Archive(archive.settings) as after:
        now = _levels(after)
        assert now in ([Level.SEALED] * 3, [Level.PUBLIC] * 3)
        if now == [Level.SEALED] * 3 and now != before and _known_to_the_index(after) == known:
            scope = sight.person(after, Account("sokha", Role.READER), NOW).scope
            assert "box_a" in scope.refused
        with after.held():
            assert _levels(after) == now
        assert list(custody(after.folder)) == []
        changes = [line for line in lines(after.folder) if line.event in {Event.LEVEL_SET, Event.UNSEALED}]
        assert changes[-1].reason.startswith(f"case: {now[0]}")


def _known_to_the_index(archive):
    return archive.index.cases()["box_a"]
