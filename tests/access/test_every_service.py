"""Every service checks who asks: a person without any right gets nothing from any of them."""

import importlib
import inspect
import pkgutil
from datetime import timedelta

from models.case import CaseFile
from models.correction import About
from models.errors import NotAllowedError, NotFoundError
from models.hit import Hit
from models.level import Level
from models.page import PageRef
from models.scope import Scope
from pipeline import services
from pipeline.access.asker import Asker
from pipeline.access.audit import Deed
from pipeline.access.roles import Rights, Role
from pipeline.archive.archive import Archive
from pipeline.formats.registry import formats
from pipeline.index.store import Sort, View
from pipeline.services.audit import Sought
from pipeline.services.open_case import CaseView, PageView
from pipeline.services.rerun import Chosen, Wanted
from pipeline.services.seal import Part, Why
from tests.access.conftest import NOW, SHA, person

# These ask nobody, or are no way in, each for its reason.
FREE = {
    "analysing.analysed_bags": "is the inner part of the services that make an index",
    "audit.note": "writes down what another service is about to show",
    "audit.note_refusal": "writes down what another service refused",
    "box_report.as_json": "is given the reports of boxes that the asker sees whole",
    "box_report.problems": "is given the report of a box that the asker sees whole",
    "box_report.scans_of": "is given the report of a box that the asker sees whole",
    "digitise.check_box": "reads nothing of the archive",
    "digitising.run.running": "is the inner part of digitise, watch and rerun",
    "waiting_seals.wait": "is the inner part of the services that seal",
    "waiting_seals.complete": "puts into the bags what people who may have set",
    "search.understood": "reads a query; it is given the scope",
    "level_commit.follow_end_dates": "is the inner part of the services that update the index",
    "sight.anybody": "makes the asker, of somebody who has not signed in",
    "sight.bag_or_another": "is the inner part of opening a case file",
    "sight.person": "makes the asker, of an account",
    "sign_in_elsewhere.begin": "begins to make the asker",
    "sign_in_elsewhere.finish": "makes the asker, by the answer of an issuer",
    "users.sign_in": "makes the asker, by a password",
    "users.signed_in": "makes the asker, by a session",
    "users.sign_out": "ends one's own session",
    "users.change_password": "asks for one's own old password",
    "authenticity.check_authenticity": "is for everybody; what is not in sight is not there (test_shown)",
    "authenticity.check_statement": "is for everybody; what is not in sight is not there (test_shown)",
}
# A service that is given these was asked for them before, and they hold only what the asker sees.
OPENED = {CaseFile, CaseView, PageView}


HIT = Hit(
    score=0,
    exact=True,
    case="box_a",
    box="box",
    document=1,
    scan=SHA,
    path="a.pdf",
    page=1,
    snippet="",
    marks=(),
    boxes=(),
)


def _services():
    found = {}
    for one in pkgutil.walk_packages(services.__path__, services.__name__ + "."):
        module = importlib.import_module(one.name)
        for name, made in inspect.getmembers(module, inspect.isfunction):
            is_ours = inspect.unwrap(made).__module__ == module.__name__ and not name.startswith("_")
            kinds = {each.annotation for each in inspect.signature(made).parameters.values()}
            if is_ours and Archive in kinds and not kinds & OPENED:
                found[f"{one.name.removeprefix(services.__name__ + '.')}.{name}"] = made
    return found


SERVICES = _services()


def test_what_asks_nobody_is_known():
    """A new service without an asker needs one, or a reason here; a reason without a service is removed."""
    without = {name for name, one in SERVICES.items() if "asker" not in inspect.signature(one).parameters}
    assert without <= FREE.keys() <= SERVICES.keys()
    assert len(SERVICES) > 60


def _values(tmp_path):
    """Return something for each parameter of a service."""
    return {
        "accept": lambda _entry: True, "base": "https://example.org", "bag": tmp_path, "begin": print, "below": None,
        "box": "box", "boxes": ["box"], "case": "box_a", "case_id": "box_a", "chosen": Chosen((), ()),
        "deed": Deed.OPENED, "document": 1, "file": tmp_path / "a.pem", "folder": tmp_path, "force": True,
        "form": formats()[0], "group": "", "hit": HIT,
        "key_files": None, "left_out": print, "level": Level.PUBLIC, "most_examples": 1, "most_pictures": 0,
        "name": "sokha", "names": ["a.pdf"], "new": "x", "notify": print, "number": 1, "old": "x", "once": True,
        "page": PageRef(scan=SHA, number=1), "place": tmp_path / "archive" / "bags" / "box" / "box_a",
        "part": Part(), "password": "a long password", "reason": "an order",
        "repair": True, "report": print, "role": Role.READER, "root": tmp_path, "roots": [tmp_path], "scan": SHA,
        "settle": 0, "share": 1.0, "sort": Sort.RANK, "sought": Sought(), "text": "tribunal", "to": tmp_path / "to",
        "until": NOW + timedelta(days=1), "values": {About.KIND: "judgment"}, "view": View(),
        "wanted": Wanted(failed=True), "watch": print, "what": "x", "why": Why("an order"), "workers": 1,
    }  # fmt: skip


def test_who_may_nothing_gets_nothing(archive, tmp_path):
    """Every service refuses, or answers as if nothing were there, with something empty; and nothing changes."""
    rights, scope = Rights(Level.PUBLIC, frozenset()), Scope(Level.PUBLIC, boxes=frozenset())
    nobody = Asker(person("sokha", Role.READER).actor, rights, scope, NOW)
    known, wrong = _values(tmp_path), {}
    before = {file: file.read_bytes() for file in archive.folder.rglob("*.json*") if "audit" not in file.name}
    for name in sorted(SERVICES.keys() - FREE.keys()):
        given = {
            one.name: known.get(one.name, "x")
            for one in inspect.signature(SERVICES[name]).parameters.values()
            if one.name not in {"archive", "asker"} and (one.default is one.empty or one.name == "box")
        }
        try:
            made = SERVICES[name](archive, nobody, **given)
            made = list(made) if inspect.isgenerator(made) else made
        except (NotAllowedError, NotFoundError):
            continue
        if made:
            wrong[name] = made
    assert wrong == {}
    assert {file: file.read_bytes() for file in before} == before
