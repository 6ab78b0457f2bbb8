"""Each role tries each action through its service, as the reading room and the commands call it."""

from datetime import timedelta
from pathlib import Path

import pytest

from models.correction import About
from models.errors import BannasarError, NotAllowedError
from models.level import Level
from pipeline.access.roles import RIGHTS, Action, Role
from pipeline.formats.registry import formats
from pipeline.services import audit, correct, export, import_bag, index, reports, requests, seal, users, withdraw
from pipeline.services.seal import Part, Why
from tests.access.conftest import NOW, person

ALTO = next(form for form in formats() if form.name == "alto")
WHY = Why("an order")
NO_REQUEST = 999

# Permission is checked before the action checks its arguments.
TRYING = {
    Action.ASK_TO_SEE: lambda archive, asker: requests.ask_to_see(archive, asker, "box_z", "a thesis"),
    Action.EXPORT: lambda archive, asker: export.export_files(
        archive, asker, "box_a", ALTO, archive.folder.parent / "to"
    ),
    Action.REPORT: reports.own_reports,
    Action.DIGITISE: lambda archive, asker: import_bag.import_bag(archive, asker, Path("nowhere")),
    Action.CORRECT: lambda archive, asker: correct.correct(archive, asker, "box_a", 1, {About.KIND: "no such kind"}),
    Action.SEAL: lambda archive, asker: seal.set_level(archive, asker, "box_a", Part(2), Level.PUBLIC, WHY),
    Action.LOOSEN: lambda archive, asker: seal.set_level(archive, asker, "box_a", Part(), Level.PUBLIC, WHY),
    Action.WITHDRAW: lambda archive, asker: withdraw.reinstate(archive, asker, "box_a", "an order"),
    Action.ASK_TO_UNSEAL: lambda archive, asker: requests.ask_to_unseal(
        archive, asker, "box_a", Part(), Level.STAFF, WHY
    ),
    Action.UNSEAL: lambda archive, asker: requests.unseal(archive, asker, NO_REQUEST, "seen"),
    Action.LET_SEE: lambda archive, asker: requests.let_see(archive, asker, NO_REQUEST, "x", NOW + timedelta(days=1)),
    Action.READ_AUDIT: audit.verify_log,
    Action.MANAGE_ACCOUNTS: users.all_accounts,
    Action.MAINTAIN: index.compare,
}


@pytest.mark.parametrize("role", Role)
def test_a_role_does_what_its_row_allows_and_nothing_else(archive, operator, role):
    """On a public case file, or on one for registered readers if its level is to be lowered."""
    assert TRYING.keys() | {Action.SEARCH} == set(Action)
    seal.set_level(archive, operator, "box_a", Part(), Level.PUBLIC, WHY)
    asker = person("meas", role)
    done = {}
    for action, trying in TRYING.items():
        if action is Action.LOOSEN and RIGHTS[role].sees is not Level.PUBLIC:
            seal.set_level(archive, operator, "box_a", Part(), Level.REGISTERED, WHY)
        try:
            trying(archive, asker)
        except NotAllowedError:
            done[action] = False
        except BannasarError:
            done[action] = True
        else:
            done[action] = True
    assert done == {action: action in RIGHTS[role].may for action in done}
