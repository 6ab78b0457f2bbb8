"""A guessed id gets the same answer after the same work, whether it is unknown or out of sight."""

from collections.abc import Callable

import pytest

from models.errors import NotFoundError
from models.level import Level
from models.page import PageRef
from pipeline.access.asker import Asker
from pipeline.archive.archive import Archive
from pipeline.formats.registry import formats
from pipeline.services import authenticity, export, open_case, seal, sight
from pipeline.services.authenticity import _listed as listed
from pipeline.services.seal import Part, Why
from tests.access.conftest import SHA

ATTEMPTS: dict[str, Callable[[Archive, Asker, str], object]] = {
    "case file": open_case.open_case,
    "page": lambda archive, asker, case: open_case.open_page(archive, asker, case, SHA, 1),
    "whole case file": sight.case_in_sight,
    "record": sight.record_in_sight,
    "page of a record": lambda archive, asker, case: sight.page_in_sight(
        archive, asker, case, PageRef(scan=SHA, number=1)
    ),
    "level": seal.levels_of,
    "file": lambda archive, asker, case: export.export_files(
        archive, asker, case, formats()[0], archive.folder.parent / "to"
    ),
}


@pytest.fixture
def work(archive, operator, monkeypatch):
    """The archive, with its case file sealed, and a list of what is read and asked of it from now on."""
    seal.set_level(archive, operator, "box_a", Part(), Level.SEALED, Why("an order"))
    done = []

    def watch(owner, name):
        real = getattr(owner, name)

        def watched(*given, **named):
            done.append(name)
            return real(*given, **named)

        monkeypatch.setattr(owner, name, watched)

    for module in (sight, open_case):
        for name in ("read_case", "levels", "is_withdrawn"):
            watch(module, name)
    watch(type(archive.ledger), "some_bag")
    watch(Archive, "bag")
    return done


@pytest.mark.parametrize("kind", ATTEMPTS)
def test_an_unknown_id_takes_the_work_of_a_sealed_one(archive, archivist, work, kind):
    answers = []
    for case in ("box_a", "box_b"):
        work.clear()
        with pytest.raises(NotFoundError) as refused:
            ATTEMPTS[kind](archive, archivist, case)
        answers.append((str(refused.value).replace(case, "CASE"), list(work)))
    assert answers[0] == answers[1]
    assert "read_case" in answers[1][1]


def test_an_unknown_file_takes_the_work_of_a_sealed_one(archive, archivist, work, monkeypatch, tmp_path):
    """Whoever has a scan does not learn from the time of a verification that the archive has it, too."""
    monkeypatch.setattr(authenticity, "_listed", lambda *given: work.append("listed") or listed(*given))
    answers = []
    for content in (next((archive.bag("box_a") / "data" / "originals").iterdir()).read_bytes(), b"unknown"):
        work.clear()
        file = tmp_path / "given.bin"
        file.write_bytes(content)
        answers.append((authenticity.check_authenticity(archive, str(file), asker=archivist), list(work)))
    assert answers[0] == answers[1]
    assert {"listed", "read_case"} <= set(answers[1][1])


def test_an_empty_archive_and_an_operator_get_their_answers_too(archive, operator, archivist):
    with pytest.raises(NotFoundError, match="box_b"):
        sight.record_in_sight(archive, operator, "box_b")
    archive.ledger._database.execute("PRAGMA foreign_keys = OFF")
    archive.ledger._database.execute("DELETE FROM cases")
    with pytest.raises(NotFoundError):
        open_case.open_case(archive, archivist, "box_b")


def test_each_id_has_its_own_other_and_all_are_bags(archive):
    archive.ledger.enter_case("box_not_archived", "box", "x", "x")
    assert {archive.ledger.some_bag(which) for which in range(-5, 5)} == {"bags/box/box_a"}


@pytest.mark.parametrize("damage", ["no list", "no list and no case file"])
def test_a_damaged_bag_keeps_nobody_from_verifying_another_file(archive, archivist, tmp_path, damage):
    """The bag whose work is done for an unknown file may be any one of the archive."""
    bag = archive.bag("box_a")
    (bag / "manifest-sha512.txt").unlink()
    if damage != "no list":
        (bag / "data" / "case.json").write_text("{", "utf-8")
    file = tmp_path / "given.bin"
    file.write_bytes(b"unknown")
    found = authenticity.check_authenticity(archive, str(file), asker=archivist)
    assert found.verdict is authenticity.Verdict.UNKNOWN
