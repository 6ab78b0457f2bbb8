"""A group that is limited to courts: its members see the case files of these courts and no others."""

import pytest

from models.correction import About
from models.errors import NotFoundError, UsageError
from models.level import Level
from pipeline.access.accounts import Accounts
from pipeline.access.roles import Role
from pipeline.archive.bag import read_case
from pipeline.index.store import View
from pipeline.services import correct, export, open_case, requests, seal, search, sight, users
from pipeline.services.seal import Part, Why
from tests.access.conftest import NOW, SHA, person

KANDAL, APPEAL = "សាលាដំបូងខេត្តកណ្តាល", "សាលាឧទ្ធរណ៍"
ORDER = Why("an order")


@pytest.fixture
def member(archive, operator):
    """Return a function that limits an archivist to courts, and returns the person as the next question finds him."""
    users.set_group(archive, operator, "group", [], ["Court of Appeal"])
    users.add(archive, operator, "dara", Role.ARCHIVIST, "elephant river seven lamps", "group")

    def member(courts=(), boxes=()):
        users.set_group(archive, operator, "group", boxes, courts)
        return sight.person(archive, Accounts(archive.folder).account("dara"), NOW)

    return member


def _enter(archive, operator, document, court):
    correct.correct(archive, operator, "box_a", document, {About.COURT: court})


def _is_shown(archive, asker, tmp_path):
    """Whether a person finds, opens, copies and may decide about the case file; all must agree."""
    shown = [bool(search.search(archive, asker, text, View()).found.pages) for text in ("greffier", "box:box")]
    shown.append(bool(search.everything(archive, asker, View(facets=True)).pages))
    for attempt in (
        lambda: open_case.open_case(archive, asker, "box_a"),
        lambda: open_case.open_page(archive, asker, "box_a", SHA, 1),
        lambda: seal.levels_of(archive, asker, "box_a"),
        lambda: sight.known_box(archive, asker, "box"),
        lambda: export.export_documents(archive, asker, "box_a", tmp_path / str(len(list(tmp_path.iterdir())))),
    ):
        try:
            attempt()
        except NotFoundError:
            shown.append(False)
        else:
            shown.append(True)
    shown.append(bool(requests.all_requests(archive, asker)))
    assert len(set(shown)) == 1, shown
    return shown[0]


def test_the_courts_of_a_case_file_decide_and_a_correction_of_them_at_once(archive, operator, member, tmp_path):
    """No court: no such member sees it. Two courts: only members of both. A correction counts at once."""
    requests.ask_to_see(archive, person("sokha", Role.READER), "box_a", "a thesis")
    assert not _is_shown(archive, member(["Kandal Provincial Court", APPEAL]), tmp_path)
    _enter(archive, operator, 1, KANDAL)
    assert read_case(archive.bag("box_a")).courts == {KANDAL}
    assert _is_shown(archive, member([KANDAL]), tmp_path)
    assert not _is_shown(archive, member([APPEAL]), tmp_path)
    _enter(archive, operator, 2, APPEAL)
    assert not _is_shown(archive, member([KANDAL]), tmp_path)
    assert not _is_shown(archive, member([APPEAL]), tmp_path)
    assert _is_shown(archive, member([APPEAL, KANDAL]), tmp_path)
    assert _is_shown(archive, member([APPEAL, KANDAL], ["box"]), tmp_path)
    _enter(archive, operator, 1, "none")
    assert _is_shown(archive, member([APPEAL]), tmp_path)
    _enter(archive, operator, 2, "none")
    assert not _is_shown(archive, member([APPEAL, KANDAL]), tmp_path)


def test_a_seal_counts_within_the_court_and_the_court_beside_the_box(archive, operator, member, tmp_path):
    requests.ask_to_see(archive, person("sokha", Role.READER), "box_a", "a thesis")
    _enter(archive, operator, 1, KANDAL)
    assert _is_shown(archive, member([KANDAL], ["box"]), tmp_path)
    assert not _is_shown(archive, member([APPEAL], ["box"]), tmp_path)
    seal.set_level(archive, operator, "box_a", Part(), Level.SEALED, ORDER)
    asker = member([KANDAL])
    assert not search.search(archive, asker, "greffier", View()).found.pages
    with pytest.raises(NotFoundError):
        open_case.open_case(archive, asker, "box_a")


def test_a_group_names_a_court_of_the_glossary_or_a_box(archive, operator):
    """A court that no case file can have would hide everything, and a group without both would hide nothing."""
    for courts in ((), ("the moon",)):
        with pytest.raises(UsageError):
            users.set_group(archive, operator, "group", (), courts)
    assert users.set_group(archive, operator, "group", ["box"], ["Court of Appeal"]) == ["box", APPEAL]
