"""A kind may have a level in the glossary; documents of the kind get it, once."""

from pathlib import Path

import pytest

from config.settings import GLOSSARY
from models.actor import Actor, ActorKind
from models.level import Level
from models.restriction import Reach, Restriction
from pipeline.document.kind_levels import with_levels_of_kinds

CHAN = Actor(name="chan", kind=ActorKind.PERSON)


@pytest.fixture
def glossary(tmp_path):
    for file in Path(GLOSSARY).glob("*.toml"):
        (tmp_path / file.name).write_text(
            file.read_text("utf-8").replace("[complaint]\n", '[complaint]\nlevel = "sealed"\n'), "utf-8"
        )
    return tmp_path


def _case(make, kind):
    case = make.case(make.page(["x"]))
    return case.model_copy(update={"documents": (case.documents[0].model_copy(update={"kind": kind}),)})


def _level(case):
    (page,) = case.documents[0].pages
    return case.levels(case.created).of(page.scan, page.number)


def test_a_document_gets_the_level_of_its_kind(make, glossary):
    case = with_levels_of_kinds(_case(make, "complaint"), glossary, CHAN)
    assert _level(case) is Level.SEALED
    assert [(one.reach, one.reason, one.by) for one in case.restrictions] == [
        (Reach.DOCUMENT, "kinds.toml: complaint", CHAN)
    ]
    for kind in ("judgment", "unknown"):
        assert with_levels_of_kinds(_case(make, kind), glossary, CHAN).restrictions == ()


def test_what_people_said_since_stands_when_the_case_file_is_made_anew(make, glossary):
    case = with_levels_of_kinds(_case(make, "complaint"), glossary, CHAN)
    opened = Restriction(
        level=Level.PUBLIC,
        reach=Reach.DOCUMENT,
        pages=case.documents[0].pages,
        reason="an order",
        by=CHAN,
        at=case.created,
    )
    case = case.model_copy(update={"restrictions": (*case.restrictions, opened)})
    again = with_levels_of_kinds(case, glossary, CHAN)
    assert again.restrictions == case.restrictions
